import {
  type CachedEntry,
  type Entry,
  type EntryId,
  entryBytes,
  type IdentityKey,
  type MemoryCache,
} from '@nearhit/core';
import { LRUCache } from 'lru-cache';

export interface MemoryCacheOptions {
  /** Bound on accounted bytes: entries as `entryBytes` counts them, and the bodies rendered from them. */
  readonly bytesMax?: number | undefined;
  /** Forgotten when not asked for this long. */
  readonly slidingMs?: number | undefined;
}

interface Slot extends CachedEntry {
  /** Bytes this slot is accounted with; behind by what was rendered since the last `get`. */
  bytes: number;
  usedAtMs: number;
}

const BYTES_MAX = 64 * 1024 * 1024;
const SLIDING_MS = 300_000;
/** A map slot, a Buffer object and its key, for one rendered body. */
const RENDERED_OVERHEAD_BYTES = 120;

/** L1 on lru-cache, which does the order and the bound. The clock is the caller's, so life is checked here. */
export function createMemoryCache({
  bytesMax = BYTES_MAX,
  slidingMs = SLIDING_MS,
}: MemoryCacheOptions = {}): MemoryCache {
  const byIdentity = new Map<IdentityKey, EntryId>();
  const forget = ({ id, identity }: Entry) => {
    if (identity !== undefined && byIdentity.get(identity) === id) byIdentity.delete(identity);
  };
  const slots = new LRUCache<EntryId, Slot>({
    maxSize: Math.max(1, bytesMax),
    sizeCalculation: ({ bytes }) => bytes,
    disposeAfter: ({ entry }, id) => {
      if (slots.peek(id)?.entry.identity !== entry.identity) forget(entry);
    },
  });
  let removals = 0;
  return {
    get removals() {
      return removals;
    },
    getByIdentity(identity, nowMs) {
      const id = byIdentity.get(identity);
      return id && this.get(id, nowMs);
    },
    get(id, nowMs) {
      const slot = slots.get(id);
      if (slot === undefined) return undefined;
      if (nowMs >= slot.entry.expiresAtMs || nowMs - slot.usedAtMs >= slidingMs) {
        slots.delete(id);
        return undefined;
      }
      // The clock may step back; life must not grow by it.
      slot.usedAtMs = Math.max(slot.usedAtMs, nowMs);
      const bytes = slotBytes(slot);
      if (bytes !== slot.bytes) {
        // The same object would be taken for unchanged and keep its old size.
        const grown: Slot = { ...slot, bytes };
        slots.set(id, grown);
        return grown;
      }
      return slot;
    },
    put(entry, nowMs) {
      const slot: Slot = { entry, rendered: new Map(), bytes: entryBytes(entry), usedAtMs: nowMs };
      slots.set(entry.id, slot);
      if (entry.identity !== undefined && slots.peek(entry.id) === slot) byIdentity.set(entry.identity, entry.id);
      return slot;
    },
    delete(id) {
      removals += 1;
      slots.delete(id);
    },
    clear() {
      removals += 1;
      slots.clear();
    },
    size() {
      return { entries: slots.size, bytes: slots.calculatedSize };
    },
  };
}

function slotBytes({ entry, rendered }: CachedEntry): number {
  let bytes = entryBytes(entry);
  for (const body of rendered.values()) bytes += body.byteLength + RENDERED_OVERHEAD_BYTES;
  return bytes;
}
