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

/**
 * The decision as the admin plane shows it. `settled`: what became of the upstream's reply, where there is one. Written out
 * field by field: every request makes one, and spread objects cost ten times as much.
 */
export function recordOf(
  call: RecordedCall,
  request: PreparedRequest,
  outcome: Outcome,
  delivery: Delivery,
  looked: Looked,
  settled: Settled | undefined,
): DecisionRecord {
  const hit = outcome.kind === 'hit' ? outcome : undefined;
  const basis = hit === undefined ? looked.basis : hit.basis;
  const { traceparent } = call.headers;
  const { tenant, namespace, model } = request.scope;
  const answered = answeredBy(outcome, settled);
  return {
    id: call.callId,
    requestId: call.requestId,
    endpoint: call.endpoint,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    span: call.span,
    keyId: call.caller.keyId,
    atMs: Date.now(),
    tenant,
    namespace,
    model,
    outcome: outcomeName(outcome, delivery),
    layer: hit?.layer,
    stage: hit?.stage,
    exactOnly: answered.exactOnly ?? request.exactOnly,
    volatile: request.volatile,
    reason: outcome.kind === 'hit' ? outcome.stale : outcome.reason,
    similarity: outcome.similarity,
    score: hit?.score,
    scorer: hit?.scorer,
    fingerprint: request.fingerprint,
    threshold: basis?.similarityMin ?? looked.threshold,
    basis,
    entryId: answered.entryId,
    candidate: candidateOf(outcome, looked),
    query: kept(request.query),
    queryKey: keyIfCut(request.query),
    stream: request.stream,
    status: delivery.status,
    provider: answered.provider,
    upstreamModel: answered.upstreamModel,
    attempts: answered.attempts,
    route: answered.route,
    notStored: answered.notStored,
    shared: answered.shared,
    cachedPromptTokens: answered.cachedPromptTokens,
    usage: answered.usage,
    costUsd: answered.costUsd,
    savedUsd: answered.savedUsd,
    latencyMs: delivery.endAtMs - call.startedAtMs,
    firstByteMs: delivery.firstByteAtMs - call.startedAtMs,
    overheadMs: overheadMs(outcome, call.startedAtMs, delivery.firstByteAtMs),
  };
}

function candidateOf(outcome: Outcome, { nearest }: Looked): DecisionRecord['candidate'] {
  const candidate = servedByMeaning(outcome) ?? nearest;
  if (candidate === undefined) return undefined;
  return { entryId: candidate.id as EntryId, query: kept(candidate.query), key: keyIfCut(candidate.query) };
}

const kept = (text: string): string => text.slice(0, QUERY_CHARS_KEPT);
const keyIfCut = (text: string): string | undefined => (text.length > QUERY_CHARS_KEPT ? textKeyOf(text) : undefined);

type RecordedCall = Pick<ChatCall, 'requestId' | 'callId' | 'endpoint' | 'caller' | 'headers' | 'span' | 'startedAtMs'>;

function servedByMeaning(outcome: Outcome) {
  return outcome.kind === 'hit' && outcome.layer === 'semantic' ? outcome.cached.entry : undefined;
}

type Answered = Pick<
  DecisionRecord,
  | ('entryId' | 'provider' | 'upstreamModel' | 'attempts' | 'route' | 'notStored' | 'shared' | 'exactOnly')
  | ('cachedPromptTokens' | 'usage' | 'costUsd' | 'savedUsd')
>;

const BY_NOBODY: Answered = { costUsd: 0, savedUsd: 0 };

/** Who answered, and what it cost or saved. */
function answeredBy(outcome: Outcome, settled: Settled = { costUsd: 0 }): Answered {
  if (outcome.kind === 'refused') return BY_NOBODY;
  if (outcome.kind === 'hit') {
    const { id, provider, upstreamModel, attempts, usage, costUsd } = outcome.cached.entry;
    return { entryId: id, provider, upstreamModel, attempts, usage, costUsd: 0, savedUsd: costUsd };
  }
  const { live, leader, entryId } = outcome;
  const { usage, costUsd, cachedPromptTokens, notStored, exactOnly } = settled;
  const { head } = live;
  const route = leader ? live.route : undefined;
  const last = head ?? route?.attempts.at(-1);
  const missed = outcome.cache === 'miss';
  return {
    entryId,
    provider: last?.provider,
    upstreamModel: last?.model,
    attempts: head?.attempts ?? route?.attempts.length,
    route,
    notStored: missed ? notStored : undefined,
    shared: leader ? undefined : true,
    exactOnly: missed ? exactOnly : undefined,
    cachedPromptTokens,
    usage,
    costUsd: leader ? costUsd : 0,
    savedUsd: leader ? 0 : costUsd,
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
