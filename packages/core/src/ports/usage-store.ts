import type { Endpoint } from './endpoint.ts';
import type { Layer, OutcomeName } from './observer.ts';

export type { Endpoint, FrontApi } from './endpoint.ts';

/** One request as it is accounted for. No prompt text unless an operator switched it on. */
export interface UsageRecord {
  /** Unique; a record that comes again is counted once. */
  readonly id: string;
  readonly requestId: string;
  /** When it ended. */
  readonly atMs: number;
  readonly tenant: string;
  /** '' without one. */
  readonly keyId: string;
  readonly namespace: string;
  readonly endpoint: Endpoint;
  /** As asked for. */
  readonly model: string;
  /** Who answered, or had answered; '' when nobody did. */
  readonly provider: string;
  readonly upstreamModel: string;
  readonly attempts: number;
  readonly outcome: OutcomeName | 'interrupted';
  readonly layer?: Layer | undefined;
  readonly reason?: string | undefined;
  readonly status: number;
  /** Tokens and USD that this request cost at its provider: 0 for a hit and for one that shared another's call. */
  readonly promptTokens: number;
  readonly cachedPromptTokens: number;
  readonly completionTokens: number;
  readonly costUsd: number;
  /** The provider counted nothing, or was cut off: the tokens are a guess. */
  readonly estimated?: boolean | undefined;
  /** What it would have cost without the cache. */
  readonly savedUsd: number;
  readonly savedTokens: number;
  readonly latencyMs: number;
  readonly firstByteMs: number;
  readonly overheadMs: number;
  readonly query?: string | undefined;
}

/** What usage is summed up by. `day`: `2026-11-30`, UTC. */
export interface UsageKey {
  readonly day: string;
  readonly tenant: string;
  readonly keyId: string;
  readonly namespace: string;
  readonly model: string;
  readonly provider: string;
  readonly upstreamModel: string;
}

export interface UsageTotals {
  requests: number;
  hits: number;
  misses: number;
  bypasses: number;
  errors: number;
  promptTokens: number;
  cachedPromptTokens: number;
  completionTokens: number;
  estimatedTokens: number;
  costUsd: number;
  savedUsd: number;
  savedTokens: number;
}

export interface UsageRollup extends UsageKey {
  readonly totals: UsageTotals;
}

export interface UsageFilter {
  readonly tenant?: string | undefined;
  readonly keyId?: string | undefined;
  readonly namespace?: string | undefined;
  readonly model?: string | undefined;
  readonly provider?: string | undefined;
  /** Whole days, both included: `2026-11-30`. */
  readonly fromDay?: string | undefined;
  readonly toDay?: string | undefined;
}

export interface UsagePage {
  readonly records: UsageRecord[];
  /** Pass on for the next page; absent on the last one. */
  readonly cursor?: string | undefined;
}

/**
 * The accounts: durable, and exact however often a record is sent, and by however many. Money is added up in nano-USD,
 * tokens as they are: sums are those of the records, to the last digit.
 */
export interface UsageStore {
  /**
   * Resolves when they are durable. A record whose id is known already changes nothing; nor does one that ended before
   * what `trim` has forgotten, because nobody could say any more whether it was counted.
   */
  append(records: readonly UsageRecord[]): Promise<void>;
  /** Sums per day and key of `UsageKey`, in no particular order. */
  rollups(filter: UsageFilter): Promise<UsageRollup[]>;
  /**
   * Newest first: by falling end, then id. At most `limit`; fewer, even none, with a cursor when a rare filter would take
   * too long a search. Throws INVALID_REQUEST on a cursor it did not make.
   */
  records(filter: UsageFilter, page: { cursor?: string | undefined; limit: number }): Promise<UsagePage>;
  /** Forgets records that ended before `recordsBeforeMs` and sums of days before `rollupsBeforeDay`. */
  trim(bounds: { recordsBeforeMs: number; rollupsBeforeDay: string }): Promise<void>;
}
