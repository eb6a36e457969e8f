import { describe, expect, test } from '@jest/globals';
import type { Entry, EntryId, Fingerprint, TenantId, UnitVector } from '@nearhit/core';
import { createMemo } from './memo.ts';
import { createMemoryCache } from './memory-cache.ts';

function entry(id: string, more: Partial<Entry> = {}): Entry {
  return {
    id: id as EntryId,
    scope: { tenant: 'default' as TenantId, namespace: 'default', model: 'm' },
    fingerprint: 'f' as Fingerprint,
    query: 'q',
    semantic: true,
    answer: Buffer.alloc(1000),
    tags: [],
    context: [],
    provider: 'p',
    upstreamModel: 'm',
    attempts: 1,
    costUsd: 0,
    usage: { promptTokens: 1, completionTokens: 1 },
    createdAtMs: 0,
    expiresAtMs: 1_000_000,
    staleUntilMs: 1_000_000,
    ...more,
  };
}
const id = (text: string) => text as EntryId;

describe('createMemoryCache', () => {
  test('gives back what was put in, without its vector', () => {
    const cache = createMemoryCache();
    cache.put(entry('a', { vector: new Float32Array(384) as UnitVector }), 0);
    expect(cache.get(id('a'), 1)?.entry).toMatchObject({ id: 'a', vector: undefined });
    expect(cache.get(id('b'), 1)).toBeUndefined();
  });

  test('lives five minutes after its last use, and never beyond its own end', () => {
    const cache = createMemoryCache();
    cache.put(entry('a', { expiresAtMs: 500_000 }), 0);
    expect(cache.get(id('a'), 299_999)).toBeDefined();
    expect(cache.get(id('a'), 499_999)).toBeDefined();
    expect(cache.get(id('a'), 500_000)).toBeUndefined();
    cache.put(entry('b'), 0);
    expect(cache.get(id('b'), 300_000)).toBeUndefined();
    expect(cache.size().entries).toBe(0);
  });

  test('is bounded in bytes, least recently used first', () => {
    const cache = createMemoryCache({ bytesMax: 5000 });
    for (const name of ['a', 'b', 'c']) cache.put(entry(name), 0);
    cache.get(id('a'), 1);
    cache.put(entry('d'), 2);
    expect(['a', 'b', 'c', 'd'].filter((name) => cache.get(id(name), 3) !== undefined)).toEqual(['a', 'c', 'd']);
    expect(cache.size().bytes).toBeLessThanOrEqual(5000);
  });

  test('forms that were rendered later count too', () => {
    const cache = createMemoryCache({ bytesMax: 5000 });
    cache.put(entry('a'), 0);
    cache.put(entry('b'), 0).rendered.set('sse', Buffer.alloc(3000));
    expect(cache.get(id('b'), 1)?.rendered.get('sse')).toHaveLength(3000);
    expect(cache.get(id('a'), 2)).toBeUndefined();
    expect(cache.size()).toMatchObject({ entries: 1 });
  });

  test('what is larger than the whole cache is not kept, nor what it would replace', () => {
    const cache = createMemoryCache({ bytesMax: 5000 });
    cache.put(entry('a'), 0);
    expect(cache.put(entry('a', { answer: Buffer.alloc(6000) }), 0).entry.answer).toHaveLength(6000);
    expect(cache.get(id('a'), 0)).toBeUndefined();
  });

  test('delete and clear', () => {
    const cache = createMemoryCache();
    cache.put(entry('a'), 0);
    cache.put(entry('b'), 0);
    cache.delete(id('a'));
    expect([cache.get(id('a'), 0), cache.size().entries]).toEqual([undefined, 1]);
    cache.clear();
    expect(cache.size()).toEqual({ entries: 0, bytes: 0 });
  });
});

test('a memo forgets the least recently used', () => {
  const memo = createMemo<{ n: number }>({ entriesMax: 2 });
  memo.set('a', { n: 1 });
  memo.set('b', { n: 2 });
  memo.get('a');
  memo.set('c', { n: 3 });
  expect(['a', 'b', 'c'].map((key) => memo.get(key)?.n)).toEqual([1, undefined, 3]);
  memo.delete('a');
  expect(memo.get('a')).toBeUndefined();
});
