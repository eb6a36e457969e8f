import { createHash, type Hash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';

/** transformers.js's names of the ONNX variants, and the file each stands for. */
export const ONNX_FILES = {
  fp32: 'model.onnx',
  q8: 'model_quantized.onnx',
  int8: 'model_int8.onnx',
  uint8: 'model_uint8.onnx',
  fp16: 'model_fp16.onnx',
  q4: 'model_q4.onnx',
  q4f16: 'model_q4f16.onnx',
  bnb4: 'model_bnb4.onnx',
} as const;

export type Dtype = keyof typeof ONNX_FILES;
export type Pooling = 'mean' | 'cls';

/** fp32 first: the one variant that gives the same vector on every processor. Then by fidelity. */
const DTYPES = Object.keys(ONNX_FILES) as Dtype[];

/** A window longer than this costs seconds per text: attention grows with its square. */
const TOKENS_MAX_CAP = 8192;
const TOKENS_MAX_DEFAULT = 512;

export interface ModelFolder {
  readonly dir: string;
  readonly dtype: Dtype;
  readonly onnxFile: string;
  readonly pooling: Pooling;
  /** Special tokens included. */
  readonly tokensMax: number;
}

export interface FolderOptions {
  dtype?: Dtype | undefined;
  pooling?: Pooling | undefined;
  tokensMax?: number | undefined;
}

/**
 * What a sentence-transformers folder says of itself. Layout: `config.json`, `tokenizer.json`, `tokenizer_config.json`, `onnx/model*.onnx`;
 * optional: `sentence_bert_config.json` (window), `1_Pooling/config.json` (mean when absent).
 * Throws an Error of one line that names every missing file.
 */
export function readModelFolder(dir: string, options: FolderOptions = {}): ModelFolder {
  if (!existsSync(dir)) throw new Error(`embedding model folder ${dir} does not exist`);
  const candidates = options.dtype ? [options.dtype] : DTYPES;
  const dtype = candidates.find((name) => existsSync(join(dir, 'onnx', ONNX_FILES[name])));
  const missing = ['config.json', 'tokenizer.json', 'tokenizer_config.json'].filter(
    (file) => !existsSync(join(dir, file)),
  );
  if (!dtype)
    missing.push(options.dtype ? `onnx/${ONNX_FILES[options.dtype]}` : 'onnx/model.onnx (or another model_*.onnx)');
  if (missing.length > 0 || !dtype) throw new Error(`embedding model folder ${dir} lacks ${missing.join(', ')}`);
  return {
    dir,
    dtype,
    onnxFile: join(dir, 'onnx', ONNX_FILES[dtype]),
    pooling: options.pooling ?? poolingOf(dir),
    tokensMax: tokensMaxOf(dir, options.tokensMax),
  };
}

function readJson(dir: string, file: string): Record<string, unknown> {
  const path = join(dir, file);
  if (!existsSync(path)) return {};
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  } catch (cause) {
    throw new Error(`embedding model file ${path} is not JSON`, { cause });
  }
}

function poolingOf(dir: string): Pooling {
  const said = readJson(dir, '1_Pooling/config.json');
  if (said.pooling_mode_mean_tokens === true) return 'mean';
  if (said.pooling_mode_cls_token === true) return 'cls';
  const other = Object.keys(said).find((key) => key.startsWith('pooling_mode_') && said[key] === true);
  if (other) throw new Error(`embedding model folder ${dir} wants ${other}; supported: mean tokens, cls token`);
  return 'mean';
}

function tokensMaxOf(dir: string, wanted = TOKENS_MAX_CAP): number {
  const count = (value: unknown) => (typeof value === 'number' && value > 2 && value < 1e6 ? value : undefined);
  const config = readJson(dir, 'config.json');
  const positions = count(config.max_position_embeddings);
  // RoBERTa counts positions from its padding id on.
  const reserved = /roberta|camembert|mpnet/.test(String(config.model_type)) ? 2 : 0;
  const said =
    count(readJson(dir, 'sentence_bert_config.json').max_seq_length) ??
    count(readJson(dir, 'tokenizer_config.json').model_max_length) ??
    TOKENS_MAX_DEFAULT;
  return Math.min(said, positions === undefined ? said : positions - reserved, wanted, TOKENS_MAX_CAP);
}

/** Short name plus all that shapes a vector: variant, weights and tokenizer (12 hex digits of their SHA-256), pooling, window. */
export function modelVersion(folder: ModelFolder, modelId: string): string {
  const hash = createHash('sha256');
  for (const file of [folder.onnxFile, `${folder.onnxFile}_data`, join(folder.dir, 'tokenizer.json')])
    if (existsSync(file)) hashFile(hash, file);
  const name = basename(modelId).replace(/[^A-Za-z0-9.-]/g, '-');
  return `${name}-${folder.dtype}-${hash.digest('hex').slice(0, 12)}-${folder.pooling}-${folder.tokensMax}`;
}

/** In pieces: a weights file read whole would stay in resident memory for long. */
function hashFile(hash: Hash, path: string): void {
  const piece = Buffer.allocUnsafe(2 ** 20);
  const file = openSync(path, 'r');
  try {
    for (let size = readSync(file, piece); size > 0; size = readSync(file, piece)) hash.update(piece.subarray(0, size));
  } finally {
    closeSync(file);
  }
}
