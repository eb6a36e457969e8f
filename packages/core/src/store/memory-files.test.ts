import { fileStoreConformance } from '../conformance/file-store.conformance.ts';

fileStoreConformance('memory');
