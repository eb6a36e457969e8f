import { type CachedEntry, type Entry, type EntryId, entryBytes, type MemoryCache } from '@nearhit/core';
import { LRUCache } from 'lru-cache';

export interface MemoryCacheOptions {
  /** Entries and the forms they were served in. */
  readonly bytesMax?: number;
  /** An entry that nobody asks for this long is forgotten. */
  readonly slidingMs?: number;
}

interface Held {
  readonly cached: CachedEntry;
  /** On the caller's clock. */
  usedAtMs: number;
  /** What the cache was told this entry weighs. */
  bytes: number;
}

/** The vector is the index's business: it would double the weight of a short answer. */
function withoutVector(entry: Entry): Entry {
  return entry.vector === undefined ? entry : { ...entry, vector: undefined };
}

function bytesOf({ entry, rendered }: CachedEntry): number {
  let bytes = entryBytes(entry);
  for (const form of rendered.values()) bytes += form.byteLength;
  return bytes;
}

/** L1 on lru-cache. Time is the caller's, so that entries, tests and this cache go by one clock. */
export function createMemoryCache(options: MemoryCacheOptions = {}): MemoryCache {
  const { bytesMax = 67_108_864, slidingMs = 300_000 } = options;
  const lru = new LRUCache<EntryId, Held>({ maxSize: Math.max(1, bytesMax), sizeCalculation: ({ bytes }) => bytes });
  return {
    get(id, nowMs) {
      const held = lru.get(id);
      if (held === undefined) return undefined;
      if (nowMs - held.usedAtMs >= slidingMs || nowMs >= held.cached.entry.expiresAtMs) {
        lru.delete(id);
        return undefined;
      }
      held.usedAtMs = nowMs;
      // Forms are rendered after the entry came in: weigh it again when it has grown.
      const bytes = bytesOf(held.cached);
      if (bytes !== held.bytes) {
        held.bytes = bytes;
        lru.set(id, { ...held });
      }
      return held.cached;
    },
    put(entry, nowMs) {
      const cached: CachedEntry = { entry: withoutVector(entry), rendered: new Map() };
      const bytes = bytesOf(cached);
      // Too big, or over already: served to who asked, not kept; an older answer under its id must go all the same.
      if (bytes > bytesMax || nowMs >= entry.expiresAtMs) lru.delete(entry.id);
      else lru.set(entry.id, { cached, usedAtMs: nowMs, bytes });
      return cached;
    },
    delete: (id) => void lru.delete(id),
    clear: () => lru.clear(),
    size: () => ({ entries: lru.size, bytes: lru.calculatedSize }),
  };
}
