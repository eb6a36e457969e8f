import type { TokenUsage } from '../entry.ts';
import type { EntryId, Fingerprint } from '../ids.ts';
import type { Policy } from '../policy/schema.ts';
import type { Endpoint } from './endpoint.ts';
import type { RouteDecision } from './upstream.ts';
import type { NetworkWord } from './verifier.ts';

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

/** A candidate as it was judged; its text is that of the entry. */
export interface BasisCandidate {
  readonly entryId: EntryId;
  readonly similarity: number;
  readonly verdict: string;
  readonly probability?: number | undefined;
  /** It had been judged before. */
  readonly link?: 'must' | 'cannot' | undefined;
  /** The verifier's network, where there is one. */
  readonly network?: NetworkWord | undefined;
}

/** What a decision by meaning rested on: enough to make it once more. */
export interface DecisionBasis {
  /** `EmbeddingModel.version`. */
  readonly embeddingModel: string;
  /** Of the rules that compared: `decideVersion`. */
  readonly rules: string;
  readonly guard: Policy['guard'];
  readonly similarityMin: number;
  readonly similarityOrigin: string;
  /** Absent: the verifier was not asked, and cosine similarity and guards decided alone. */
  readonly verified?:
    | {
        readonly version: string;
        /** Null: no probability would do. */
        readonly probabilityMin: number | null;
        readonly similarityWithout: number;
        /** Where an error budget was in force. */
        readonly calibration?:
          | {
              readonly maxErrorRate: number;
              readonly bar: number | null;
              readonly origin: string;
              readonly bound95: number;
              readonly priorVersion: string;
            }
          | undefined;
      }
    | undefined;
  /** Earlier turns were compared by meaning, too. */
  readonly turns?: boolean | undefined;
  /** Those that were judged, in their order. */
  readonly candidates: readonly BasisCandidate[];
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
  /** Cosine similarity that a candidate needed at least. */
  readonly threshold: number;
  /** Where candidates were judged by meaning. */
  readonly basis?: DecisionBasis | undefined;
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

/**
 * Whoever wants to know what happened. Synchronous, never throws. What must outlive a kill -9 is on disk at the end of the
 * event loop's turn: before a `setImmediate` that is asked for after the call.
 */
export interface Observer {
  record(decision: DecisionRecord): void;
  /** Something failed and was survived: `write-dropped`, `lookup-failed`, `index-failed` ... */
  incident(name: string, detail?: unknown): void;
}
