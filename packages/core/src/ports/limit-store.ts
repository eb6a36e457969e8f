/** 10^-9 USD, whole: the cheapest call costs some hundred of them. */
export type NanoUsd = number;

/** What a subject may use. Absent: no limit. */
export interface SubjectLimits {
  readonly rpm?: number | undefined;
  readonly tpm?: number | undefined;
  readonly concurrent?: number | undefined;
  readonly nanoUsdDay?: NanoUsd | undefined;
  readonly nanoUsdMonth?: NanoUsd | undefined;
}

/** Somebody who is limited: `key:<id>`, `tenant:<id>`. */
export interface LimitSubject {
  readonly id: string;
  readonly limits: SubjectLimits;
}

export type LimitName = keyof SubjectLimits;

/** What a subject has used and holds now. */
export interface SubjectUse {
  /** Of the window that runs, in thousandths of a request. */
  readonly milliRequests: number;
  readonly tokens: number;
  /** Which window; 0: none has begun. */
  readonly window: number;
  /** Until it ends; 0: none has begun. */
  readonly resetMs: number;
  /** Requests on their way whose lease is held. */
  readonly inFlight: number;
  readonly spentDay: NanoUsd;
  readonly spentMonth: NanoUsd;
  /** Set aside by requests on their way. */
  readonly reserved: NanoUsd;
}

/** Of a key (`key:<id>`) or tenant (`tenant:<id>`) that has a budget: how much of it is spent or set aside, 1 = all. */
export interface BudgetUse {
  readonly subject: string;
  readonly period: 'day' | 'month';
  readonly ratio: number;
}

/** `uses`: after it, in the order of the subjects. Of a refusal nothing is counted anywhere. */
export type LimitAnswer =
  | { readonly kind: 'granted'; readonly uses: readonly SubjectUse[] }
  | {
      readonly kind: 'refused';
      /** Of the subjects asked about, the first that had no room. */
      readonly subject: number;
      readonly limit: LimitName;
      /** Until there may be room again. */
      readonly retryAfterMs: number;
      readonly uses: readonly SubjectUse[];
    };

export interface Need {
  /** For each subject, in their order. */
  readonly tokens: readonly number[];
  readonly nanoUsd: NanoUsd;
}

/** One subject's part of a request that is over. */
export interface SettledSubject {
  readonly id: string;
  /** The window in which the request was counted; 0: it was not. */
  readonly entered: number;
  /** To be taken back of what was counted then, in thousandths of a request. */
  readonly milliRequestsBack: number;
  /** The window in which tokens were set aside; 0: none were. */
  readonly reserved: number;
  readonly tokensReserved: number;
  readonly tokensUsed: number;
}

export interface Settlement {
  readonly tenant: string;
  /** Unique; one that comes again changes nothing. */
  readonly lease: string;
  readonly nanoUsd: NanoUsd;
  readonly subjects: readonly SettledSubject[];
}

/** A request on its way, as its process knows it. */
export interface HeldLease {
  readonly tenant: string;
  readonly lease: string;
  readonly subjects: readonly string[];
  readonly nanoUsd: NanoUsd;
}

/** From the first request to the end of the window. */
export const WINDOW_MS = 60_000;
/** A lease that nobody has renewed for so long is free: its process has ended. */
export const LEASE_MS = 15_000;

/**
 * Who has used what. Every call is one step over all its subjects, which belong to one tenant; exact over every process
 * on the same store. Requests and tokens are counted in windows of a minute that begin with the first request; money by
 * calendar day and month, UTC. The clock is the store's own. What was counted and spent survives a restart; leases do
 * not outlive their process by more than LEASE_MS.
 */
export interface LimitStore {
  /** Counts a request, and takes a lease where `concurrent` is limited. */
  enter(tenant: string, subjects: readonly LimitSubject[], lease: string): Promise<LimitAnswer>;
  /** Sets tokens and money aside. Money stays so until the lease is settled or lapses, tokens as long as the window. */
  reserve(tenant: string, subjects: readonly LimitSubject[], lease: string, need: Need): Promise<LimitAnswer>;
  /**
   * Gives the lease back, takes tokens used for tokens set aside, books the money. Tokens over what was set aside count
   * in the window that runs; fewer are given back only in the window in which they were set aside.
   */
  settle(settlement: Settlement): Promise<void>;
  /** They are alive; one that the store has lost is taken again. */
  renew(leases: readonly HeldLease[]): Promise<void>;
  use(tenant: string, subjects: readonly string[]): Promise<SubjectUse[]>;
}
