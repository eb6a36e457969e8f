import { createRequire } from 'node:module';

// The tokenizer and the runtime that the embedder has, not others of the same name.
const embedding = createRequire(new URL('../../../packages/embedding/package.json', import.meta.url));
const transformers = embedding.resolve('@xenova/transformers');

export const { AutoTokenizer, env } = await import(transformers);
export const { InferenceSession, Tensor } = createRequire(transformers)('onnxruntime-node');
env.allowLocalModels = true;
env.allowRemoteModels = false;

/** model: path or bytes. One thread, as in serving. */
export const openSession = (model) =>
  InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
