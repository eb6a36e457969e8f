export type { Dtype, Pooling } from './model-folder.ts';
export { embeddingModelFrom, type ModelSource } from './model-source.ts';
export { type EmbedderOptions, type LocalEmbedder, openEmbedder } from './open-embedder.ts';
