import type { IncomingMessage } from 'node:http';
import {
  type Allowance,
  type Caller,
  DEFAULT_NAMESPACE,
  type DecisionRecord,
  type ModelPrice,
  type NearhitError,
  type Observer,
  type TokenUsage,
  type UpstreamHead,
} from '@nearhit/core';
import { requestIdOf } from '../request.ts';

/** A request past the cache, as it came in. */
export interface Passed {
  readonly callId: string;
  readonly caller: Pick<Caller, 'tenant' | 'keyId'>;
  readonly allowance: Allowance;
  readonly model: string;
  /** `performance.now()` when it had been read. */
  readonly startedAtMs: number;
}

/** How it went. */
export interface Ended {
  readonly status: number;
  readonly head?: Pick<UpstreamHead, 'provider' | 'model' | 'attempts' | 'price'> | undefined;
  readonly usage?: TokenUsage | undefined;
  readonly price?: ModelPrice | undefined;
  /** `performance.now()` of the first byte from upstream. */
  readonly headAtMs?: number | undefined;
  readonly error?: NearhitError | undefined;
  /** The client left before the end. */
  readonly left?: boolean | undefined;
}

/** Tells of an embeddings request as `answer()` tells of a chat, so that it is counted and accounted all the same. */
export function reportEmbeddings(
  req: IncomingMessage,
  { callId, caller, model, startedAtMs }: Passed,
  ended: Ended,
  observer: Pick<Observer, 'record'> | undefined,
): DecisionRecord {
  const { status, head, usage, error, left } = ended;
  const price = head?.price ?? ended.price;
  const nowMs = performance.now();
  const latencyMs = nowMs - startedAtMs;
  const firstByteMs = (ended.headAtMs ?? nowMs) - startedAtMs;
  const failed = error !== undefined || left === true || status >= 500;
  const { traceparent } = req.headers;
  const record: DecisionRecord = {
    id: callId,
    requestId: requestIdOf(req),
    endpoint: 'embeddings',
    keyId: caller.keyId,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    atMs: Date.now(),
    tenant: caller.tenant,
    namespace: DEFAULT_NAMESPACE,
    model,
    outcome: failed ? 'error' : 'bypass',
    reason: 'not-cacheable:endpoint',
    threshold: 0,
    query: '',
    stream: false,
    status,
    provider: head?.provider,
    upstreamModel: head?.model,
    attempts: head?.attempts,
    usage,
    costUsd: usage === undefined || price === undefined ? 0 : (usage.promptTokens * price.inputUsdPerMTok) / 1e6,
    savedUsd: 0,
    latencyMs,
    firstByteMs,
    // What waits for the provider is the provider's.
    overheadMs: head === undefined || head.attempts === 0 ? latencyMs : 0,
  };
  observer?.record(record);
  return record;
}
