import type { Entry } from '../entry.ts';
import type { EntryId, IdentityKey } from '../ids.ts';

/** An entry in memory, with the byte forms it has been served in so far. */
export interface CachedEntry {
  readonly entry: Entry;
  /** Rendered bodies by form (`sse`, `sse+usage`); filled on first use, dropped with the entry. */
  readonly rendered: Map<string, Buffer>;
}

/**
 * L1: synchronous, bounded in bytes, sliding life. Never gives an entry past its own `expiresAtMs`.
 */
export interface MemoryCache {
  get(id: EntryId, nowMs: number): CachedEntry | undefined;
  /** What was put last under this identity, as `get` gives it. */
  getByIdentity(identity: IdentityKey, nowMs: number): CachedEntry | undefined;
  put(entry: Entry, nowMs: number): CachedEntry;
  delete(id: EntryId): void;
  clear(): void;
  /** Grows with every `delete` and `clear`: what was read from the store before may be what was taken out. */
  readonly removals: number;
  /** Accounted bytes and entries now. */
  size(): { entries: number; bytes: number };
}

/** A bounded map that forgets the least recently used. */
export interface Memo<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
}
