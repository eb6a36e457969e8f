import { AutoModel, AutoTokenizer, env, LogLevel, Tensor } from '@xenova/transformers';
import { type Halves, openHalves, type States } from './halves.ts';
import { type JointModel, openJointModel, StateMemo } from './joint-model.ts';
import type { ModelFolder } from './model-folder.ts';
import type { NetworkSettings, RawEmbedding } from './protocol.ts';
import { SESSION_OPTIONS } from './session-options.ts';

env.logLevel = LogLevel.ERROR;
env.useWasmCache = false;

/** Tokenizer and network of one model folder. Blocks the thread it runs on. */
export interface TextModel {
  embed(text: string): Promise<RawEmbedding>;
  dispose(): Promise<void>;
}

/** The same, with a network that compares two texts. */
export interface PairModel extends TextModel {
  /** Bit for bit the same with both exchanged. Undefined: one of them is too long. */
  score(a: string, b: string): Promise<number | undefined>;
}

/** Reads from disk only. Throws one line that names the folder when onnxruntime or the tokenizer refuses a file. */
export async function loadTextModel(folder: ModelFolder): Promise<TextModel> {
  const tokenizer = await openTokenizer(folder);
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

/** The vectors are those of `loadTextModel`, bit for bit. Throws one line where the network or the model can't be read. */
export async function loadPairModel(folder: ModelFolder, network: NetworkSettings): Promise<PairModel> {
  const tokenizer = await openTokenizer(folder);
  const { halves, joint } = await openNetworks(folder, network);
  const cut = cutter(tokenizer.encode(''), folder.tokensMax);
  const memo = new StateMemo();
  const read = async (text: string) => {
    const { ids, truncated } = cut(tokenizer.encode(text));
    const fits = !truncated && ids.length <= network.tokensMax;
    return { ids, truncated, fits };
  };
  const remembered = (text: string, states: States): States => {
    memo.set(text, states);
    return states;
  };
  const statesOf = async (text: string): Promise<States | undefined> => {
    const known = memo.get(text);
    if (known !== undefined) return known;
    const { ids, fits } = await read(text);
    return fits ? remembered(text, await halves.lower(ids)) : undefined;
  };
  return {
    async embed(text) {
      const { ids, truncated, fits } = await read(text);
      const states = (fits && memo.get(text)) || (await halves.lower(ids));
      if (fits) remembered(text, states);
      const output = { last_hidden_state: await halves.upper(states) };
      return { vector: unitVector(pool(output, folder)), tokens: ids.length, truncated };
    },
    async score(a, b) {
      const [first, second] = a < b ? [a, b] : [b, a];
      const x = await statesOf(first);
      const y = x && (await statesOf(second));
      return x && y && joint.logit(x, y);
    },
    async dispose() {
      await Promise.all([halves.dispose(), joint.dispose()]);
    },
  };
}

async function openNetworks(folder: ModelFolder, { file, states }: NetworkSettings) {
  let halves: Halves | undefined;
  let joint: JointModel;
  try {
    joint = await openJointModel(file);
    halves = await openHalves(folder.onnxFile, states);
    await joint.logit(await halves.lower([0]), await halves.lower([0]));
  } catch (cause) {
    await halves?.dispose();
    throw new Error(`cannot load the network ${file} for ${folder.onnxFile}: ${firstLine(cause)}`, { cause });
  }
  return { halves, joint };
}

async function openTokenizer(folder: ModelFolder) {
  env.allowLocalModels = true;
  env.allowRemoteModels = false;
  env.useFSCache = false;
  return AutoTokenizer.from_pretrained(folder.dir, { local_files_only: true }).catch((cause: unknown) => {
    throw new Error(`cannot load the tokenizer of embedding model ${folder.dir}: ${firstLine(cause)}`, { cause });
  });
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
