export type { Dtype, Pooling } from './model-folder.ts';
export { embeddingModelFrom, type ModelSource } from './model-source.ts';
export { cutModel, type ModelPart } from './onnx-cut.ts';
export { type EmbedderOptions, type LocalEmbedder, openEmbedder } from './open-embedder.ts';
