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
/** A map slot and its key. */
const IDENTITY_BYTES = 160;

/** L1 on lru-cache, which does the order and the bound. The clock is the caller's, so life is checked here. */
export function createMemoryCache({
  bytesMax = BYTES_MAX,
  slidingMs = SLIDING_MS,
}: MemoryCacheOptions = {}): MemoryCache {
  return new LruMemoryCache(Math.max(1, bytesMax), slidingMs);
}

class LruMemoryCache implements MemoryCache {
  readonly #slots: LRUCache<EntryId, Slot>;
  readonly #byIdentity = new Map<IdentityKey, EntryId>();
  readonly #slidingMs: number;
  #removals = 0;

  constructor(maxSize: number, slidingMs: number) {
    this.#slidingMs = slidingMs;
    this.#slots = new LRUCache({
      maxSize,
      sizeCalculation: ({ bytes }) => bytes,
      disposeAfter: ({ entry: { identity } }, id) => {
        if (identity === undefined || this.#byIdentity.get(identity) !== id) return;
        if (this.#slots.peek(id)?.entry.identity !== identity) this.#byIdentity.delete(identity);
      },
    });
  }

  get removals(): number {
    return this.#removals;
  }

  get(id: EntryId, nowMs: number): CachedEntry | undefined {
    const slot = this.#slots.get(id);
    if (slot === undefined) return undefined;
    if (nowMs >= slot.entry.expiresAtMs || nowMs - slot.usedAtMs >= this.#slidingMs) {
      this.#slots.delete(id);
      return undefined;
    }
    // The clock may step back; life must not grow by it.
    slot.usedAtMs = Math.max(slot.usedAtMs, nowMs);
    const bytes = slotBytes(slot);
    if (bytes === slot.bytes) return slot;
    // The same object would be taken for unchanged and keep its old size.
    const grown: Slot = { ...slot, bytes };
    this.#slots.set(id, grown);
    return grown;
  }

  getByIdentity(identity: IdentityKey, nowMs: number): CachedEntry | undefined {
    const id = this.#byIdentity.get(identity);
    return id && this.get(id, nowMs);
  }

  put(entry: Entry, nowMs: number): CachedEntry {
    const { id, identity } = entry;
    const rendered = new Map<string, Buffer>();
    const slot: Slot = { entry, rendered, bytes: slotBytes({ entry, rendered }), usedAtMs: nowMs };
    this.#slots.set(id, slot);
    if (identity !== undefined && this.#slots.peek(id) === slot) this.#byIdentity.set(identity, id);
    return slot;
  }

  delete(id: EntryId): void {
    this.#removals += 1;
    this.#slots.delete(id);
  }

  clear(): void {
    this.#removals += 1;
    this.#slots.clear();
    this.#byIdentity.clear();
  }

  size(): { entries: number; bytes: number } {
    return { entries: this.#slots.size, bytes: this.#slots.calculatedSize };
  }
}

function slotBytes({ entry, rendered }: CachedEntry): number {
  let bytes = entryBytes(entry) + (entry.identity === undefined ? 0 : IDENTITY_BYTES);
  for (const body of rendered.values()) bytes += body.byteLength + RENDERED_OVERHEAD_BYTES;
  return bytes;
}
