import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const DIMENSIONS = 384;

/** The vectors that embed.mjs left in a folder. */
export function openVectors(folder) {
  const at = new Map();
  for (const line of readFileSync(join(folder, 'texts.jsonl'), 'utf8').split('\n'))
    if (line !== '') at.set(JSON.parse(line), at.size);
  const bytes = readFileSync(join(folder, 'vectors.f32'));
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, at.size * DIMENSIONS);
  const vector = (text) => {
    const row = at.get(text);
    if (row === undefined) throw new Error(`not embedded: ${text.slice(0, 60)}`);
    return all.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS);
  };
  return {
    vector,
    cosine(a, b) {
      const [x, y] = [vector(a), vector(b)];
      return x.reduce((sum, value, i) => sum + value * y[i], 0);
    },
  };
}
