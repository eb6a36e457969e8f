import { batchStoreConformance } from '../conformance/batch-store.conformance.ts';

batchStoreConformance('memory');
