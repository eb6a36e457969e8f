import type { EntryId } from '../ids.ts';
import type { DecisionRecord, OutcomeName } from '../ports/observer.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import type { ChatCall } from './chat-call.ts';
import type { Delivery, Outcome } from './outcome.ts';

const QUERY_CHARS_KEPT = 2000;

/** Time in nearhit up to the first byte to the client, upstream's own time excluded; milliseconds. */
export function overheadMs(outcome: Outcome, startedAtMs: number, firstByteAtMs: number): number {
  if (outcome.kind !== 'upstream') return firstByteAtMs - startedAtMs;
  const { live } = outcome;
  // A JSON reply goes out when it is whole, a stream at its head: what lay before belongs to the upstream.
  const readyAtMs = live.endAtMs > 0 && live.endAtMs <= firstByteAtMs ? live.endAtMs : live.headAtMs;
  const waitedMs = readyAtMs > 0 ? readyAtMs - Math.max(live.startedAtMs, startedAtMs) : 0;
  return Math.max(0, firstByteAtMs - startedAtMs - Math.max(0, waitedMs));
}

/** The decision as the admin plane shows it; waits for the reply to settle, because only then is its cost known. */
export async function recordOf(
  call: Pick<ChatCall, 'requestId' | 'callId' | 'caller' | 'endpoint' | 'headers' | 'startedAtMs'>,
  request: PreparedRequest,
  outcome: Outcome,
  delivery: Delivery,
  nearest: { id: string; query: string } | undefined,
): Promise<DecisionRecord> {
  const settled = outcome.kind === 'upstream' ? await outcome.settled : undefined;
  const entry = outcome.kind === 'hit' ? outcome.cached.entry : undefined;
  const shared = outcome.kind === 'upstream' && !outcome.leader;
  const served = entry === undefined || outcome.kind !== 'hit' || outcome.layer !== 'semantic' ? undefined : entry;
  const candidate = served ?? nearest;
  const { traceparent } = call.headers;
  return {
    id: call.callId,
    requestId: call.requestId,
    endpoint: call.endpoint,
    keyId: call.caller.keyId,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    atMs: Date.now(),
    ...request.scope,
    outcome: outcomeName(outcome, delivery),
    layer: outcome.kind === 'hit' ? outcome.layer : undefined,
    reason: outcome.kind === 'hit' ? undefined : outcome.reason,
    similarity: outcome.similarity,
    threshold: request.controls.threshold ?? request.resolved.policy.threshold,
    entryId: entry?.id ?? (outcome.kind === 'upstream' ? outcome.entryId : undefined),
    candidate:
      candidate === undefined
        ? undefined
        : { entryId: candidate.id as EntryId, query: candidate.query.slice(0, QUERY_CHARS_KEPT) },
    query: request.query.slice(0, QUERY_CHARS_KEPT),
    stream: request.stream,
    status: delivery.status,
    provider: entry?.provider ?? (outcome.kind === 'upstream' ? outcome.live.head?.provider : undefined),
    upstreamModel: entry?.upstreamModel ?? (outcome.kind === 'upstream' ? outcome.live.head?.model : undefined),
    attempts: outcome.kind === 'upstream' ? outcome.live.head?.attempts : undefined,
    shared: shared || undefined,
    usage: entry?.usage ?? settled?.usage,
    costUsd: shared ? 0 : (settled?.costUsd ?? 0),
    savedUsd: entry?.costUsd ?? (shared ? (settled?.costUsd ?? 0) : 0),
    latencyMs: delivery.endAtMs - call.startedAtMs,
    firstByteMs: delivery.firstByteAtMs - call.startedAtMs,
    overheadMs: overheadMs(outcome, call.startedAtMs, delivery.firstByteAtMs),
  };
}

function outcomeName(outcome: Outcome, delivery: Delivery): OutcomeName {
  if (outcome.kind === 'hit') return 'hit';
  if (delivery.failed === true || delivery.status >= 500) return outcome.kind === 'refused' ? 'miss' : 'error';
  return outcome.kind === 'refused' ? 'miss' : outcome.cache;
}
