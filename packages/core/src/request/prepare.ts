import { isUtf8 } from 'node:buffer';
import type { ContextDocument } from '../entry.ts';
import { NearhitError } from '../errors.ts';
import type { EntryId, Fingerprint, Scope, TenantId } from '../ids.ts';
import { assertDepth, canonicalJson, UnsafeNumber } from '../key/canonical-json.ts';
import { contextKey, entryIdOf, fingerprintOf, type UserQuery, userQuery } from '../key/fingerprint.ts';
import type { Policy } from '../policy/schema.ts';
import type { PolicyService, ResolvedPolicy } from '../policy/service.ts';
import { volatileReason } from '../policy/volatile.ts';
import { type ChatRequest, chatRequestSchema, shapesAnswer } from './chat-fields.ts';
import { type Controls, readControls } from './controls.ts';
import { type Conversation, conversationOf } from './conversation.ts';
import { invalidRequest } from './faults.ts';
import { hasStandingWork } from './standing-work.ts';
import { stripField } from './strip-field.ts';

/** A chat request as the cache sees it. Holds no body: it is kept for repeats of the same bytes. */
export interface PreparedRequest {
  /** Its model is `<provider>/<model>` where the request names its provider. */
  readonly scope: Scope;
  /** As the provider is asked for it. */
  readonly model: string;
  /** The one that must answer. */
  readonly provider?: string | undefined;
  readonly controls: Controls;
  /** Of the caller's key: no threshold counts below it. */
  readonly thresholdFloor?: number | undefined;
  readonly resolved: ResolvedPolicy;
  readonly fingerprint: Fingerprint;
  readonly id: EntryId;
  /** Requests with an equal one may share an upstream call: `id`, and the documents where they are no part of it but count. */
  readonly flightKey: string;
  /** Text that is matched on. */
  readonly query: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Why nothing is read or stored: the `<why>` of `not-cacheable:<why>`. */
  readonly notCacheable?: string | undefined;
  /** Why its answer will not be stored, where that is known before it is asked. */
  readonly notStored?: string | undefined;
  /** Why it is matched exactly only. */
  readonly exactOnly?: string | undefined;
  /** How the turns before the question count. */
  readonly conversation: Conversation;
  /** A time-sensitive question: which rule says so. */
  readonly volatile?: string | undefined;
  readonly context: readonly ContextDocument[];
  /** Characters of all messages, for estimates when the provider counts nothing. */
  readonly promptChars: number;
  /** Tokens that the request lets be written at most; undefined when it does not say. */
  readonly completionTokensMax?: number | undefined;
  /** What many requests begin with alike: the system prompt, else the first message; its first characters. */
  readonly prefix: string;
  /** The body carries a `nearhit` object that must not go upstream. */
  readonly strip: boolean;
}

export interface PrepareInput {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly tenantOf: (model: string) => TenantId;
  /** The request's own threshold, and its policy's, count for at least this. */
  readonly thresholdFloor?: number | undefined;
  /** The one provider that may answer: its answers never serve for those of another. */
  readonly provider?: string | undefined;
  /** A request past the cache gets no keys: they cost more than all else here, and nothing is looked up or stored by them. */
  readonly keylessWhenOff?: boolean | undefined;
}

/** Parses and checks a chat completion body. Throws INVALID_JSON or INVALID_REQUEST. */
function parseChatRequest(body: Buffer): ChatRequest {
  const value = parseJsonObject(body);
  const parsed = chatRequestSchema.safeParse(value);
  if (!parsed.success) throw invalidRequest(parsed.error);
  return value as ChatRequest;
}

export function parseJsonObject(body: Buffer): Record<string, unknown> {
  if (!isUtf8(body)) throw new NearhitError('INVALID_JSON', 'The body is not valid JSON: it is not UTF-8 text.');
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    const at = /position \d+/.exec(String(error))?.[0];
    throw new NearhitError('INVALID_JSON', `The body is not valid JSON${at === undefined ? '' : ` (at ${at})`}.`, {
      cause: error,
    });
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new NearhitError('INVALID_REQUEST', 'The body must be a JSON object.');
  }
  return value as Record<string, unknown>;
}

/** Goes past the cache: the operator's `off` stands, else the request may choose. */
export const isOff = ({ controls, resolved }: Pick<PreparedRequest, 'controls' | 'resolved'>): boolean =>
  resolved.policy.mode === 'off' || controls.cache === 'off';

/** From bytes to keys, policy and what may be done with the request. */
export function prepare(input: PrepareInput, policies: PolicyService): PreparedRequest {
  const request = parseChatRequest(input.body);
  const { model } = request;
  const { provider } = input;
  const controls = readControls(input.headers, request.nearhit);
  const scope: Scope = {
    tenant: input.tenantOf(model),
    namespace: controls.namespace,
    model: provider === undefined ? model : `${provider}/${model}`,
  };
  const resolved = policies.resolve(scope.namespace, model);
  const user = userQuery(request.messages);
  const query = controls.query ?? user.text;
  const queryParts = controls.query === undefined ? user.parts : [controls.query];
  const cached: Cached =
    input.keylessWhenOff === true && isOff({ controls, resolved })
      ? keyless(request)
      : cachedAs(request, { input, scope, controls, user, query, queryParts, policy: resolved.policy });
  return {
    scope,
    model,
    provider,
    controls,
    thresholdFloor: input.thresholdFloor,
    resolved,
    fingerprint: cached.fingerprint,
    id: cached.id,
    flightKey: cached.flightKey,
    query,
    stream: request.stream === true,
    includeUsage: request.stream_options?.include_usage === true,
    notCacheable: cached.notCacheable,
    exactOnly: cached.exactOnly,
    conversation: cached.conversation,
    volatile: cached.volatile,
    context: controls.context,
    promptChars: input.body.length,
    completionTokensMax: completionTokensMax(request),
    prefix: prefixOf(request),
    strip: request.nearhit !== undefined,
  };
}

/** What only the cache wants to know of a request. */
type Cached = Pick<
  PreparedRequest,
  'fingerprint' | 'id' | 'flightKey' | 'notCacheable' | 'exactOnly' | 'conversation' | 'volatile'
>;

interface Reading {
  readonly input: PrepareInput;
  readonly scope: Scope;
  readonly controls: Controls;
  readonly user: UserQuery;
  readonly query: string;
  readonly queryParts: readonly string[];
  readonly policy: Policy;
}

function cachedAs(request: ChatRequest, reading: Reading): Cached {
  const { input, scope, controls, user, query, queryParts, policy } = reading;
  const volatile = volatileReason(query);
  const never = exactOnly(request, user, query, policy.semantic) ?? workOnText(request, user, controls);
  const conversation = conversationOf(request.messages, user.at, query, policy.conversation, never);
  const context = policy.contextMatch === 'exact' ? controls.context : undefined;
  const key = keysOf(request, user, context, besides(input), conversation.mode);
  const id = entryIdOf(scope, key.exact, queryParts);
  const bypassed = volatile !== undefined && policy.volatile === 'bypass';
  return {
    fingerprint: key.fingerprint,
    id,
    flightKey: policy.contextMatch === 'subset' ? `${id} ${canonicalJson(contextKey(controls.context))}` : id,
    notCacheable: key.unsafe ? 'unsafe-number' : notCacheable(request, policy.temperatureMax, bypassed),
    exactOnly: never ?? (conversation.pronoun === undefined ? undefined : 'pronoun'),
    conversation,
    volatile,
  };
}

const NO_KEY = '0'.repeat(64);
const KEYLESS: Cached = {
  fingerprint: NO_KEY as Fingerprint,
  id: NO_KEY as EntryId,
  flightKey: NO_KEY,
  conversation: { mode: 'exact' },
};

/** As deep as the keys of others may be. */
function keyless(request: ChatRequest): Cached {
  assertDepth(request.messages, 1);
  for (const field in request) if (shapesAnswer(field)) assertDepth(request[field], 2);
  return KEYLESS;
}

/** What shapes an answer and stands beside the body: who must give it, and what of its API it asks to try. */
function besides({ provider, headers }: PrepareInput): Record<string, string> {
  const beta = headers['anthropic-beta'];
  return { ...(provider !== undefined && { provider }), ...(beta !== undefined && { beta: String(beta) }) };
}

function completionTokensMax({ max_completion_tokens, max_tokens, n }: ChatRequest): number | undefined {
  const each = max_completion_tokens ?? max_tokens;
  return each == null ? undefined : each * (n ?? 1);
}

const PREFIX_CHARS = 256;

function prefixOf({ messages: [first] }: ChatRequest): string {
  const content = first?.content ?? '';
  return (typeof content === 'string' ? content : JSON.stringify(content)).slice(0, PREFIX_CHARS);
}

/** `exact` is what the entry's id is made of: turns that are compared by meaning are still told apart by it. */
function keysOf(
  request: ChatRequest,
  user: UserQuery,
  context: readonly ContextDocument[] | undefined,
  apart: Readonly<Record<string, string>>,
  mode: Conversation['mode'],
) {
  try {
    const fingerprint = fingerprintOf(request, user, context, apart, mode);
    const exact = mode === 'semantic' ? fingerprintOf(request, user, context, apart) : fingerprint;
    return { fingerprint, exact, unsafe: false };
  } catch (error) {
    if (!(error instanceof UnsafeNumber)) throw error;
    const none = NO_KEY as Fingerprint;
    return { fingerprint: none, exact: none, unsafe: true };
  }
}

function notCacheable(request: ChatRequest, temperatureMax: number, volatileBypass: boolean): string | undefined {
  if (typeof request.temperature === 'number' && request.temperature > temperatureMax) return 'temperature';
  if (request.web_search_options != null) return 'web-search';
  if (volatileBypass) return 'volatile';
  return undefined;
}

function exactOnly(request: ChatRequest, user: UserQuery, query: string, semantic: boolean): string | undefined {
  if (!semantic) return 'policy';
  if (user.at !== request.messages.length - 1) return 'last-message';
  if (query.trim() === '') return 'no-text';
  if (request.tools?.length || request.functions?.length) return 'tools';
  const toolTalk = request.messages.some(
    (message) =>
      message.role === 'tool' ||
      message.role === 'function' ||
      message.tool_calls != null ||
      message.function_call != null,
  );
  return toolTalk ? 'tools' : undefined;
}

/** Who says what its question is (`nearhit.query`) is believed. */
function workOnText({ messages }: ChatRequest, { at }: UserQuery, { query }: Controls): 'given-text' | undefined {
  return query === undefined && hasStandingWork(messages, at) ? 'given-text' : undefined;
}

/** The body as it goes upstream: the very bytes that came, but for nearhit's own object. */
export function bodyForUpstream(body: Buffer, strip: boolean): Buffer {
  return strip ? stripField(body, 'nearhit') : body;
}
