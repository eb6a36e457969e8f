import { invalidationsConformance } from '../conformance/invalidations.conformance.ts';
import { createMemoryInvalidations } from './memory-invalidations.ts';

invalidationsConformance('memory', async () => ({
  invalidations: createMemoryInvalidations(),
  close: async () => undefined,
}));
