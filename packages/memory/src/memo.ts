import type { Memo } from '@nearhit/core';
import { LRUCache } from 'lru-cache';

/** A bounded map that forgets the least recently used. */
export function createMemo<V>({ entriesMax }: { readonly entriesMax: number }): Memo<V> {
  // Boxed, because lru-cache cannot hold undefined and knows only objects in its types.
  const entries = new LRUCache<string, { readonly value: V }>({ max: entriesMax });
  return {
    get: (key) => entries.get(key)?.value,
    set(key, value) {
      entries.set(key, { value });
    },
    delete(key) {
      entries.delete(key);
    },
  };
}
