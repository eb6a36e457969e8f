import type { Memo } from '@nearhit/core';
import { LRUCache } from 'lru-cache';

/** A bounded map that forgets the least recently used. */
export function createMemo<V extends object>(options: { readonly entriesMax: number }): Memo<V> {
  const lru = new LRUCache<string, V>({ max: options.entriesMax });
  return {
    get: (key) => lru.get(key),
    set: (key, value) => void lru.set(key, value),
    delete: (key) => void lru.delete(key),
  };
}
