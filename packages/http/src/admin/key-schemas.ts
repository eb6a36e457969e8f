import { FEATURES, NAMESPACE_PATTERN } from '@nearhit/core';
import { z } from 'zod';
import { cursor, limit } from './schemas.ts';

/** Bodies of the admin plane about API keys and tenants. */

const ROUTING_POLICIES = ['priority', 'weighted', 'cost', 'latency', 'balanced'] as const;
const GRACE_SECONDS_MAX = 30 * 86_400;
const LIST_MAX = 1_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it keeps out
const printable = /^[^\x00-\x1f\x7f]*$/;
const text = (max: number) => z.string().min(1).max(max).regex(printable, 'expected a text without control characters');
const tenantId = text(256).describe('Whose stored answers, limits and accounts; never mixes with another.');

const moment = z
  .string()
  .refine((value) => isMoment(value), 'expected a time such as 2027-01-31T12:00:00Z, or a day such as 2027-01-31')
  .describe('ISO 8601; a day alone is its beginning, UTC.');

function isMoment(value: string): boolean {
  return (
    /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(value) && !Number.isNaN(Date.parse(value))
  );
}

const limits = {
  rpm: z.int().min(0).max(1_000_000_000).describe('Requests per minute.'),
  tpm: z.int().min(0).max(1_000_000_000_000).describe('Tokens per minute, prompt and completion together.'),
  concurrent: z.int().min(0).max(1_000_000).describe('Requests at once.'),
  budgetUsdDay: z.number().min(0).max(1_000_000_000).describe('USD per calendar day, UTC.'),
  budgetUsdMonth: z.number().min(0).max(1_000_000_000).describe('USD per calendar month, UTC.'),
};

const routing = z.strictObject({
  policy: z.enum(ROUTING_POLICIES).optional(),
  maxLatencyMs: z.int().min(1).max(86_400_000).optional(),
  maxCostUsd: z.number().min(0).max(1_000_000).optional(),
});

const settable = {
  models: z.array(text(256)).max(LIST_MAX).describe('Names as clients write them; `gpt-4o*`: all that begin so.'),
  namespaces: z
    .array(z.string().regex(NAMESPACE_PATTERN, 'expected 1 to 128 characters out of A-Z a-z 0-9 . _ : -'))
    .max(LIST_MAX),
  features: z.array(z.enum(FEATURES)).max(FEATURES.length),
  ...limits,
  thresholdFloor: z.number().min(0).max(1).describe('A request’s own threshold can’t go below it.'),
  cacheRead: z.boolean().describe('False: always answered from upstream. Default true.'),
  cacheWrite: z.boolean().describe('False: gets hits, and its own answers are never stored for others. Default true.'),
  routing,
  expiresAt: moment,
};

const providerId = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected the id of a provider');
const credential = z.string().regex(/^[\x21-\x7e]{1,4096}$/, 'expected a key without spaces');

type Shape = Record<string, z.ZodType>;
type Optional<S extends Shape> = { [K in keyof S]: z.ZodOptional<S[K]> };
type Nullable<S extends Shape> = { [K in keyof S]: z.ZodOptional<z.ZodNullable<S[K]>> };
type Null<S extends Shape> = { [K in keyof S]: z.ZodNullable<S[K]> };

function mapped(shape: Shape, as: (field: z.ZodType) => z.ZodType): Shape {
  return Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, as(field)]));
}
const optional = <S extends Shape>(shape: S) => mapped(shape, (field) => field.optional()) as Optional<S>;
const nullish = <S extends Shape>(shape: S) => mapped(shape, (field) => field.nullable().optional()) as Nullable<S>;
const orNull = <S extends Shape>(shape: S) => mapped(shape, (field) => field.nullable()) as Null<S>;

export const keyParams = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_]{1,64}$/, 'expected the id of an API key, such as key_2xK9...'),
});
export const keysQuery = z.strictObject({ tenant: tenantId.optional(), cursor: cursor.optional(), limit });

/** What a field does not say is not limited. */
export const keyBody = z.strictObject({
  name: text(256),
  tenant: tenantId.default('default'),
  ...optional(settable),
  upstreamKeys: z.record(providerId, credential).optional().describe('By provider: used instead of the house’s keys.'),
});
export type KeyBody = z.input<typeof keyBody>;

/** Null takes a limit off. */
export const keyPatchBody = z.strictObject({
  name: text(256).optional(),
  ...nullish(settable),
  upstreamKeys: z.record(providerId, credential.nullable()).optional(),
  revoked: z.literal(true).optional().describe('From now on it opens nothing, for good.'),
});
export type KeyPatchBody = z.input<typeof keyPatchBody>;

export const rotateBody = z.strictObject({
  graceSeconds: z.int().min(0).max(GRACE_SECONDS_MAX).default(0).describe('So long the secret before goes on opening.'),
});

const use = z
  .object({
    requestsThisMinute: z.number(),
    tokensThisMinute: z.number(),
    inFlight: z.number().int(),
    spentUsdDay: z.number(),
    spentUsdMonth: z.number(),
    reservedUsd: z.number().describe('Set aside for calls on their way.'),
  })
  .nullable()
  .describe('Null while it can’t be asked.');

const answered = {
  ...orNull({ ...settable, expiresAt: z.string() }),
  ...{ cacheRead: z.boolean(), cacheWrite: z.boolean() },
};

export const keyAnswer = z.object({
  id: z.string(),
  name: z.string(),
  tenant: z.string(),
  hint: z.string().describe('The secret’s beginning and end.'),
  status: z.enum(['active', 'expired', 'revoked']),
  ...answered,
  upstreamKeys: z.array(z.string()).describe('Providers that it has credentials of its own for.'),
  createdAt: z.string(),
  revokedAt: z.string().nullable(),
  graceUntil: z.string().nullable().describe('Until then a secret from before the last rotation opens it too.'),
  use,
});
export type KeyAnswer = z.infer<typeof keyAnswer>;
export const madeKeyAnswer = keyAnswer.extend({ key: z.string().describe('The secret. It is shown this once.') });
export type MadeKeyAnswer = z.infer<typeof madeKeyAnswer>;
export const keysAnswer = z.object({ keys: z.array(keyAnswer), cursor: z.string().optional() });

export const tenantParams = z.strictObject({ id: tenantId });
/** Null: no limit, although the file has one. What is not said is as the file has it. */
export const tenantBody = z.strictObject({ ...nullish(limits), routing: routing.optional() });
export type TenantBody = z.input<typeof tenantBody>;
export const tenantAnswer = z.object({
  id: z.string(),
  ...orNull({ ...limits, routing }),
  own: z
    .object({ ...nullish(limits), routing: routing.optional() })
    .nullable()
    .describe('Set over the admin plane.'),
  use,
});
export type TenantAnswer = z.infer<typeof tenantAnswer>;
export const tenantsAnswer = z.object({ tenants: z.array(tenantAnswer) });
