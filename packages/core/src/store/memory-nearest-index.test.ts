import { nearestIndexConformance } from '../conformance/nearest-index.conformance.ts';
import { MemoryNearestIndex } from './memory-nearest-index.ts';

nearestIndexConformance('memory', async ({ dimensions }) => new MemoryNearestIndex({ dimensions }));
