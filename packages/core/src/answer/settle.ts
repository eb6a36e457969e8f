import { type Entry, entryBytes } from '../entry.ts';
import type { UnitVector } from '../ids.ts';
import { identityOf } from '../key/identity.ts';
import type { MemoryCache } from '../ports/memory-cache.ts';
import type { Observer } from '../ports/observer.ts';
import type { ModelPrice, Upstream } from '../ports/upstream.ts';
import type { WriteQueue } from '../ports/write-queue.ts';
import type { ChatAnswer } from '../reply/answer.ts';
import { assembleStream, type IncompleteWhy, partialAnswer, readJsonAnswer } from '../reply/assemble.ts';
import { storability } from '../reply/storability.ts';
import { type CountedUsage, estimateUsage, guessedPromptTokens, usageOf, withUsage } from '../reply/usage.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import { type Admission, placeOf } from '../store/admission.ts';
import { worthOf } from '../store/eviction.ts';
import { charged } from './charged.ts';
import type { LiveReply } from './live-reply.ts';
import type { Settled } from './outcome.ts';

export interface SettleDeps {
  readonly memory: MemoryCache;
  readonly queue: WriteQueue;
  readonly observer: Observer;
  readonly price: Upstream['price'];
  /** Absent: every answer that may be stored is. */
  readonly admission?: Admission | undefined;
  readonly now: () => number;
}

/** What is known of the question by the time its answer is complete. */
export interface StorePlan {
  readonly request: PreparedRequest;
  readonly vector?: UnitVector | undefined;
  /** `EmbeddingModel.version` that made it. */
  readonly embeddingModel?: string | undefined;
  readonly exactOnly?: string | undefined;
  /** W3C trace context that the write belongs to. */
  readonly traceparent?: string | undefined;
  /** Invalidated while it was made. */
  readonly outdated?: boolean | undefined;
  /** Another process made the call: it stores the answer and pays for it. */
  readonly follower?: boolean | undefined;
}

/**
 * After the last byte: reads the reply, judges whether it may be stored, puts it into L1 and hands it to the write
 * queue. Synchronous, so that the key leaves single flight with its answer in L1. Never throws.
 */
export function settle(live: LiveReply, plan: StorePlan | { bypass: PreparedRequest }, deps: SettleDeps): Settled {
  try {
    return 'bypass' in plan ? settleBypass(live, plan.bypass, deps) : settleMiss(live, plan, deps);
  } catch (error) {
    deps.observer.incident('settle-failed', error);
    return { costUsd: 0, notStored: 'internal' };
  }
}

type ReadReply =
  | { readonly answer: ChatAnswer; readonly bytes: Buffer }
  | { readonly why: string; readonly fault?: string };

/** What a success must not be; shown to the client. */
const FAULTS: Partial<Record<IncompleteWhy, string>> = {
  malformed: 'it is not JSON, or was cut off',
  'error-event': 'it carries an error',
};

function readReply(live: LiveReply): ReadReply {
  const { head } = live;
  if (live.state === 'abandoned') return { why: 'client-gone' };
  if (head === undefined || live.state !== 'ended') return { why: 'incomplete' };
  if (head.status < 200 || head.status > 299) return { why: 'status' };
  if (!live.recorded) return { why: 'too-large' };
  const encoding = head.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return { why: 'encoded' };
  const { streamed } = live;
  const body = live.body();
  const read = streamed ? assembleStream(body) : readJsonAnswer(body, live.json);
  if (read.kind === 'complete')
    return { answer: read.answer, bytes: streamed ? Buffer.from(JSON.stringify(read.answer)) : body };
  const fault = FAULTS[read.why];
  return fault === undefined ? { why: read.why } : { why: read.why, fault };
}

/** Network buffers are slices of larger ones: kept for hours, a short answer would hold on to 64 KB. */
function ownBytes(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength <= bytes.byteLength + 1024) return bytes;
  const own = Buffer.allocUnsafeSlow(bytes.byteLength);
  bytes.copy(own);
  return own;
}

/**
 * A reply that is no whole answer may have cost all the same: one that a client left, that broke off, or that was too long
 * to be kept. Counted where the provider told it, else guessed from what came.
 */
function chargedInPart(live: LiveReply, request: PreparedRequest, deps: SettleDeps) {
  const { head } = live;
  if (head === undefined || head.status > 299 || live.bytes === 0) return { costUsd: 0 };
  const edges = live.edges();
  const counted = live.streamed ? edges.inStream(usageOf) : edges.inJson(usageOf);
  return charged(counted ?? guessedUsage(live, request), priceOf(live, request, deps));
}

/** A chunk of a stream carries about a token and this much around it. */
const BYTES_PER_TOKEN = 180;

function guessedUsage(live: LiveReply, { promptChars }: PreparedRequest): CountedUsage {
  if (live.recorded && live.streamed) return estimateUsage(promptChars, partialAnswer(live.body()));
  const completionTokens = Math.ceil(live.bytes / (live.streamed ? BYTES_PER_TOKEN : 4));
  return { promptTokens: guessedPromptTokens(promptChars), completionTokens, estimated: true };
}

/** Of the target that answered; else of the model. */
const priceOf = (live: LiveReply, request: PreparedRequest, deps: SettleDeps): ModelPrice | undefined =>
  live.head?.price ?? deps.price(request.model, request.provider);

/** Only counted; a stream is read whole only where its end does not tell the usage. */
function settleBypass(live: LiveReply, request: PreparedRequest, deps: SettleDeps): Settled {
  const price = priceOf(live, request, deps);
  const streamed = live.streamed && request.stream;
  const whole = live.state === 'ended' && live.recorded && live.head?.status === 200;
  const counted = streamed && whole ? live.edges().inStream(usageOf) : undefined;
  if (counted !== undefined) return bypassed(charged(counted, price), undefined);
  const read = readReply(live);
  if ('why' in read) return { ...chargedInPart(live, request, deps), notStored: read.why, fault: read.fault };
  const usage = usageOf(read.answer) ?? estimateUsage(request.promptChars, read.answer);
  return bypassed(charged(usage, price), read.bytes);
}

const bypassed = ({ usage, costUsd, cachedPromptTokens }: ReturnType<typeof charged>, answer: Buffer | undefined) => ({
  answer,
  usage,
  costUsd,
  cachedPromptTokens,
  notStored: 'bypass',
});

function settleMiss(live: LiveReply, plan: StorePlan, deps: SettleDeps): Settled {
  const { request } = plan;
  const read = readReply(live);
  if ('why' in read) return { ...chargedInPart(live, request, deps), notStored: read.why, fault: read.fault };
  const { policy } = request.resolved;
  const counted = usageOf(read.answer);
  const cost = charged(counted ?? estimateUsage(request.promptChars, read.answer), priceOf(live, request, deps));
  const { usage, costUsd } = cost;
  const answer = counted === undefined ? Buffer.from(JSON.stringify(withUsage(read.answer, usage))) : read.bytes;
  const verdict = storability(read.answer, {
    storeLength: policy.storeLength,
    bytes: answer.length,
    answerBytesMax: policy.answerBytesMax,
  });
  const ttlSeconds =
    request.controls.ttlSeconds ?? (request.volatile !== undefined ? policy.volatileTtlSeconds : policy.ttlSeconds);
  const refused = request.notStored ?? (ttlSeconds === 0 ? 'ttl' : plan.outdated ? 'invalidated' : undefined);
  const notStored = verdict.store ? refused : verdict.why;
  if (notStored !== undefined) return { answer, ...cost, notStored };
  const semantic = verdict.store && verdict.semantic && plan.exactOnly === undefined && request.exactOnly === undefined;
  const exactOnly = semantic ? undefined : (plan.exactOnly ?? request.exactOnly ?? 'answer');
  const entry = entryOf(live, plan, { answer: ownBytes(answer), usage, costUsd, semantic, ttlSeconds }, deps);
  const worth = worthOf(entry, entryBytes(entry));
  const place = placeOf(entry.scope);
  // The process that made the call may have refused it: what is not stored is not heard of when it is invalidated.
  if (plan.follower && deps.admission?.doubts(place, worth)) return { answer, ...cost, exactOnly };
  if (!plan.follower && deps.admission?.refuses(place, entry.id, worth))
    return { answer, ...cost, notStored: 'not-worth-it' };
  deps.memory.put(entry, deps.now());
  if (plan.follower) return { answer, ...cost, exactOnly };
  const askedAtMs = deps.now() - (performance.now() - live.startedAtMs);
  if (!deps.queue.enqueue(entry, askedAtMs, plan.traceparent)) deps.observer.incident('write-dropped');
  return { answer, ...cost, exactOnly };
}

function entryOf(
  live: LiveReply,
  { request, vector, embeddingModel }: StorePlan,
  made: Pick<Entry, 'answer' | 'usage' | 'costUsd' | 'semantic'> & { ttlSeconds: number },
  deps: SettleDeps,
): Entry {
  const createdAtMs = deps.now();
  const expiresAtMs = createdAtMs + made.ttlSeconds * 1000;
  return {
    id: request.id,
    scope: request.scope,
    fingerprint: request.fingerprint,
    identity: made.semantic ? identityOf(request)?.key : undefined,
    query: request.query.toWellFormed(),
    history: made.semantic ? request.conversation.turns : undefined,
    semantic: made.semantic,
    answer: made.answer,
    vector: made.semantic ? vector : undefined,
    embeddingModel: made.semantic && vector !== undefined ? embeddingModel : undefined,
    tags: request.controls.tags,
    context: request.context,
    provider: live.head?.provider ?? '',
    upstreamModel: live.head?.model ?? '',
    attempts: live.head?.attempts ?? 1,
    costUsd: made.costUsd,
    usage: made.usage,
    createdAtMs,
    expiresAtMs,
    staleUntilMs: expiresAtMs + request.resolved.policy.staleSeconds * 1000,
  };
}
