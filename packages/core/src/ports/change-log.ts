import type { EntryId, PairId } from '../ids.ts';
import type { Invalidation } from './invalidations.ts';

/** What happened to one stored entry. Vectors and answers are read from the store by id, so a record stays small. */
export type EntryChange =
  /** `createdAtMs`: of the entry, so that a reader with a copy of its own can tell whether that is an older one. */
  | { readonly kind: 'add'; readonly id: EntryId; readonly createdAtMs?: number | undefined }
  | { readonly kind: 'delete' | 'expire'; readonly id: EntryId };

/**
 * What the log can tell: entries, policies that were changed, what was invalidated by a filter, pairs that were judged (or
 * whose verdict was taken back), and that there are new labelled samples.
 */
export type Change =
  | EntryChange
  | { readonly kind: 'policy' | 'samples' }
  | { readonly kind: 'pair'; readonly id: PairId }
  | ({ readonly kind: 'invalidate' } & Invalidation);

/** Is it about one stored entry? */
export const isEntryChange = (change: Change): change is EntryChange =>
  change.kind === 'add' || change.kind === 'delete' || change.kind === 'expire';

export interface LoggedChange {
  readonly seq: number;
  readonly change: Change;
}

export interface LogBounds {
  /** Another one when the log began anew (its medium was emptied): sequence numbers of the two do not compare. */
  readonly epoch: string;
  /** The oldest still there (lastSeq + 1 when none is). */
  readonly firstSeq: number;
  /** 0 before the first append. */
  readonly lastSeq: number;
}

/** The ordered record that every index replica follows. Sequence numbers start at 1 and only grow. */
export interface ChangeLog {
  /**
   * Durable when it resolves; clears from `ResponseStore.unlogged` what was there before the call. Answers the last
   * sequence number.
   */
  append(changes: readonly EntryChange[]): Promise<number>;
  /** In order, `seq > afterSeq`, at most `limit`. */
  read(afterSeq: number, limit: number): Promise<LoggedChange[]>;
  bounds(): Promise<LogBounds>;
  /** Drops records with `seq <= uptoSeq`. */
  trim(uptoSeq: number): Promise<void>;
}
