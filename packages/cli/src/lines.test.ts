import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LINE_BYTES_MAX, type Line, linesOf } from './lines.ts';

async function* each(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

async function read(...chunks: Buffer[]): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of linesOf(each(chunks))) lines.push(line);
  return lines;
}

const texts = async (...chunks: Buffer[]) => (await read(...chunks)).map(({ text }) => text);

describe('lines of a file', () => {
  test('end at line feeds, with or without one at the end', async () => {
    expect(await texts(Buffer.from('a\nb'))).toEqual(['a', 'b']);
    expect(await texts(Buffer.from('a\nb\n'))).toEqual(['a', 'b']);
    expect(await texts(Buffer.from('a\n\nb\n'))).toEqual(['a', '', 'b']);
    expect(await texts()).toEqual([]);
  });

  test('do not end at the line separators that JSON strings may hold', async () => {
    expect(await texts(Buffer.from('"a\u2028b\u2029c\u0085"\n'))).toEqual(['"a\u2028b\u2029c\u0085"']);
  });

  test('lose the byte order mark of the file, and no other', async () => {
    expect(await texts(Buffer.from('\ufeffa\n\ufeffb'))).toEqual(['a', '\ufeffb']);
  });

  test('are the same however the file is cut', async () => {
    const cut = fc.array(fc.nat(200), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), cut, async (parts, cuts) => {
        const wanted = parts.map((part) => part.replaceAll('\n', ' ').replace(/^\ufeff+/, ''));
        const file = Buffer.from(wanted.map((part) => `${part}\n`).join(''));
        const at = [0, ...cuts.map((one) => one % (file.length + 1)).sort((a, b) => a - b), file.length];
        const lines = await read(...at.slice(1).map((end, i) => file.subarray(at[i], end)));
        expect(lines.map(({ text }) => text)).toEqual(wanted);
        expect(lines.map(({ number }) => number)).toEqual(wanted.map((_, i) => i + 1));
        expect(lines.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(file.length);
      }),
    );
  });

  test('that are not UTF-8 or too long are named, and the rest is read', async () => {
    const long = Buffer.alloc(LINE_BYTES_MAX / 2 + 1, 0x61);
    const lines = await read(Buffer.from('a\n'), long, long, Buffer.from('\n\xff\n', 'latin1'), Buffer.from('b'));
    expect(lines.map(({ text, fault }) => text ?? fault)).toEqual([
      'a',
      `longer than ${LINE_BYTES_MAX} bytes`,
      'not UTF-8',
      'b',
    ]);
  });
});
