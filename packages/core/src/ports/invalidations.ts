import type { EntryFilter } from './response-store.ts';

/** Everything that matches and was asked for at `atMs` or before is void. */
export interface Invalidation {
  readonly filter: EntryFilter;
  readonly atMs: number;
}

/**
 * What was invalidated lately. An answer that was asked for before and is written after must not slip in behind: whoever
 * writes asks here first.
 */
export interface Invalidations {
  /** Durable when it resolves; followers of the log hear of it. */
  add(invalidation: Invalidation): Promise<void>;
  /**
   * Those with `atMs >= sinceMs`. They are kept for a day; those before become one that voids everything asked for
   * until then, for a write that waits longer.
   */
  since(sinceMs: number): Promise<Invalidation[]>;
}
