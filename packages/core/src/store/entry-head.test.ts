import { expect, test } from '@jest/globals';
import { sampleEntry } from '../conformance/storage.samples.ts';
import { entryBytes } from '../entry.ts';
import { entryOf, type HeadTuple, headOf, headTuple } from './entry-head.ts';

test('what an older version wrote has no earlier turns, and is whole otherwise', () => {
  const entry = sampleEntry(1, { history: ['Who is Ada?'] });
  const tuple = headTuple(entry);
  expect(entryOf(headOf(tuple), entry.answer, entry.vector)).toEqual(entry);
  const older = tuple.slice(0, 23) as unknown as HeadTuple;
  expect(entryOf(headOf(older), entry.answer, entry.vector)).toEqual({ ...entry, history: undefined });
});

test('earlier turns are accounted for like the question', () => {
  const [bare, talked] = [sampleEntry(1), sampleEntry(1, { history: ['abc', 'de'] })];
  expect(entryBytes(talked) - entryBytes(bare)).toBe(10);
});
