export { openAnswering } from './answering.ts';
export { openBatches, openFiles } from './batches.ts';
export { openAdministration } from './evidence.ts';
export { placesOf } from './places.ts';
export { openCache } from './shared-cache.ts';
export { openTracing } from './tracing.ts';
export { openJoint, openVerifying } from './verifying.ts';
