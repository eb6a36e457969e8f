import { expect, test } from '@jest/globals';
import { sampleEntry } from '../conformance/storage.samples.ts';
import { entryBytes } from '../entry.ts';
import type { IdentityKey } from '../ids.ts';
import { entryOf, type HeadTuple, headOf, headTuple } from './entry-head.ts';

const identity = '0123456789abcdef'.repeat(2) as IdentityKey;

test.each([
  ['no identity and no earlier turns', 23, { identity: undefined, history: undefined }],
  ['no earlier turns', 24, { history: undefined }],
] as const)('what an older version wrote has %s, and is whole otherwise', (_, fields, lacking) => {
  const entry = sampleEntry(1, { identity, history: ['Who is Ada?'] });
  const tuple = headTuple(entry);
  expect(entryOf(headOf(tuple), entry.answer, entry.vector)).toEqual(entry);
  const older = tuple.slice(0, fields) as unknown as HeadTuple;
  expect(entryOf(headOf(older), entry.answer, entry.vector)).toEqual({ ...entry, ...lacking });
});

test('earlier turns are accounted for like the question', () => {
  const [bare, talked] = [sampleEntry(1), sampleEntry(1, { history: ['abc', 'de'] })];
  expect(entryBytes(talked) - entryBytes(bare)).toBe(10);
});
