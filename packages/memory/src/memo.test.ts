import { expect, test } from '@jest/globals';
import { createMemo } from './index.ts';

test('forgets the least recently used', () => {
  const memo = createMemo<number>({ entriesMax: 2 });
  memo.set('a', 1);
  memo.set('b', 2);
  expect(memo.get('a')).toBe(1);
  memo.set('c', 3);
  expect([memo.get('a'), memo.get('b'), memo.get('c')]).toEqual([1, undefined, 3]);
});

test('replaces and deletes; holds falsy values', () => {
  const memo = createMemo<number | string | null>({ entriesMax: 5 });
  memo.set('a', 1);
  memo.set('a', 0);
  memo.set('b', null);
  memo.set('', '');
  expect([memo.get('a'), memo.get('b'), memo.get('')]).toEqual([0, null, '']);
  memo.delete('a');
  expect(memo.get('a')).toBeUndefined();
});

test('values are bounded in bytes together; one that is over the bound alone is not kept', () => {
  const memo = createMemo<string>({ entriesMax: 10, bytes: { max: 10, of: (text) => text.length } });
  for (const text of ['', 'aaaa', 'bbbbb', 'cccc', 'd'.repeat(11)]) memo.set(text[0] ?? 'none', text);
  expect(['none', 'a', 'b', 'c', 'd'].map((key) => memo.get(key)?.length)).toEqual([
    undefined,
    undefined,
    5,
    4,
    undefined,
  ]);
});
