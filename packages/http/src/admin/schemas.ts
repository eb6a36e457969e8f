import { type DecisionRecord, NAMESPACE_PATTERN, type PolicyPatch, policySchema } from '@nearhit/core';
import { z } from 'zod';

/** One schema per body of the admin plane, shared by its server, its client and its OpenAPI document. */

const namespace = z
  .string()
  .regex(NAMESPACE_PATTERN, 'expected 1 to 128 characters out of A-Z a-z 0-9 . _ : -')
  .describe('A partition that never mixes with another.');
/** As a client names it; may contain slashes. */
const model = z
  .string()
  .min(1)
  .max(256)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it keeps out
  .regex(/^[^\x00-\x1f\x7f]*$/, 'expected a name without control characters')
  .describe('A model as clients name it.');
const tag = z.string().min(1).max(256);
export const cursor = z.string().min(1).max(512).describe('`cursor` of the page before.');
export const limit = z.coerce
  .number('expected a whole number from 1 to 1000')
  .int('expected a whole number from 1 to 1000')
  .min(1, 'expected a whole number from 1 to 1000')
  .max(1000, 'expected a whole number from 1 to 1000')
  .default(50);

export const entryParams = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{64}$/, 'expected the 64 hex digits of an entry id'),
});
export const namespaceParams = z.strictObject({ namespace });
export const namespaceModelParams = z.strictObject({ namespace, model });

// Policies

const aliases = { entriesMax: policySchema.shape.maxEntries, bytesMax: policySchema.shape.maxBytes };

/** The policy fields with two other spellings. */
export const policyBody = z
  .strictObject({ ...policySchema.shape, ...aliases })
  .transform((body): PolicyPatch => rename(body));

type Nullable<S extends Record<string, z.ZodType>> = { [K in keyof S]: z.ZodOptional<z.ZodNullable<S[K]>> };

function nullable<S extends Record<string, z.ZodType>>(shape: S): Nullable<S> {
  return Object.fromEntries(
    Object.entries(shape).map(([name, field]) => [name, field.nullable().optional()]),
  ) as unknown as Nullable<S>;
}

/** Null takes a field back to what it inherits. */
export const policyPatchBody = z
  .strictObject(nullable({ ...policySchema.shape, ...aliases }))
  .transform((body) => rename(body));

function rename<T extends { entriesMax?: unknown; bytesMax?: unknown }>(body: T) {
  const { entriesMax, bytesMax, ...fields } = body;
  return {
    ...fields,
    ...(entriesMax !== undefined && { maxEntries: entriesMax }),
    ...(bytesMax !== undefined && { maxBytes: bytesMax }),
  } as Omit<T, 'entriesMax' | 'bytesMax'>;
}

/** The fields in force, and beside them where they come from. */
export const policyAnswer = z.object({
  namespace: z.string(),
  model: z.string().nullable(),
  ...policySchema.shape,
  own: policySchema.describe('Set at exactly this level; the rest is inherited.'),
  origin: z
    .record(z.string(), z.string())
    .describe('Per field, who set it: `built-in`, `file:default`, `admin:support/gpt-4o` ...'),
});
export const policiesAnswer = z.object({ policies: z.array(policyAnswer) });

// Stats

export const statsQuery = z.strictObject({
  window: z.enum(['5m', '1h', '24h', '7d']).default('1h'),
  namespace: namespace.optional(),
  model: model.optional(),
});

export const count = z.number().int().min(0);
const quantiles = z.object({
  count,
  p50: z.number().nullable(),
  p95: z.number().nullable(),
  p99: z.number().nullable(),
});
const tokens = z.object({ input: z.number(), output: z.number() });

const statsSummary = z.object({
  window: z.enum(['5m', '1h', '24h', '7d']),
  namespace: z.string().nullable(),
  model: z.string().nullable(),
  requests: count,
  hits: count,
  hitsByLayer: z.object({ l1: count, l2: count, semantic: count }),
  misses: count,
  missesByReason: z.record(z.string(), count),
  bypasses: count,
  bypassesByReason: z.record(z.string(), count),
  stale: count,
  errors: count,
  hitRate: z.number().describe('(hits + stale) / (hits + stale + misses); 0 when nothing was looked up.'),
  tokens: z.object({ spent: tokens, saved: tokens }),
  usd: z.object({ spent: z.number(), saved: z.number() }),
  latencyMs: z.record(z.string(), quantiles).describe('By outcome; hits by layer too (`hit:l1`).'),
  overheadMs: quantiles.describe('Time spent in nearhit, upstream excluded, over all outcomes.'),
  incidents: z.record(z.string(), count).describe('Survived failures by name, since the process began.'),
});
export const statsAnswer = statsSummary.extend({
  entries: count.describe('Stored now in the namespace, or in all; not by model.'),
  bytes: count,
});

// Entries

export const entriesQuery = z.strictObject({
  namespace: namespace.optional(),
  model: model.optional(),
  tag: tag.optional().describe('Exact, or without its version: `doc:42` finds `doc:42@v3`.'),
  text: z.string().min(1).max(1000).optional().describe('Part of the question, in any case.'),
  cursor: cursor.optional(),
  limit,
});

const entrySummary = z.object({
  id: z.string(),
  tenant: z.string(),
  namespace: z.string(),
  model: z.string(),
  query: z.string(),
  semantic: z.boolean(),
  embedded: z.boolean(),
  tags: z.array(z.string()),
  context: z.array(z.object({ id: z.string(), version: z.union([z.string(), z.number()]).optional() })),
  provider: z.string(),
  upstreamModel: z.string(),
  costUsd: z.number(),
  usage: z.object({ promptTokens: z.number(), completionTokens: z.number(), estimated: z.boolean().optional() }),
  createdAtMs: z.number(),
  expiresAtMs: z.number(),
  staleUntilMs: z.number(),
  expired: z.boolean(),
  bytes: count,
});
export const entriesAnswer = z.object({ entries: z.array(entrySummary), cursor: z.string().optional() });
export const entryAnswer = entrySummary.extend({
  fingerprint: z.string(),
  embeddingModel: z.string().nullable(),
  answer: z.unknown().describe('The stored `chat.completion` object, as clients get it.'),
});

// Invalidation

const seconds = z.number().min(0).max(3_153_600_000);
export const invalidateBody = z
  .strictObject({
    tags: z.array(tag).min(1).max(1000).optional().describe('Any of them; `doc:42` also drops `doc:42@v3`.'),
    namespace: namespace.optional(),
    model: model.optional(),
    context: z
      .strictObject({
        id: z.string().min(1).max(512),
        versionBelow: z.union([z.number(), z.string().min(1).max(128)]).optional(),
      })
      .optional()
      .describe('Answers that rest on this document, or on an older version of it.'),
    prefix: z.string().min(1).max(10_000).optional().describe('Beginning of the question, byte for byte.'),
    text: z.string().min(1).max(1000).optional().describe('Part of the question, in any case.'),
    olderThanSeconds: seconds.optional(),
    age: seconds.optional().describe('Another spelling of `olderThanSeconds`.'),
    dryRun: z.boolean().default(true).describe('True: only report what would be dropped.'),
  })
  .refine(({ dryRun: _, ...criteria }) => Object.values(criteria).some((value) => value !== undefined), {
    error: 'expected at least one of tags, namespace, model, context, prefix, text, olderThanSeconds',
  });
export const invalidateAnswer = z.object({
  dryRun: z.boolean(),
  matched: count,
  deleted: count,
  ids: z.array(z.string()).describe('The first 100.'),
});

// Decisions and the rest

export const decisionsQuery = z.strictObject({
  outcome: z.enum(['hit', 'miss', 'bypass', 'stale', 'error']).optional(),
  namespace: namespace.optional(),
  cursor: cursor.optional(),
  limit,
});
const route = z
  .object({
    policy: z.string(),
    ranked: z.array(
      z.object({ provider: z.string(), model: z.string(), score: z.number().optional(), why: z.string().optional() }),
    ),
    attempts: z.array(
      z.object({
        provider: z.string(),
        model: z.string(),
        outcome: z.string(),
        status: z.number().optional(),
        startedAtMs: z.number(),
        latencyMs: z.number(),
      }),
    ),
  })
  .describe('How the target was chosen, and the upstream calls that were made.');
const decision = z.object({
  id: z.string().optional().describe('Unique, unlike `requestId`, which clients choose.'),
  requestId: z.string(),
  endpoint: z.string().optional(),
  keyId: z.string().optional(),
  atMs: z.number(),
  tenant: z.string(),
  namespace: z.string(),
  model: z.string(),
  outcome: z.enum(['hit', 'miss', 'bypass', 'stale', 'error']),
  layer: z.enum(['l1', 'l2', 'semantic']).optional(),
  reason: z.string().optional(),
  similarity: z.number().optional(),
  threshold: z.number(),
  entryId: z.string().optional(),
  candidate: z.object({ entryId: z.string(), query: z.string() }).optional().describe('Nearest stored question.'),
  query: z.string().describe('The first 2,000 characters.'),
  stream: z.boolean(),
  status: z.number(),
  provider: z.string().optional(),
  upstreamModel: z.string().optional(),
  attempts: z.number().optional(),
  route: route.optional(),
  shared: z.boolean().optional().describe('Answered from a call that another request pays for.'),
  cachedPromptTokens: z.number().optional(),
  notStored: z.string().optional().describe('Why the answer of a miss was not stored.'),
  exactOnly: z.string().optional().describe('Why it is found word for word only.'),
  usage: z
    .object({ promptTokens: z.number(), completionTokens: z.number(), estimated: z.boolean().optional() })
    .optional(),
  costUsd: z.number(),
  savedUsd: z.number(),
  latencyMs: z.number(),
  firstByteMs: z.number(),
  overheadMs: z.number(),
});
export const decisionsAnswer = z.object({
  decisions: z.array(decision).describe('Newest first, the last 10,000 at most.'),
  cursor: z.string().optional(),
});

export const explainBody = z
  .looseObject({ model: z.string(), messages: z.array(z.looseObject({ role: z.string() })) })
  .describe('A chat completion request, as the data plane takes it; its `x-nearhit-` headers count too.');
export const explainAnswer = z.looseObject({});
export const flushAnswer = z.object({ flushed: z.literal(true), tookMs: z.number() });
export const providersAnswer = z.object({
  providers: z.array(
    z.looseObject({
      id: z.string(),
      kind: z.string(),
      baseUrl: z.string(),
      requests: count,
      errors: count,
      inFlight: count,
      targets: z
        .array(
          z.object({
            model: z.string(),
            breaker: z.enum(['closed', 'open', 'half-open']),
            samples: z.number().describe('How many calls of right now the figures are worth.'),
            firstTokenMs: z.number().optional(),
            totalMs: z.number().optional(),
            errorRate: z.number().optional(),
            inFlight: count,
          }),
        )
        .optional()
        .describe('What is known of its models that were asked.'),
      alarms: z.array(z.string()).optional().describe('What an operator should look at, such as a refused key.'),
    }),
  ),
});
export const modelsAnswer = z.object({
  models: z.array(
    z.object({
      id: z.string(),
      provider: z.string(),
      created: z.number(),
      aliasOf: z.string().optional(),
      contextTokens: z.number().optional(),
      price: z
        .object({
          inputUsdPerMTok: z.number(),
          cachedInputUsdPerMTok: z.number().optional(),
          outputUsdPerMTok: z.number(),
        })
        .nullable(),
    }),
  ),
});
export const healthAnswer = z.object({ status: z.string() });
export const readinessAnswer = z.object({ status: z.string(), ready: z.boolean(), degraded: z.array(z.string()) });
export const errorAnswer = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
});

export type PolicyAnswer = z.infer<typeof policyAnswer>;
export type PolicyBody = z.input<typeof policyBody>;
export type PolicyPatchBody = z.input<typeof policyPatchBody>;
export type StatsQuery = z.output<typeof statsQuery>;
export type StatsSummary = Readonly<z.infer<typeof statsSummary>>;
export type StatsAnswer = z.infer<typeof statsAnswer>;
export type EntrySummary = z.infer<typeof entrySummary>;
export type InvalidateBody = z.input<typeof invalidateBody>;
export type DecisionsQuery = z.output<typeof decisionsQuery>;
export interface DecisionPage {
  readonly decisions: readonly DecisionRecord[];
  readonly cursor?: string | undefined;
}
