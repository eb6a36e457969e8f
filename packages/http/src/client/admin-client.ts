import type { z } from 'zod';
import {
  entriesAnswer,
  type entriesQuery,
  entryAnswer,
  type InvalidateBody,
  invalidateAnswer,
} from '../admin/entry-schemas.ts';
import {
  calibrationAnswer,
  type calibrationQuery,
  type FeedbackBody,
  feedbackAnswer,
  type PairsBody,
  pairsAnswer,
  pairsPutAnswer,
  type pairsQuery,
  type WhatIfBody,
  whatIfAnswer,
} from '../admin/evidence-schemas.ts';
import {
  type KeyBody,
  type KeyPatchBody,
  keyAnswer,
  keysAnswer,
  type keysQuery,
  madeKeyAnswer,
  type TenantBody,
  tenantAnswer,
  tenantsAnswer,
} from '../admin/key-schemas.ts';
import {
  decisionsAnswer,
  type decisionsQuery,
  explainAnswer,
  flushAnswer,
  healthAnswer,
  modelsAnswer,
  providersAnswer,
  readinessAnswer,
  replayAnswer,
  seriesAnswer,
  statsAnswer,
  type statsQuery,
} from '../admin/observe-schemas.ts';
import { type PolicyBody, type PolicyPatchBody, policiesAnswer, policyAnswer } from '../admin/policy-schemas.ts';
import { errorAnswer } from '../admin/schemas.ts';
import {
  deadLetterCountAnswer,
  deadLettersAnswer,
  type deadLettersQuery,
  FLUSH_TIMEOUT_MS,
  queueAnswer,
  servicesAnswer,
} from '../admin/service-schemas.ts';
import { usageAnswer, type usageQuery, usageRecordsAnswer, type usageRecordsQuery } from '../admin/usage-schemas.ts';

/** What the admin plane may group and filter the accounts by. */
export type UsageQuery = Omit<z.input<typeof usageQuery>, 'groupBy'> & {
  readonly groupBy?: readonly string[] | undefined;
};

const DEAD_LETTERS = '/admin/v1/queue/dead-letters';
/** For an answer's way beside the time that the gateway takes. */
const ANSWER_MS = 5000;

export interface AdminClientOptions {
  /** Of the gateway: `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  readonly token: string;
  /** Longest wait for an answer. Default 35,000: what the gateway takes at most for a flush, and its way. */
  readonly timeoutMs?: number | undefined;
}

/** The gateway refused, or what answered is no nearhit. `status` 0: nobody answered. */
export class AdminClientError extends Error {
  readonly status: number;
  readonly code: string | null;

  constructor(status: number, code: string | null, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'AdminClientError';
    this.status = status;
    this.code = code;
  }
}

export type AdminClient = ReturnType<typeof createAdminClient>;

type Query = Readonly<Record<string, string | number | undefined>>;

/** The admin plane from a program. Every call throws AdminClientError when it fails. */
export function createAdminClient(options: AdminClientOptions) {
  const call = caller(options);
  return {
    policies: policies(call),
    entries: entries(call),
    keys: keys(call),
    tenants: tenants(call),
    stats: (query: z.input<typeof statsQuery> = {}) => call('GET', '/admin/v1/stats', statsAnswer, { query }),
    series: (query: z.input<typeof statsQuery> = {}) => call('GET', '/admin/v1/series', seriesAnswer, { query }),
    decisions: (query: Partial<z.input<typeof decisionsQuery>> = {}) =>
      call('GET', '/admin/v1/decisions', decisionsAnswer, { query: query as Query }),
    /** `id`: of a decision, or its request id. Fails with status 409 and code `not_replayable`, 404 when nobody knows it. */
    replay: (id: string, query: { tenant?: string } = {}) =>
      call('POST', `/admin/v1/decisions/${encodeURIComponent(id)}/replay`, replayAnswer, { query }),
    feedback: (body: FeedbackBody) => call('POST', '/admin/v1/feedback', feedbackAnswer, { body }),
    calibration: (query: z.input<typeof calibrationQuery> = {}) =>
      call('GET', '/admin/v1/calibration', calibrationAnswer, { query }),
    whatIf: (body: WhatIfBody) => call('POST', '/admin/v1/what-if', whatIfAnswer, { body }),
    pairs: {
      list: (query: Partial<z.input<typeof pairsQuery>> = {}) =>
        call('GET', '/admin/v1/pairs', pairsAnswer, { query: query as Query }),
      put: (body: PairsBody) => call('POST', '/admin/v1/pairs', pairsPutAnswer, { body }),
      delete: (id: string) => call('DELETE', `/admin/v1/pairs/${encodeURIComponent(id)}`, undefined),
    },
    invalidate: (body: InvalidateBody) => call('POST', '/admin/v1/invalidate', invalidateAnswer, { body }),
    /** `body`: a chat request. `headers`: its `x-nearhit-` controls. */
    explain: (body: object, headers: Readonly<Record<string, string>> = {}) =>
      call('POST', '/admin/v1/explain', explainAnswer, { body, headers }),
    /** Fails with status 503 and code `flush_timeout` after `timeoutMs` (default 30,000). */
    flush: ({ timeoutMs }: { timeoutMs?: number } = {}) =>
      call('POST', '/admin/v1/flush', flushAnswer, {
        query: { timeoutMs },
        ...(timeoutMs !== undefined && { timeoutMs: timeoutMs + ANSWER_MS }),
      }),
    /** Every process that is there. A gateway of before has no such call: status 404. */
    services: () => call('GET', '/admin/v1/services', servicesAnswer),
    queue: queue(call),
    usage: usage(call),
    providers: () => call('GET', '/admin/v1/providers', providersAnswer),
    models: () => call('GET', '/admin/v1/models', modelsAnswer),
    /** The process is alive. */
    health: () => call('GET', '/healthz', healthAnswer),
    /** Readiness; does not throw when the gateway says that it is not ready. */
    status: () => call('GET', '/readyz', readinessAnswer, { accept: 503 }),
  };
}

function policies(call: Call) {
  const level = (namespace: string, model?: string): string =>
    `/admin/v1/policies/${[namespace, ...(model === undefined ? [] : [model])].map(encodeURIComponent).join('/')}`;
  return {
    list: () => call('GET', '/admin/v1/policies', policiesAnswer),
    get: (namespace: string, model?: string) => call('GET', level(namespace, model), policyAnswer),
    put: (namespace: string, model: string | undefined, body: PolicyBody) =>
      call('PUT', level(namespace, model), policyAnswer, { body }),
    patch: (namespace: string, model: string | undefined, body: PolicyPatchBody) =>
      call('PATCH', level(namespace, model), policyAnswer, { body }),
    delete: (namespace: string, model?: string) => call('DELETE', level(namespace, model), undefined),
  };
}

function entries(call: Call) {
  const entry = (id: string): string => `/admin/v1/entries/${encodeURIComponent(id)}`;
  return {
    list: (query: Partial<z.input<typeof entriesQuery>> = {}) =>
      call('GET', '/admin/v1/entries', entriesAnswer, { query: query as Query }),
    get: (id: string) => call('GET', entry(id), entryAnswer),
    delete: (id: string) => call('DELETE', entry(id), undefined),
  };
}

function keys(call: Call) {
  const key = (id: string): string => `/admin/v1/keys/${encodeURIComponent(id)}`;
  return {
    list: (query: Partial<z.input<typeof keysQuery>> = {}) =>
      call('GET', '/admin/v1/keys', keysAnswer, { query: query as Query }),
    get: (id: string) => call('GET', key(id), keyAnswer),
    /** `key` of the answer is the secret, which is shown this once. */
    create: (body: KeyBody) => call('POST', '/admin/v1/keys', madeKeyAnswer, { body }),
    change: (id: string, body: KeyPatchBody) => call('PATCH', key(id), keyAnswer, { body }),
    rotate: (id: string, graceSeconds = 0) =>
      call('POST', `${key(id)}/rotate`, madeKeyAnswer, { body: { graceSeconds } }),
    delete: (id: string) => call('DELETE', key(id), undefined),
  };
}

function tenants(call: Call) {
  const tenant = (id: string): string => `/admin/v1/tenants/${encodeURIComponent(id)}`;
  return {
    list: () => call('GET', '/admin/v1/tenants', tenantsAnswer),
    get: (id: string) => call('GET', tenant(id), tenantAnswer),
    put: (id: string, body: TenantBody) => call('PUT', tenant(id), tenantAnswer, { body }),
    delete: (id: string) => call('DELETE', tenant(id), undefined),
  };
}

function queue(call: Call) {
  return {
    /** Status 404 when there is no queue to look into. */
    counts: () => call('GET', '/admin/v1/queue', queueAnswer),
    deadLetters: (query: Partial<z.input<typeof deadLettersQuery>> = {}) =>
      call('GET', DEAD_LETTERS, deadLettersAnswer, { query: query as Query }),
    /** All of them when no ids are given. */
    redrive: (ids?: readonly string[]) =>
      call('POST', `${DEAD_LETTERS}/redrive`, deadLetterCountAnswer, { body: { ids } }),
    /** All of them when no ids are given. */
    discard: (ids?: readonly string[]) =>
      call('POST', `${DEAD_LETTERS}/discard`, deadLetterCountAnswer, { body: { ids } }),
  };
}

function usage(call: Call) {
  return {
    /** Requests, tokens and money, grouped. A gateway that keeps no accounts has no such call: status 404. */
    sums: ({ groupBy, ...query }: UsageQuery = {}) =>
      call('GET', '/admin/v1/usage', usageAnswer, { query: { ...query, groupBy: groupBy?.join(',') } }),
    /** The same as CSV text. */
    csv: ({ groupBy, ...query }: UsageQuery = {}) =>
      call('GET', '/admin/v1/usage', 'text', {
        query: { ...query, groupBy: groupBy?.join(',') },
        headers: { accept: 'text/csv' },
      }),
    records: (query: Partial<z.input<typeof usageRecordsQuery>> = {}) =>
      call('GET', '/admin/v1/usage/records', usageRecordsAnswer, { query: query as Query }),
  };
}

type Call = ReturnType<typeof caller>;

type Answered<S> = S extends z.ZodType ? z.output<S> : S extends 'text' ? string : undefined;

interface CallOptions {
  readonly query?: Query | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A status beside 2xx whose body is an answer. */
  readonly accept?: number | undefined;
  readonly timeoutMs?: number | undefined;
}

function caller({ baseUrl, token, timeoutMs = FLUSH_TIMEOUT_MS + ANSWER_MS }: AdminClientOptions) {
  const root = baseUrl.replace(/\/+$/, '');
  return async <S extends z.ZodType | 'text' | undefined>(
    method: string,
    path: string,
    answer: S,
    options: CallOptions = {},
  ): Promise<Answered<S>> => {
    const search = new URLSearchParams(
      Object.entries(options.query ?? {}).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, String(value)] as [string, string]],
      ),
    );
    const headers: Record<string, string> = { ...options.headers, authorization: `Bearer ${token}` };
    if (options.body !== undefined) headers['content-type'] = 'application/json';
    const url = `${root}${path}${search.size === 0 ? '' : `?${search}`}`;
    const { status, text } = await request(url, {
      method,
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: AbortSignal.timeout(options.timeoutMs ?? timeoutMs),
    });
    if ((status < 200 || status > 299) && status !== options.accept) throw refusal(status, text, url);
    if (answer === 'text') return text as Answered<S>;
    return (answer === undefined ? undefined : check(answer, text, status, url)) as Answered<S>;
  };
}

async function request(url: string, init: RequestInit): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, init);
    return { status: response.status, text: await response.text() };
  } catch (cause) {
    const why = cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : String(cause);
    throw new AdminClientError(0, null, `No answer from ${url}: ${why}`, cause);
  }
}

function refusal(status: number, text: string, url: string): AdminClientError {
  const parsed = errorAnswer.safeParse(tryJson(text));
  if (!parsed.success) return new AdminClientError(status, null, `${url} answered ${status}, not as nearhit does.`);
  return new AdminClientError(status, parsed.data.error.code, parsed.data.error.message);
}

function check(schema: z.ZodType, text: string, status: number, url: string): unknown {
  const parsed = schema.safeParse(tryJson(text));
  if (parsed.success) return parsed.data;
  throw new AdminClientError(status, null, `${url} answered something unexpected: ${parsed.error.message}`);
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
