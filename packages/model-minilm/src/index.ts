import { fileURLToPath } from 'node:url';

/** Absolute path of the model folder, in the layout transformers.js and sentence-transformers expect. */
export const modelDir: string = fileURLToPath(new URL('../model', import.meta.url));

/** The name clients ask for at /v1/embeddings. */
export const modelId = 'all-MiniLM-L6-v2';

/** Of the ONNX file: token states after the third of six layers, float32 [batch, tokens, dimensions]. */
export const statesTensor = 'layer.2.output.LayerNorm_out';

/** What the files in `modelDir` say, for those who need it before the model is loaded. */
export const modelFacts = {
  dimensions: 384,
  /** Special tokens included. */
  tokensMax: 256,
  /** transformers.js's name of the file variant: `onnx/model_int8.onnx`. */
  dtype: 'int8',
  pooling: 'mean',
} as const;
