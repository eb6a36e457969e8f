import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { WholeLines } from './whole-lines.ts';

const piece = fc.string({ unit: fc.constantFrom('\n', '\r', 'a', 'é', ':'), maxLength: 6 });

test('whatever the cuts, every byte goes out in order, and lines begun wait for their end', () => {
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const lines = new WholeLines();
      const out: Buffer[] = [];
      for (const text of pieces) {
        out.push(lines.push(Buffer.from(text)));
        const sent = Buffer.concat(out).toString('latin1');
        expect(sent === '' || /[\r\n]$/.test(sent)).toBe(true);
      }
      out.push(lines.end());
      expect(Buffer.concat(out).toString()).toBe(pieces.join(''));
    }),
  );
});

test('a chunk of whole lines goes out as it is', () => {
  const chunk = Buffer.from('data: 1\n\n');
  expect(new WholeLines().push(chunk)).toBe(chunk);
});

test('a line that is too long to be held goes on as it comes', () => {
  const lines = new WholeLines();
  expect(lines.push(Buffer.alloc(60_000, 'a'))).toHaveLength(0);
  expect(lines.push(Buffer.alloc(60_000, 'a'))).toHaveLength(120_000);
  expect(lines.push(Buffer.from('b\nc')).toString()).toBe('b\n');
  expect(lines.end().toString()).toBe('c');
});
