import { z } from 'zod';
import type { ContextDocument } from '../entry.ts';
import { NearhitError } from '../errors.ts';
import { DEFAULT_NAMESPACE, NAMESPACE_PATTERN } from '../ids.ts';
import type { RoutingPreference } from '../ports/upstream.ts';
import { invalidRequest } from './faults.ts';

type CacheMode = 'on' | 'off' | 'refresh' | 'only' | 'shadow';

/** What a request itself says about caching. Absent means: as the policy has it. */
export interface Controls {
  readonly cache?: CacheMode | undefined;
  readonly namespace: string;
  readonly threshold?: number | undefined;
  readonly ttlSeconds?: number | undefined;
  readonly tags: readonly string[];
  /** The text to match on instead of the last user message. */
  readonly query?: string | undefined;
  readonly context: readonly ContextDocument[];
  /** Only entries at most this old. */
  readonly maxAgeSeconds?: number | undefined;
  /** Where it may go. */
  readonly routing?: RoutingPreference | undefined;
}

const modes = ['on', 'off', 'refresh', 'only', 'shadow'] as const;
const namespace = z.string().regex(NAMESPACE_PATTERN, 'expected 1 to 128 characters out of A-Z a-z 0-9 . _ : -');
const threshold = z
  .number('expected a number from 0 to 1')
  .min(0, 'expected a number from 0 to 1')
  .max(1, 'expected a number from 0 to 1');
const ttl = z
  .number('expected whole seconds, 0 or more')
  .int('expected whole seconds, 0 or more')
  .min(0, 'expected whole seconds, 0 or more')
  .max(315_360_000);
const tag = z.string().min(1).max(256);
const tags = z.array(tag).max(64);

const routingPolicy = z.enum(['priority', 'weighted', 'cost', 'latency', 'balanced']);
const amount = z.number('expected a number above 0').positive('expected a number above 0');

const bodySchema = z.strictObject({
  cache: z.enum(modes).optional(),
  namespace: namespace.optional(),
  threshold: threshold.optional(),
  ttl: ttl.optional(),
  tags: z.union([tags, z.string().transform(splitTags)]).optional(),
  query: z.string().min(1, 'expected a text that is not empty').optional(),
  context: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(512),
        version: z.union([z.string().max(128), z.number()]).optional(),
      }),
    )
    .max(1000)
    .optional(),
  routing: routingPolicy.optional(),
  maxLatencyMs: amount.optional(),
  maxCostUsd: amount.optional(),
});

const headerSchema = z.object({
  cache: z.enum(modes).optional(),
  namespace: namespace.optional(),
  threshold: z.preprocess(toNumber, threshold.optional()),
  ttl: z.preprocess(toNumber, ttl.optional()),
  tags: z.string().transform(splitTags).pipe(tags).optional(),
  routing: routingPolicy.optional(),
  'max-latency-ms': z.preprocess(toNumber, amount.optional()),
  'max-cost-usd': z.preprocess(toNumber, amount.optional()),
});

function splitTags(list: string): string[] {
  return list
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

function toNumber(text: unknown): unknown {
  if (typeof text !== 'string') return text;
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text.trim()) ? Number(text) : Number.NaN;
}

/** HTTP's own words (RFC 9111, section 5.2.1). nearhit's header and body field win over them. */
function fromCacheControl(header: string | undefined): { cache?: CacheMode; maxAgeSeconds?: number } {
  if (header === undefined) return {};
  const found: { cache?: CacheMode; maxAgeSeconds?: number } = {};
  for (const directive of header.toLowerCase().split(',')) {
    const [name, value] = directive.trim().split('=');
    if (name === 'no-store') found.cache = 'off';
    else if (name === 'no-cache') found.cache ??= 'refresh';
    else if (name === 'only-if-cached') found.cache ??= 'only';
    else if (name === 'max-age') {
      const seconds = Number(value?.replaceAll('"', ''));
      if (Number.isInteger(seconds) && seconds >= 0) found.maxAgeSeconds = seconds;
    }
  }
  return found;
}

/**
 * Headers and the body's `nearhit` object; where both speak, the header wins: it is what a proxy in between can set.
 * `headers`: lower-case names. Throws INVALID_REQUEST naming the field and what it expects.
 */
export function readControls(headers: Headers, body: unknown): Controls {
  const h = inHeaders(headers);
  const b = inBody(body);
  const http = fromCacheControl(headerOf(headers, 'cache-control'));
  return {
    cache: h.cache ?? b.cache ?? http.cache,
    namespace: h.namespace ?? b.namespace ?? DEFAULT_NAMESPACE,
    threshold: h.threshold ?? b.threshold,
    ttlSeconds: h.ttl ?? b.ttl,
    tags: h.tags ?? b.tags ?? [],
    query: b.query,
    context: b.context ?? [],
    maxAgeSeconds: http.maxAgeSeconds,
    routing: routingOf(
      h.routing ?? b.routing,
      h['max-latency-ms'] ?? b.maxLatencyMs,
      h['max-cost-usd'] ?? b.maxCostUsd,
    ),
  };
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

const PREFIX = 'x-nearhit-';
const FIELDS = Object.keys(headerSchema.shape).map((field) => ({ field, header: PREFIX + field }));

/** Header names that a request is prepared by; they are part of the raw-bytes key. */
export const CONTROL_HEADERS: readonly string[] = [
  ...FIELDS.map(({ header }) => header),
  'anthropic-beta',
  'cache-control',
];

const WORDS: ReadonlySet<string> = new Set(['cache', 'routing']);
const NOTHING: z.infer<typeof headerSchema> = {};

/** Most requests say nothing: those are not put through the schema. */
function inHeaders(headers: Headers): z.infer<typeof headerSchema> {
  let said: Record<string, string> | undefined;
  for (const { field, header } of FIELDS) {
    const value = headerOf(headers, header);
    if (value === undefined) continue;
    said ??= {};
    said[field] = WORDS.has(field) ? value.trim().toLowerCase() : value;
  }
  if (said === undefined) return NOTHING;
  const parsed = headerSchema.safeParse(said);
  if (parsed.success) return parsed.data;
  const error = invalidRequest(parsed.error);
  const message = error.message.replaceAll("'", `'${PREFIX}`).replaceAll(`'${PREFIX}:`, "':");
  throw new NearhitError('INVALID_REQUEST', message, { param: PREFIX + (error.param ?? '') });
}

const SILENT: z.infer<typeof bodySchema> = {};

function inBody(body: unknown): z.infer<typeof bodySchema> {
  if (body == null) return SILENT;
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) throw invalidRequest(parsed.error, 'nearhit');
  return parsed.data;
}

function routingOf(
  policy: RoutingPreference['policy'],
  maxLatencyMs: number | undefined,
  maxCostUsd: number | undefined,
): RoutingPreference | undefined {
  if (policy === undefined && maxLatencyMs === undefined && maxCostUsd === undefined) return undefined;
  return { policy, maxLatencyMs, maxCostUsd };
}
