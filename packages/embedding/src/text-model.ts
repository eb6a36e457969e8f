import { AutoModel, AutoTokenizer, env, LogLevel, Tensor } from '@xenova/transformers';
import type { ModelFolder } from './model-folder.ts';
import type { RawEmbedding } from './protocol.ts';

// Spinning threads would take the second core from the event loop; one text is too little work to share out anyway.
export const SESSION_OPTIONS = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  extra: { session: { intra_op: { allow_spinning: '0' } } },
} as const;

env.logLevel = LogLevel.ERROR;
env.useWasmCache = false;

/** Tokenizer and network of one model folder. Blocks the thread it runs on. */
export interface TextModel {
  embed(text: string): Promise<RawEmbedding>;
  dispose(): Promise<void>;
}

/** Reads from disk only. Throws one line that names the folder when onnxruntime or the tokenizer refuses a file. */
export async function loadTextModel(folder: ModelFolder): Promise<TextModel> {
  env.allowLocalModels = true;
  env.allowRemoteModels = false;
  env.useFSCache = false;
  const tokenizer = await AutoTokenizer.from_pretrained(folder.dir, { local_files_only: true }).catch(
    (cause: unknown) => {
      throw new Error(`cannot load the tokenizer of embedding model ${folder.dir}: ${firstLine(cause)}`, { cause });
    },
  );
  const model = await AutoModel.from_pretrained(folder.dir, {
    local_files_only: true,
    device: 'cpu',
    dtype: folder.dtype,
    session_options: SESSION_OPTIONS,
  }).catch((cause: unknown) => {
    throw new Error(`cannot load embedding model ${folder.onnxFile}: ${firstLine(cause)}`, { cause });
  });
  const cut = cutter(tokenizer.encode(''), folder.tokensMax);

  return {
    async embed(text) {
      const { ids, truncated } = cut(tokenizer.encode(text));
      const output = await model({
        input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
        attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), [1, ids.length]),
      });
      return { vector: unitVector(pool(output, folder)), tokens: ids.length, truncated };
    },
    async dispose() {
      await model.dispose();
    },
  };
}

/** Cuts a row of token ids to `tokensMax`, keeping the closing special token, which `encode()` alone would not. */
function cutter(emptyIds: readonly number[], tokensMax: number) {
  const closing = emptyIds.length > 1 ? emptyIds.slice(-1) : [];
  return (ids: number[]): { ids: number[]; truncated: boolean } => {
    if (ids.length <= tokensMax) return { ids, truncated: false };
    return { ids: [...ids.slice(0, tokensMax - closing.length), ...closing], truncated: true };
  };
}

interface Output {
  data: Float32Array;
  dims: number[];
}

/** [dimensions] in double precision. One text per run has no padding, so that the mask is all ones. */
function pool(outputs: Record<string, Output | undefined>, folder: ModelFolder): Float64Array {
  const hidden = outputs.last_hidden_state ?? outputs.token_embeddings;
  const [, tokens, dimensions] = hidden?.dims ?? [];
  if (hidden?.dims.length !== 3 || !tokens || !dimensions)
    throw new Error(`embedding model ${folder.onnxFile} has no output last_hidden_state [batch, tokens, dimensions]`);
  const sum = new Float64Array(dimensions);
  // Once: transformers.js's tensors are proxies, and each access costs more than the addition.
  const { data } = hidden;
  const rows = folder.pooling === 'cls' ? 1 : tokens;
  for (let row = 0, at = 0; row < rows; row++)
    for (let i = 0; i < dimensions; i++, at++) sum[i] = (sum[i] as number) + (data[at] as number);
  return sum;
}

/** The mean's divisor falls out here: only the direction counts. */
function unitVector(sum: Float64Array): ArrayBuffer {
  const length = Math.sqrt(sum.reduce((total, x) => total + x * x, 0));
  if (!(length > 0 && Number.isFinite(length)))
    throw new Error('the model answered with no direction (zero or not finite)');
  return Float32Array.from(sum, (x) => x / length).buffer;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
