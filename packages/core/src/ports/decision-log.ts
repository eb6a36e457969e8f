import type { DecisionRecord, OutcomeName } from './observer.ts';

export interface DecisionFilter {
  readonly outcome?: OutcomeName | undefined;
  readonly namespace?: string | undefined;
}

export interface DecisionPage {
  /** Newest first; of several processes, to within a second. */
  readonly decisions: DecisionRecord[];
  /** Pass on for the next page; absent on the last one. */
  readonly cursor?: string | undefined;
}

/** The recent decisions, of every process that writes to the same place. Bounded: the oldest are forgotten. */
export interface DecisionLog {
  /** Takes them at once and never throws; texts are cut to 2,000 characters. What a medium can't take is dropped and counted. */
  push(decisions: readonly DecisionRecord[]): void;
  /**
   * What this process pushed before is included. At most `limit`; fewer, even none, with a cursor when a rare filter
   * would take too long a search. Rejects with INVALID_REQUEST on a cursor that is none.
   */
  page(filter: DecisionFilter, page: { cursor?: string | undefined; limit: number }): Promise<DecisionPage>;
  /** The newest whose `requestId` or `id` it is, of one of these tenants (absent: of any). */
  find(requestId: string, tenants?: readonly string[]): Promise<DecisionRecord | undefined>;
}
