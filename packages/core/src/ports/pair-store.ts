import type { Fingerprint, PairId, Scope } from '../ids.ts';

/** Where a verdict is from. `audit`: a served answer was compared with a new one; `shadow`: one that was not served. */
export type LabelSource = 'feedback' | 'audit' | 'shadow' | 'import';

/** `wrong`: one answer does not serve both questions. `right`: it does. */
export type PairVerdict = 'wrong' | 'right';

/** Two questions about which somebody has said whether one answer serves both. */
export interface JudgedPair {
  /** Of scope, keys, verdict and, of a right one, fingerprint: whatever says the same again takes its place. */
  readonly id: PairId;
  readonly scope: Scope;
  /** SHA-256 of each normalised wording, 64 hex digits, in rising order. */
  readonly keys: readonly [string, string];
  /** For people, in the order of the keys; at most 2,000 characters each. */
  readonly texts: readonly [string, string];
  readonly verdict: PairVerdict;
  /** A right pair counts for requests of this fingerprint only; a wrong one has none and counts for its whole scope. */
  readonly fingerprint?: Fingerprint | undefined;
  readonly source: LabelSource;
  readonly atMs: number;
  readonly requestId?: string | undefined;
}

export interface PairFilter {
  readonly tenant?: string | undefined;
  readonly namespace?: string | undefined;
  readonly model?: string | undefined;
  readonly verdict?: PairVerdict | undefined;
}

export interface PairPage {
  readonly pairs: JudgedPair[];
  /** Pass on for the next page; absent on the last one. */
  readonly cursor?: string | undefined;
}

/** Bounds of a store; beyond them the oldest are let go, of the same scope or tenant: nobody pushes out what is another's. */
export interface PairBounds {
  readonly perScopeMax: number;
  readonly perTenantMax: number;
}

/** An adapter's own. */
export const PAIR_BOUNDS: PairBounds = { perScopeMax: 5000, perTenantMax: 20_000 };

/**
 * What was judged. Durable, apart from the answers: neither eviction nor an invalidation touches it. Followers of the log
 * hear of every change.
 */
export interface PairStore {
  /** Durable when it resolves; replaces those of the same id. Answers the ids of those let go for want of room. */
  put(pairs: readonly JudgedPair[]): Promise<PairId[]>;
  /** In the order asked for. */
  getMany(ids: readonly PairId[]): Promise<(JudgedPair | undefined)[]>;
  /** Answers how many there were. */
  delete(ids: readonly PairId[]): Promise<number>;
  /**
   * Newest first: by falling time, then id. At most `limit`; fewer, even none, with a cursor when a rare filter would take
   * too long a search. Throws INVALID_REQUEST on a cursor that it did not make.
   */
  list(filter: PairFilter, page: { cursor?: string | undefined; limit: number }): Promise<PairPage>;
}
