import { hash } from 'node:crypto';
import type { Entry, TokenUsage } from '../entry.ts';
import { NearhitError } from '../errors.ts';
import type { EntryId, Fingerprint, Scope, TenantId, UnitVector } from '../ids.ts';
import { identityOf } from '../key/identity.ts';
import type { PolicyService } from '../policy/service.ts';
import type { EmbeddingModel } from '../ports/embedder.ts';
import type { JsonObject } from '../reply/answer.ts';
import { readJsonAnswer } from '../reply/assemble.ts';
import { storability } from '../reply/storability.ts';
import { estimateUsage, usageOf } from '../reply/usage.ts';
import { prepare } from '../request/prepare.ts';
import type { EntryLine } from './entry-line.ts';

export interface ReadEntryDeps {
  readonly policies: PolicyService;
  /** Of the embedder in force. */
  readonly model: EmbeddingModel;
  readonly nowMs: number;
  /** Instead of the line's own end, and of the policy's. */
  readonly ttlSeconds?: number | undefined;
}

/** How far the length of a unit vector may be off. */
const LENGTH_TOLERANCE = 0.01;

/**
 * The entry that a line stands for. Throws INVALID_REQUEST with what is wrong with it: an answer that would not be stored
 * either when it came from a provider, a question that is not cached, a life that is over.
 */
export function readEntry(line: EntryLine, deps: ReadEntryDeps): Entry {
  const scope: Scope = { tenant: line.tenant as TenantId, namespace: line.namespace, model: line.model };
  const { policy } = deps.policies.resolve(line.namespace, line.model);
  const { answer, json, mayBeSimilar } = answerOf(line, policy, deps.nowMs);
  const keys = keysOf(line, scope, deps.policies);
  const semantic = mayBeSimilar && keys.semantic && (line.semantic ?? true);
  const { fingerprint } = keys;
  const turns = semantic ? line.history : undefined;
  const asked = { scope, fingerprint, query: line.text, conversation: { turns } };
  const vector = semantic ? vectorOf(line, deps.model) : undefined;
  return {
    ...{ id: keys.id, scope, fingerprint, semantic, answer, vector },
    identity: semantic ? identityOf(asked)?.key : undefined,
    query: line.text.toWellFormed(),
    history: turns,
    embeddingModel: vector && line.embeddingModel,
    ...{ tags: line.tags ?? [], context: line.context ?? [], provider: line.provider ?? 'import' },
    ...{ upstreamModel: line.upstreamModel ?? line.model, attempts: line.attempts ?? 1, costUsd: line.costUsd ?? 0 },
    usage: line.usage ?? counted(json) ?? estimateUsage(line.text.length, json),
    ...timesOf(line, policy, deps),
  };
}

const refused = (why: string): NearhitError => new NearhitError('INVALID_REQUEST', why);

type Limits = Parameters<typeof storability>[1];

function answerOf({ answer, model }: EntryLine, policy: Omit<Limits, 'bytes'>, nowMs: number) {
  const json = typeof answer === 'string' ? spoken(answer, model, nowMs) : answer;
  const bytes = Buffer.from(JSON.stringify(json));
  const read = readJsonAnswer(bytes, json);
  if (read.kind === 'incomplete') throw refused(`'answer' is no whole chat.completion object: ${read.why}`);
  const { storeLength, answerBytesMax } = policy;
  const verdict = storability(read.answer, { storeLength, answerBytesMax, bytes: bytes.length });
  if (!verdict.store) throw refused(`'answer' is none that would be stored: ${verdict.why}`);
  return { answer: bytes, json, mayBeSimilar: verdict.semantic };
}

function spoken(content: string, model: string, nowMs: number): JsonObject {
  const choice = { index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null };
  return {
    ...{ id: `chatcmpl-${hash('sha256', content).slice(0, 29)}`, object: 'chat.completion' },
    ...{ created: Math.floor(nowMs / 1000), model, choices: [{ ...choice, finish_reason: 'stop' }] },
  };
}

/** As the data plane would have made them of a request with the bare question. */
function keysOf({ id, fingerprint, text, tags, context }: EntryLine, scope: Scope, policies: PolicyService) {
  if (id !== undefined && fingerprint !== undefined)
    return { id: id as EntryId, fingerprint: fingerprint as Fingerprint, semantic: true };
  const { tenant, namespace, model } = scope;
  const nearhit = { namespace, ...(tags !== undefined && { tags }), ...(context !== undefined && { context }) };
  const body = Buffer.from(JSON.stringify({ model, messages: [{ role: 'user', content: text }], nearhit }));
  const request = prepare({ body, headers: {}, tenantOf: () => tenant }, policies);
  if (request.notCacheable !== undefined) throw refused(`'text' is not cached here: ${request.notCacheable}`);
  return { id: request.id, fingerprint: request.fingerprint, semantic: request.exactOnly === undefined };
}

/** Of another model: none, and one is made. */
function vectorOf({ vector, embeddingModel }: EntryLine, model: EmbeddingModel): UnitVector | undefined {
  if (vector === undefined || embeddingModel === undefined || embeddingModel !== model.version) return undefined;
  const bytes = Buffer.from(vector, 'base64');
  const floats = new Float32Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length - (bytes.length % 4)),
  );
  const length = Math.hypot(...floats);
  if (floats.length !== model.dimensions || bytes.length % 4 !== 0 || !(Math.abs(length - 1) < LENGTH_TOLERANCE))
    throw refused(`'vector': expected ${model.dimensions} 32-bit floats of length 1, in base64`);
  return floats as UnitVector;
}

function counted(json: JsonObject): TokenUsage | undefined {
  const usage = usageOf(json);
  return usage && { promptTokens: usage.promptTokens, completionTokens: usage.completionTokens };
}

function timesOf(
  line: EntryLine,
  { ttlSeconds, staleSeconds }: { readonly ttlSeconds: number; readonly staleSeconds: number },
  deps: ReadEntryDeps,
) {
  const createdAtMs = Math.min(line.createdAtMs ?? deps.nowMs, deps.nowMs);
  const own = line.expiresAtMs ?? createdAtMs + ttlSeconds * 1000;
  const expiresAtMs = deps.ttlSeconds === undefined ? own : deps.nowMs + deps.ttlSeconds * 1000;
  const keptMs =
    deps.ttlSeconds === undefined && line.staleUntilMs !== undefined
      ? line.staleUntilMs
      : expiresAtMs + staleSeconds * 1000;
  const staleUntilMs = Math.max(expiresAtMs, keptMs);
  if (staleUntilMs <= deps.nowMs) throw refused(`its life is over since ${new Date(staleUntilMs).toISOString()}`);
  return { createdAtMs, expiresAtMs, staleUntilMs };
}
