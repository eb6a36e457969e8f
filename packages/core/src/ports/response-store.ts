import type { Entry } from '../entry.ts';
import type { EntryId, IdentityKey } from '../ids.ts';

export interface EntryFilter {
  /** Any of these. */
  readonly ids?: readonly EntryId[] | undefined;
  readonly tenant?: string | undefined;
  readonly namespace?: string | undefined;
  readonly model?: string | undefined;
  /** Exact tag, or the tag with a version after `@` (`doc:42` finds `doc:42@v3`). Any of them. */
  readonly tags?: readonly string[] | undefined;
  /** Entries that rest on this document; with `versionBelow`, on an older version of it. */
  readonly context?: { readonly id: string; readonly versionBelow?: number | string | undefined } | undefined;
  /** Case-insensitive part of the query text. */
  readonly text?: string | undefined;
  /** Beginning of the query text, byte for byte. */
  readonly prefix?: string | undefined;
  readonly createdBeforeMs?: number | undefined;
}

export interface EntryPage {
  readonly entries: Entry[];
  /** Pass on for the next page; absent on the last one. */
  readonly cursor?: string | undefined;
}

export interface NamespaceUsage {
  readonly tenant: string;
  readonly namespace: string;
  readonly entries: number;
  readonly bytes: number;
}

export interface EvictionBound {
  readonly tenant: string;
  readonly namespace: string;
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/**
 * The truth: answers by exact key. `put` and `delete` are durable when they resolve, and remember each id as not yet
 * logged until `ChangeLog.append` has it, so that a crash in between is found at the next start.
 */
export interface ResponseStore {
  /**
   * Expired entries too, while they are kept: the caller compares the clock. Without `vector`, so that a hit does not
   * pay for it; `put` of what came from here would drop the vector.
   */
  get(id: EntryId): Promise<Entry | undefined>;
  /**
   * The newest entry that was put under this identity. It may be gone, or be another one's by now: whoever asks reads it
   * and compares. Asked in one turn with `get`, both cost one round trip.
   */
  identify(identity: IdentityKey): Promise<EntryId | undefined>;
  /** Like `get`, in the order asked, with `vector`. */
  getMany(ids: readonly EntryId[]): Promise<(Entry | undefined)[]>;
  /**
   * Each entry wholly or not at all, however often it is tried; its identity with it, or, where that is kept apart from
   * it, soon after or never. One with a known id is replaced, unless the stored one
   * was created later. Throws a TypeError on an id that is not 64 hex digits.
   */
  put(entries: readonly Entry[]): Promise<void>;
  /** Writes over those that are still there with the same `createdAtMs`; answers their ids. */
  update(entries: readonly Entry[]): Promise<EntryId[]>;
  /** Answers the ids that were there. */
  delete(ids: readonly EntryId[]): Promise<EntryId[]>;
  /** Newest first, without `vector`. Throws INVALID_REQUEST on a cursor it did not make. */
  list(filter: EntryFilter, page: { cursor?: string | undefined; limit: number }): Promise<EntryPage>;
  /** Ids whose change has not reached the log. */
  unlogged(): Promise<EntryId[]>;
  close(): Promise<void>;
}

/** Upkeep of the store; what it removes is also `unlogged` until the caller has told the log. */
export interface StoreUpkeep {
  /** Notes that entries were served, once each, for eviction. Cheap, not durable at once. */
  touch(ids: readonly EntryId[]): void;
  /** Deletes at most `limit` entries whose `staleUntilMs` has passed; answers their ids. */
  sweep(nowMs: number, limit: number): Promise<EntryId[]>;
  usage(): Promise<NamespaceUsage[]>;
  /**
   * Deletes until the namespace is within its bound; answers the ids, lowest rank first (`store/eviction.ts`: what saves
   * least per byte held, by cost, size, life and use). Among equals the one that arrived first goes first.
   */
  evict(bound: EvictionBound): Promise<EntryId[]>;
  /** Worth times uses of the entry that is next to be evicted there; undefined when nothing says so. Cheap. */
  lowest(of: { readonly tenant: string; readonly namespace: string }): Promise<number | undefined>;
  /** Entries that may be found by similarity but carry no vector of this embedding model. At most `limit`, without `vector`. */
  unembedded(embeddingModel: string, limit: number): Promise<Entry[]>;
}
