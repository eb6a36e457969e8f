/** For tests of adapters beyond the suites. */
export { entryId, MODEL, sampleEntry, T0, unit } from './storage.samples.ts';
