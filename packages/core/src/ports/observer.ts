import type { TokenUsage } from '../entry.ts';
import type { EntryId, Fingerprint } from '../ids.ts';
import type { Endpoint } from './endpoint.ts';
import type { RouteDecision } from './upstream.ts';

export type OutcomeName = 'hit' | 'miss' | 'bypass' | 'stale' | 'error';
export type Layer = 'l1' | 'l2' | 'semantic';
/** Of the decision, where it ended before similarities were compared. `identity`: the same question but for its form. */
export type Stage = 'identity';

export interface DecisionCandidate {
  readonly entryId: EntryId;
  /** Cut to 2,000 characters. */
  readonly query: string;
  /** Of the whole wording, where `query` was cut. */
  readonly key?: string | undefined;
}

/** One request as it was decided and answered. Kept for the admin plane; never written to a log file. */
export interface DecisionRecord {
  /** Unique, unlike `requestId`, which clients choose. */
  readonly id?: string | undefined;
  readonly requestId: string;
  /** Default `chat`. */
  readonly endpoint?: Endpoint | undefined;
  /** The client's W3C trace context, as it came. */
  readonly traceparent?: string | undefined;
  /** Its own W3C trace context, where requests are traced: the client's trace, or one that begins here. */
  readonly span?: string | undefined;
  /** The API key's. */
  readonly keyId?: string | undefined;
  readonly atMs: number;
  readonly tenant: string;
  readonly namespace: string;
  readonly model: string;
  readonly outcome: OutcomeName;
  readonly layer?: Layer | undefined;
  /** What served it; absent: compared by meaning, or not at all. */
  readonly stage?: Stage | undefined;
  /** Why it is matched exactly only: `pronoun`, `tools`, `flood` ... */
  readonly exactOnly?: string | undefined;
  /** The rule by which the question is a time-sensitive one: `today`, `price` ... */
  readonly volatile?: string | undefined;
  readonly reason?: string | undefined;
  readonly similarity?: number | undefined;
  /** Of the candidate: what `scorer` (the verifier's version) made of it, 0..1. */
  readonly score?: number | undefined;
  readonly scorer?: string | undefined;
  readonly fingerprint?: Fingerprint | undefined;
  readonly threshold: number;
  /** Served, or under which the answer is stored. */
  readonly entryId?: EntryId | undefined;
  /** Nearest refused or served stored question. */
  readonly candidate?: DecisionCandidate | undefined;
  /** Cut to 2,000 characters. */
  readonly query: string;
  /** Of the whole wording, where `query` was cut. */
  readonly queryKey?: string | undefined;
  readonly stream: boolean;
  readonly status: number;
  readonly provider?: string | undefined;
  readonly upstreamModel?: string | undefined;
  readonly attempts?: number | undefined;
  /** How the target was chosen and what was tried; of the request that made the call. */
  readonly route?: RouteDecision | undefined;
  /** Why the answer of a miss was not stored. */
  readonly notStored?: string | undefined;
  /** Answered from a call that another request pays for. */
  readonly shared?: boolean | undefined;
  /** Of the answer's prompt: read from the provider's own cache. */
  readonly cachedPromptTokens?: number | undefined;
  readonly usage?: TokenUsage | undefined;
  readonly costUsd: number;
  readonly savedUsd: number;
  /** From the whole request read to the last byte written. */
  readonly latencyMs: number;
  readonly firstByteMs: number;
  /** Spent in nearhit, upstream excluded. */
  readonly overheadMs: number;
}

/** Whoever wants to know what happened. Synchronous, never throws. */
export interface Observer {
  record(decision: DecisionRecord): void;
  /** Something failed and was survived: `write-dropped`, `lookup-failed`, `index-failed` ... */
  incident(name: string, detail?: unknown): void;
}
