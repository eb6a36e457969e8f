export { memoizeEmbedder } from './embedder-memo.ts';
export { createMemo } from './memo.ts';
export { createMemoryCache, type MemoryCacheOptions } from './memory-cache.ts';
export { memoizeNetwork } from './network-memo.ts';
export { createPreparedMemo } from './prepared-memo.ts';
