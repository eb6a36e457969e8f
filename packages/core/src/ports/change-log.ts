import type { EntryId } from '../ids.ts';

/** What happened to the store. Vectors and answers are read from the store by id, so a record stays small. */
export type Change = { readonly kind: 'add'; readonly id: EntryId } | { readonly kind: 'delete'; readonly id: EntryId };

export interface LoggedChange {
  readonly seq: number;
  readonly change: Change;
}

/** The ordered record that every index replica follows. Sequence numbers start at 1 and only grow. */
export interface ChangeLog {
  /** Durable when it resolves; clears the ids from `ResponseStore.unlogged`. Answers the last sequence number. */
  append(changes: readonly Change[]): Promise<number>;
  /** In order, `seq > afterSeq`, at most `limit`. */
  read(afterSeq: number, limit: number): Promise<LoggedChange[]>;
  /** firstSeq: the oldest still there (lastSeq + 1 when none is). lastSeq: 0 before the first append. */
  bounds(): Promise<{ firstSeq: number; lastSeq: number }>;
  /** Drops records with `seq <= uptoSeq`. */
  trim(uptoSeq: number): Promise<void>;
}
