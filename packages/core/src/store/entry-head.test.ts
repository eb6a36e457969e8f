import { expect, test } from '@jest/globals';
import { sampleEntry } from '../conformance/storage.samples.ts';
import type { IdentityKey } from '../ids.ts';
import { entryOf, type HeadTuple, headOf, headTuple } from './entry-head.ts';

const identity = '0123456789abcdef'.repeat(2) as IdentityKey;

test('a head of before identities is read, without one', () => {
  const entry = sampleEntry(1, { identity });
  const tuple = headTuple(entry);
  expect(entryOf(headOf(tuple), entry.answer, entry.vector)).toEqual(entry);
  const older = tuple.slice(0, -1) as unknown as HeadTuple;
  expect(entryOf(headOf(older), entry.answer, entry.vector)).toEqual({ ...entry, identity: undefined });
});
