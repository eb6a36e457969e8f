export { type NearestIndexOptions, openNearestIndex, type VectorIndex } from './client.ts';
export type { VectorIndexStats } from './protocol.ts';
