import { describe, expect, test } from '@jest/globals';
import { type Entry, entryBytes } from '../entry.ts';
import type { IdentityKey } from '../ids.ts';
import type { MemoryCache } from '../ports/memory-cache.ts';
import { entryId, sampleEntry, T0 } from './storage.samples.ts';

const SLIDING_MS = 60_000;
const EACH = 10_000;
const living = (n: number, changes: Partial<Entry> = {}): Entry =>
  sampleEntry(n, { answer: Buffer.alloc(EACH), expiresAtMs: T0 + 1_000_000, staleUntilMs: T0 + 1_000_000, ...changes });

export function memoryCacheConformance(
  name: string,
  open: (options: { bytesMax: number; slidingMs: number }) => MemoryCache,
): void {
  describe(`MemoryCache: ${name}`, () => {
    const start = (entries = 100): MemoryCache =>
      open({ bytesMax: entries * entryBytes(living(0)) + 500, slidingMs: SLIDING_MS });
    lives(start);
    identities(start);
    bounds(start);
  });
}

function lives(start: (entries?: number) => MemoryCache): void {
  test('gives back what was put, the same object each time', () => {
    const cache = start();
    const entry = living(1);
    expect(cache.get(entry.id, T0)).toBeUndefined();
    const cached = cache.put(entry, T0);
    expect(cached.entry).toBe(entry);
    expect(cached.rendered.size).toBe(0);
    expect(cache.get(entry.id, T0)?.entry).toBe(entry);
    expect(cache.size()).toEqual({ entries: 1, bytes: entryBytes(entry) });
  });

  test('tells that something was taken out', () => {
    const cache = start();
    const before = cache.removals;
    cache.put(living(1), T0);
    cache.get(entryId(1), T0);
    expect(cache.removals).toBe(before);
    cache.delete(entryId(1));
    const deleted = cache.removals;
    expect(deleted).toBeGreaterThan(before);
    cache.delete(entryId(2));
    const absent = cache.removals;
    expect(absent).toBeGreaterThan(deleted);
    cache.clear();
    expect(cache.removals).toBeGreaterThan(absent);
  });

  test('life slides with use', () => {
    const cache = start();
    cache.put(living(1), T0);
    cache.put(living(2), T0);
    expect(cache.get(entryId(1), T0 + SLIDING_MS - 1)).toBeDefined();
    expect(cache.get(entryId(1), T0 + 2 * SLIDING_MS - 2)).toBeDefined();
    expect(cache.get(entryId(2), T0 + SLIDING_MS)).toBeUndefined();
    expect(cache.size().entries).toBe(1);
  });

  test('never beyond the life of the entry itself', () => {
    const cache = start();
    cache.put(living(1, { expiresAtMs: T0 + 1000, staleUntilMs: T0 + 9_000_000 }), T0);
    expect(cache.get(entryId(1), T0 + 999)).toBeDefined();
    expect(cache.get(entryId(1), T0 + 1000)).toBeUndefined();
    // Gone, whatever the clock says next.
    expect(cache.get(entryId(1), T0)).toBeUndefined();
    expect(cache.size()).toEqual({ entries: 0, bytes: 0 });
  });

  test('a clock that steps back makes no life longer', () => {
    const cache = start();
    cache.put(living(1), T0);
    expect(cache.get(entryId(1), T0 - 10_000)).toBeDefined();
    expect(cache.get(entryId(1), T0 + SLIDING_MS)).toBeUndefined();
  });

  test('replaces, deletes, clears', () => {
    const cache = start();
    cache.put(living(1), T0).rendered.set('sse', Buffer.alloc(10));
    const next = living(1, { query: 'another' });
    cache.put(next, T0);
    expect(cache.get(next.id, T0)?.entry).toBe(next);
    expect(cache.get(next.id, T0)?.rendered.size).toBe(0);
    cache.put(living(2), T0);
    cache.delete(next.id);
    cache.delete(entryId(9));
    expect(cache.get(next.id, T0)).toBeUndefined();
    expect(cache.get(entryId(2), T0)).toBeDefined();
    cache.clear();
    expect(cache.get(entryId(2), T0)).toBeUndefined();
    expect(cache.size()).toEqual({ entries: 0, bytes: 0 });
  });
}

function identities(start: (entries?: number) => MemoryCache): void {
  const same = '0123456789abcdef'.repeat(2) as IdentityKey;
  const named = (n: number, changes: Partial<Entry> = {}) => living(n, { identity: same, ...changes });

  test('gives what was put last under an identity', () => {
    const cache = start();
    expect(cache.getByIdentity(same, T0)).toBeUndefined();
    cache.put(living(9), T0);
    expect(cache.getByIdentity(same, T0)).toBeUndefined();
    const first = cache.put(named(1), T0);
    expect(cache.getByIdentity(same, T0)).toBe(first);
    const again = cache.put(named(1, { query: 'again' }), T0);
    expect(cache.getByIdentity(same, T0)?.entry).toBe(again.entry);
    const second = named(2);
    cache.put(second, T0);
    expect(cache.getByIdentity(same, T0)?.entry).toBe(second);
  });

  test('is of one life with the entry, rendered bodies included', () => {
    const cache = start();
    cache.put(named(1, { expiresAtMs: T0 + 1000 }), T0).rendered.set('sse', Buffer.alloc(10));
    expect(cache.getByIdentity(same, T0)?.rendered.has('sse')).toBe(true);
    expect(cache.getByIdentity(same, T0 + 999)?.rendered.has('sse')).toBe(true);
    expect(cache.getByIdentity(same, T0 + 1000)).toBeUndefined();
    cache.put(named(2), T0);
    expect(cache.getByIdentity(same, T0 + SLIDING_MS)).toBeUndefined();
    cache.put(named(3), T0);
    cache.delete(entryId(3));
    expect(cache.getByIdentity(same, T0)).toBeUndefined();
    cache.put(named(4), T0);
    cache.clear();
    expect(cache.getByIdentity(same, T0)).toBeUndefined();
  });

  test('what took its place stays, and what was never kept is not named', () => {
    const cache = start(2);
    cache.put(named(1), T0);
    cache.put(named(2), T0);
    cache.delete(entryId(1));
    expect(cache.getByIdentity(same, T0)?.entry.id).toBe(entryId(2));
    for (const n of [5, 6]) cache.put(living(n), T0);
    expect(cache.getByIdentity(same, T0)).toBeUndefined();
    cache.put(named(7, { answer: Buffer.alloc(10 * EACH) }), T0);
    expect(cache.getByIdentity(same, T0)).toBeUndefined();
    const unnamed = living(8);
    cache.put(named(8), T0);
    cache.put(unnamed, T0);
    expect(cache.getByIdentity(same, T0)).toBeUndefined();
  });
}

function bounds(start: (entries?: number) => MemoryCache): void {
  test('holds its bound in bytes; the least recently used goes', () => {
    const cache = start(3);
    for (const n of [1, 2, 3]) cache.put(living(n), T0);
    cache.get(entryId(1), T0);
    cache.put(living(4), T0);
    expect([1, 2, 3, 4].map((n) => cache.get(entryId(n), T0) !== undefined)).toEqual([true, false, true, true]);
    expect(cache.size()).toEqual({ entries: 3, bytes: 3 * entryBytes(living(0)) });
  });

  test('rendered bodies count, and stay with the entry', () => {
    const cache = start(3);
    for (const n of [1, 2, 3]) cache.put(living(n), T0);
    const body = Buffer.alloc(EACH);
    cache.get(entryId(3), T0)?.rendered.set('sse', body);
    expect(cache.get(entryId(3), T0)?.rendered.get('sse')).toBe(body);
    expect(cache.get(entryId(1), T0)).toBeUndefined();
    expect(cache.get(entryId(2), T0)).toBeDefined();
    expect(cache.size().bytes).toBeGreaterThanOrEqual(2 * entryBytes(living(0)) + EACH);
    cache.delete(entryId(3));
    expect(cache.size()).toEqual({ entries: 1, bytes: entryBytes(living(0)) });
  });

  test('what is larger than the whole bound is given back and not kept', () => {
    const cache = start(2);
    cache.put(living(1), T0);
    const huge = living(2, { answer: Buffer.alloc(10 * EACH) });
    expect(cache.put(huge, T0).entry).toBe(huge);
    expect(cache.get(huge.id, T0)).toBeUndefined();
    expect(cache.get(entryId(1), T0)).toBeDefined();
  });

  test('an entry whose renderings outgrow the bound is served once more and let go', () => {
    const cache = start(2);
    cache.put(living(1), T0).rendered.set('sse', Buffer.alloc(10 * EACH));
    expect(cache.get(entryId(1), T0)?.rendered.has('sse')).toBe(true);
    expect(cache.get(entryId(1), T0)).toBeUndefined();
    expect(cache.size()).toEqual({ entries: 0, bytes: 0 });
  });
}
