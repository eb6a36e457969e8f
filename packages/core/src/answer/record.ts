import type { Spent } from '../caller.ts';
import { textKeyOf } from '../evidence/pair.ts';
import type { EntryId } from '../ids.ts';
import type { DecisionBasis, DecisionRecord, OutcomeName } from '../ports/observer.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import type { ChatCall } from './chat-call.ts';
import type { Delivery, Outcome, Settled } from './outcome.ts';

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

/** What the look-up found out, whatever came of it. */
export interface Looked {
  readonly nearest?: { readonly id: string; readonly query: string } | undefined;
  readonly basis?: DecisionBasis | undefined;
  /** In force where no candidate was judged. */
  readonly threshold: number;
}

/** The decision as the admin plane shows it. `settled`: what became of the upstream's reply, where there is one. */
export function recordOf(
  call: RecordedCall,
  request: PreparedRequest,
  outcome: Outcome,
  delivery: Delivery,
  looked: Looked,
  settled: Settled | undefined,
): DecisionRecord {
  const candidate = servedByMeaning(outcome) ?? looked.nearest;
  const basis = outcome.kind === 'hit' ? outcome.basis : looked.basis;
  return {
    ...whoAsked(call),
    atMs: Date.now(),
    ...request.scope,
    outcome: outcomeName(outcome, delivery),
    layer: outcome.kind === 'hit' ? outcome.layer : undefined,
    stage: outcome.kind === 'hit' ? outcome.stage : undefined,
    reason: outcome.kind === 'hit' ? outcome.stale : outcome.reason,
    ...{ exactOnly: request.exactOnly, volatile: request.volatile },
    similarity: outcome.similarity,
    ...(outcome.kind === 'hit' && { score: outcome.score, scorer: outcome.scorer }),
    fingerprint: request.fingerprint,
    ...{ threshold: basis?.similarityMin ?? looked.threshold, basis },
    candidate:
      candidate === undefined
        ? undefined
        : { entryId: candidate.id as EntryId, query: kept(candidate.query), key: keyIfCut(candidate.query) },
    query: kept(request.query),
    queryKey: keyIfCut(request.query),
    stream: request.stream,
    status: delivery.status,
    ...answeredBy(outcome, settled),
    latencyMs: delivery.endAtMs - call.startedAtMs,
    firstByteMs: delivery.firstByteAtMs - call.startedAtMs,
    overheadMs: overheadMs(outcome, call.startedAtMs, delivery.firstByteAtMs),
  };
}

const kept = (text: string): string => text.slice(0, QUERY_CHARS_KEPT);
const keyIfCut = (text: string): string | undefined => (text.length > QUERY_CHARS_KEPT ? textKeyOf(text) : undefined);

type RecordedCall = Pick<ChatCall, 'requestId' | 'callId' | 'endpoint' | 'caller' | 'headers' | 'span' | 'startedAtMs'>;

function whoAsked({ requestId, callId, endpoint, caller, headers, span }: RecordedCall) {
  const { traceparent } = headers;
  return {
    ...{ id: callId, requestId, endpoint, keyId: caller.keyId },
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    span,
  };
}

function servedByMeaning(outcome: Outcome) {
  return outcome.kind === 'hit' && outcome.layer === 'semantic' ? outcome.cached.entry : undefined;
}

/** Who answered, and what it cost or saved. */
function answeredBy(outcome: Outcome, settled: Settled = { costUsd: 0 }) {
  if (outcome.kind === 'refused') return { costUsd: 0, savedUsd: 0 };
  if (outcome.kind === 'hit') {
    const { id, provider, upstreamModel, attempts, usage, costUsd } = outcome.cached.entry;
    return { entryId: id, provider, upstreamModel, attempts, usage, costUsd: 0, savedUsd: costUsd };
  }
  const { live, leader, entryId } = outcome;
  const { usage, costUsd, cachedPromptTokens, notStored, exactOnly } = settled;
  const { head } = live;
  const route = leader ? live.route : undefined;
  const last = head ?? route?.attempts.at(-1);
  return {
    ...{ entryId, provider: last?.provider, upstreamModel: last?.model, route, usage, cachedPromptTokens },
    ...(outcome.cache === 'miss' && { notStored, ...(exactOnly !== undefined && { exactOnly }) }),
    attempts: head?.attempts ?? route?.attempts.length,
    ...(leader ? { costUsd, savedUsd: 0 } : { shared: true, costUsd: 0, savedUsd: costUsd }),
  };
}

/** What of it counts against the limits of whoever asked. */
export function spentOf({ outcome, shared, usage, costUsd }: DecisionRecord): Spent {
  return {
    hit: outcome === 'hit' || outcome === 'stale' || shared === true,
    promptTokens: usage?.promptTokens ?? 0,
    completionTokens: usage?.completionTokens ?? 0,
    costUsd,
  };
}

function outcomeName(outcome: Outcome, delivery: Delivery): OutcomeName {
  if (outcome.kind === 'hit') return outcome.stale === undefined ? 'hit' : 'stale';
  if (delivery.failed === true || delivery.status >= 500) return outcome.kind === 'refused' ? 'miss' : 'error';
  return outcome.kind === 'refused' ? 'miss' : outcome.cache;
}
