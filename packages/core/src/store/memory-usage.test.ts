import { usageStoreConformance } from '../conformance/usage-store.conformance.ts';
import { createMemoryStore } from './memory-store.ts';

usageStoreConformance('memory', async () => createMemoryStore());
