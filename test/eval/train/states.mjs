import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cutModel } from '@nearhit/embedding';
import { modelDir, statesTensor } from '@nearhit/model-minilm';
import { readRows, textsOf } from './rows.mjs';
import { AutoTokenizer, openSession, Tensor } from './runtime.mjs';

// Token states of every text after the bundled embedder's third layer, each text by itself, as serving computes them.
//   node states.mjs --cache DIR FILE.jsonl ...
// Writes lengths.jsonl ([text, tokens] a line) and states.f16 (float16 [all tokens, 384], texts one after another). May be stopped and started again.
// Texts outside ASCII are left out: the tokenizer strips accents, so that the network would be blind to them.

const DIMENSIONS = 384;
/** Word pieces, the two special ones included. */
const TOKENS_MAX = 64;
const CHUNK = 512;

const { values, positionals } = parseArgs({ options: { cache: { type: 'string' } }, allowPositionals: true });
if (values.cache === undefined) throw new Error('--cache DIR is missing');
mkdirSync(values.cache, { recursive: true });

const tokenizer = await AutoTokenizer.from_pretrained(modelDir, { local_files_only: true });
const model = readFileSync(join(modelDir, 'onnx/model_int8.onnx'));
const session = await openSession(Buffer.concat(cutModel(model, { outputs: [statesTensor] })));

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);
/** Nearest float16 of a normal number; what is too small is 0. The states lie between -40 and 40. */
function half(value) {
  float[0] = value;
  const bits = word[0];
  const exponent = ((bits >>> 23) & 255) - 112;
  if (exponent <= 0) return (bits >>> 16) & 0x8000;
  return ((bits >>> 16) & 0x8000) | (((exponent << 10) | ((bits >>> 13) & 1023)) + ((bits >>> 12) & 1));
}

async function statesOf(text) {
  const ids = tokenizer.encode(text);
  if (ids.length > TOKENS_MAX) return undefined;
  const row = (of) => new Tensor('int64', BigInt64Array.from(ids, of), [1, ids.length]);
  const feeds = { input_ids: row(BigInt), attention_mask: row(() => 1n), token_type_ids: row(() => 0n) };
  const [output] = Object.values(await session.run(feeds));
  return Uint16Array.from(output.data, half);
}

const [lengthsFile, statesFile] = [join(values.cache, 'lengths.jsonl'), join(values.cache, 'states.f16')];
const done = existsSync(lengthsFile)
  ? readFileSync(lengthsFile, 'utf8').split('\n').filter(Boolean).map(JSON.parse)
  : [];
const known = new Set(done.map(([text]) => text));
const wanted = new Set(positionals.flatMap(readRows).flatMap(textsOf));
// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is meant
const missing = [...wanted].filter((text) => !known.has(text) && /^[\x00-\x7f]*$/.test(text));

if (!existsSync(statesFile)) writeFileSync(statesFile, '');
const out = openSync(statesFile, 'r+');
// What a stopped run wrote without its lengths is written over.
let at = done.reduce((sum, [, tokens]) => sum + tokens, 0) * DIMENSIONS * 2;
for (let start = 0; start < missing.length; start += CHUNK) {
  const lines = [];
  const parts = [];
  for (const text of missing.slice(start, start + CHUNK)) {
    const states = await statesOf(text);
    lines.push(JSON.stringify([text, (states?.length ?? 0) / DIMENSIONS]));
    if (states !== undefined) parts.push(Buffer.from(states.buffer));
  }
  const bytes = Buffer.concat(parts);
  at += writeSync(out, bytes, 0, bytes.length, at);
  appendFileSync(lengthsFile, `${lines.join('\n')}\n`);
  if ((start / CHUNK) % 20 === 0) console.log(`${start + lines.length}/${missing.length}`);
}
closeSync(out);
await session.release();
