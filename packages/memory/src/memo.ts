import type { Memo } from '@nearhit/core';
import { LRUCache } from 'lru-cache';

export interface MemoOptions<V> {
  readonly entriesMax: number;
  /** Values are of so many bytes, together at most `max`. */
  readonly bytes?: { readonly max: number; of(value: V): number } | undefined;
}

/** A bounded map that forgets the least recently used. */
export function createMemo<V>({ entriesMax, bytes }: MemoOptions<V>): Memo<V> {
  // Boxed, because lru-cache cannot hold undefined and knows only objects in its types.
  const entries = new LRUCache<string, { readonly value: V }>({
    max: entriesMax,
    ...(bytes && { maxSize: bytes.max, sizeCalculation: ({ value }) => Math.max(1, bytes.of(value)) }),
  });
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
