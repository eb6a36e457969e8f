import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chunksOf } from './chunks.ts';

async function all(pieces: readonly Buffer[]) {
  const chunks = [];
  for await (const chunk of chunksOf(
    (async function* () {
      yield* pieces;
    })(),
  ))
    chunks.push(chunk);
  return chunks;
}

const cut = (text: string, sizes: readonly number[]): Buffer[] => {
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let from = 0, at = 0; from < bytes.length; at += 1) {
    const size = sizes[at % sizes.length] ?? 1;
    pieces.push(bytes.subarray(from, from + size));
    from += size;
  }
  return pieces;
};

test('however a file comes, its lines are whole, none is lost, and each knows its place', async () => {
  const line = fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\n', ' '));
  const lines = fc.array(line, { maxLength: 1500 });
  await fc.assert(
    fc.asyncProperty(
      lines,
      fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 5 }),
      async (rows, sizes) => {
        const text = rows.join('\n');
        const chunks = await all(cut(text, sizes));
        expect(Buffer.concat(chunks.map(({ bytes }) => bytes)).toString()).toBe(text);
        let before = 0;
        for (const { bytes, linesBefore } of chunks) {
          expect(linesBefore).toBe(before);
          before += bytes.toString().split('\n').length - 1;
        }
        for (const { bytes } of chunks.slice(0, -1)) expect(bytes.at(-1)).toBe(0x0a);
      },
    ),
    { numRuns: 30 },
  );
});

test('a chunk is bounded by lines and by bytes', async () => {
  const many = await all([Buffer.from('x\n'.repeat(1200))]);
  expect(many.map(({ linesBefore }) => linesBefore)).toEqual([0, 500, 1000]);
  const long = await all([Buffer.from(`${'x'.repeat(3_000_000)}\n`.repeat(4))]);
  expect(long.map(({ linesBefore }) => linesBefore)).toEqual([0, 2]);
});
