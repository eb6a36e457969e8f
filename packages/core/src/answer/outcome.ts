import type { TokenUsage } from '../entry.ts';
import type { EntryId } from '../ids.ts';
import type { CachedEntry } from '../ports/memory-cache.ts';
import type { DecisionBasis, Layer, Stage } from '../ports/observer.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import type { LiveReply } from './live-reply.ts';

/** What became of a reply after its last byte. */
export interface Settled {
  /** The whole answer as one `chat.completion` object, when the reply was a complete one. */
  readonly answer?: Buffer | undefined;
  readonly usage?: TokenUsage | undefined;
  readonly costUsd: number;
  /** Of the prompt: read from the provider's own cache. */
  readonly cachedPromptTokens?: number | undefined;
  /** Why it was not stored; absent when it was. */
  readonly notStored?: string | undefined;
  /** Why it was stored to be found word for word only; absent when it may be found by meaning. */
  readonly exactOnly?: string | undefined;
  /** Why a reply with a success status is no answer at all. */
  readonly fault?: string | undefined;
}

export interface HitOutcome {
  readonly kind: 'hit';
  readonly layer: Layer;
  readonly cached: CachedEntry;
  /** Cosine similarity; semantic hits only. 1 where it is the same question but for its form. */
  readonly similarity?: number | undefined;
  /** The verifier's probability that serving was right, and its version; where one was asked. */
  readonly score?: number | undefined;
  readonly scorer?: string | undefined;
  /** What served it; absent: compared by meaning, or not at all. */
  readonly stage?: Stage | undefined;
  /** What a decision by meaning rested on. */
  readonly basis?: DecisionBasis | undefined;
  readonly ageSeconds: number;
  /** Past its life: why it was served all the same. */
  readonly stale?: 'upstream-failed' | 'revalidating' | undefined;
}

export interface UpstreamOutcome {
  readonly kind: 'upstream';
  readonly cache: 'miss' | 'bypass';
  readonly reason: string;
  readonly similarity?: number | undefined;
  /** Under which the answer will be stored; absent on a bypass. */
  readonly entryId?: EntryId | undefined;
  readonly live: LiveReply;
  /** This request made the upstream call; the others share it. */
  readonly leader: boolean;
  /** The reply's bytes are of the form that the request asks for; else its answer is to be written anew. */
  readonly sameForm: boolean;
  /** To be called when the client has been answered or has gone: the call is cancelled when nobody else holds it. */
  readonly release: () => void;
  readonly settled: Promise<Settled>;
  /** The same, from the reply's end on. */
  readonly settledNow: () => Settled | undefined;
}

/** `only-if-cached` and nothing to serve. */
export interface RefusedOutcome {
  readonly kind: 'refused';
  readonly reason: string;
  readonly similarity?: number | undefined;
}

export type Outcome = HitOutcome | UpstreamOutcome | RefusedOutcome;

/** How the answer went out, told by whoever wrote it to the client. */
export interface Delivery {
  readonly status: number;
  /** `performance.now()` values. */
  readonly firstByteAtMs: number;
  readonly endAtMs: number;
  readonly failed?: boolean | undefined;
}

/** One request and what was decided for it. */
export interface Exchange {
  readonly requestId: string;
  readonly request: PreparedRequest;
  /** name, value, name, value ...: what else the caller is told with the answer (`x-ratelimit-*`). */
  readonly headers: () => readonly string[];
  readonly outcome: Outcome;
  /** Milliseconds of each look-up stage that ran: `identity`, `l2`, `embed`, `nearest`, `decide`; `verify` is a part of the last. */
  readonly stages: Readonly<Record<string, number>>;
  /**
   * Records the decision; to be called once, when all is ready but the last byte: what a client has got whole must be
   * accounted, even if this process ends right after.
   */
  finish(delivery: Delivery): void;
}
