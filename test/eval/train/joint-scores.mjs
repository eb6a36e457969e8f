import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openSession, Tensor } from './runtime.mjs';

// Logits of the exported joint encoder, as serving computes them: one pair per run, the two texts in order.
//   node joint-scores.mjs --model joint.onnx --states DIR --pairs PAIRS.jsonl --out SCORES.f64
// PAIRS.jsonl: [a, b] or null a line. NaN for null, and where the states of a text are missing.

const DIMENSIONS = 384;
const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    states: { type: 'string' },
    pairs: { type: 'string' },
    out: { type: 'string' },
  },
});
const lines = (file) => readFileSync(file, 'utf8').split('\n').filter(Boolean).map(JSON.parse);

/** Value of each float16. */
const floats = Float32Array.from({ length: 65_536 }, (_, bits) => {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
});

const at = new Map();
let next = 0;
for (const [text, tokens] of lines(join(values.states, 'lengths.jsonl'))) {
  if (tokens > 0) at.set(text, { start: next, tokens });
  next += tokens;
}
const file = openSync(join(values.states, 'states.f16'), 'r');

function statesOf({ start, tokens }) {
  const half = new Uint16Array(tokens * DIMENSIONS);
  readSync(file, half, 0, half.byteLength, start * DIMENSIONS * 2);
  return new Tensor(
    'float32',
    Float32Array.from(half, (bits) => floats[bits]),
    [tokens, DIMENSIONS],
  );
}

const session = await openSession(values.model);
const pairs = lines(values.pairs);
const scores = new Float64Array(pairs.length).fill(Number.NaN);
const started = performance.now();
for (const [i, pair] of pairs.entries()) {
  const [a, b] = pair?.toSorted().map((text) => at.get(text)) ?? [];
  if (a === undefined || b === undefined) continue;
  const { logit } = await session.run({ a: statesOf(a), b: statesOf(b) });
  scores[i] = logit.data[0];
}
console.log(
  `${pairs.length} pairs, ${((performance.now() - started) / Math.max(1, pairs.length)).toFixed(2)} ms a pair`,
);
writeFileSync(values.out, scores);
closeSync(file);
await session.release();
