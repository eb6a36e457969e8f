import type { DecisionRecord } from '@nearhit/core';
import { z } from 'zod';
import { count, cursor, limit, model, namespace, tokenUsage } from './schemas.ts';

export const statsQuery = z.strictObject({
  window: z.enum(['5m', '1h', '24h', '7d']).default('1h'),
  namespace: namespace.optional(),
  model: model.optional(),
});

const quantiles = z.object({
  count,
  p50: z.number().nullable(),
  p95: z.number().nullable(),
  p99: z.number().nullable(),
});
const tokens = z.object({ input: z.number(), output: z.number() });

const figures = z.object({
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
});
const asked = {
  window: z.enum(['5m', '1h', '24h', '7d']),
  namespace: z.string().nullable(),
  model: z.string().nullable(),
};
const statsSummary = figures.extend({
  ...asked,
  incidents: z.record(z.string(), count).describe('Survived failures by name, since the process began.'),
});
export const statsAnswer = statsSummary.extend({
  entries: count.describe('Stored now in the namespace, or in all; not by model.'),
  bytes: count,
});

export const seriesAnswer = z.object({
  ...asked,
  bucketSeconds: z.number().describe('60 (5m, 1h), 600 (24h) or 3600 (7d).'),
  buckets: z
    .array(figures.extend({ startMs: z.number() }))
    .describe('Oldest first; the last one is running. Where nothing was asked there are zeros.'),
});

/** `event: stats` of `GET /events`. */
export const statsEvent = statsSummary.extend({
  atMs: z.number(),
  recent: figures
    .extend({ seconds: z.number().describe('How many they are: what they count, divided by it, is per second.') })
    .nullable()
    .describe('The last second, or with other processes the last four. Null in the first event.'),
});

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
const networkWord = z
  .union([
    z.object({ logit: z.number() }),
    z.object({ silent: z.enum(['sure', 'script', 'long', 'late', 'failed', 'absent']) }),
  ])
  .describe('What the verifier’s network said of the pair, or why it did not count.');
const basis = z
  .object({
    embeddingModel: z.string(),
    rules: z.string().describe('Version of the rules that compared both questions.'),
    guard: z.string(),
    similarityMin: z.number(),
    similarityOrigin: z
      .string()
      .describe('Who says so: `request`, `key`, `floor`, or the policy level that set `threshold`.'),
    verified: z
      .object({
        version: z.string(),
        probabilityMin: z.number().nullable().describe('Null: no probability would do.'),
        similarityWithout: z.number(),
        calibration: z
          .object({
            maxErrorRate: z.number(),
            bar: z.number().nullable(),
            origin: z.string(),
            bound95: z.number(),
            priorVersion: z.string(),
          })
          .optional(),
      })
      .optional()
      .describe('Absent: cosine similarity and guards decided alone.'),
    turns: z.boolean().optional(),
    candidates: z.array(
      z.object({
        entryId: z.string(),
        similarity: z.number(),
        verdict: z.string(),
        probability: z.number().optional(),
        link: z.enum(['must', 'cannot']).optional(),
        network: networkWord.optional(),
      }),
    ),
  })
  .describe('What a decision by meaning rested on; enough to make it once more.');
export const decision = z.object({
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
  stage: z.string().optional().describe('`identity`: served as the same question but for its form.'),
  reason: z.string().optional(),
  exactOnly: z.string().optional().describe('Why it was matched exactly only: `pronoun`, `tools` ...'),
  volatile: z.string().optional().describe('The rule by which the question is a time-sensitive one.'),
  similarity: z.number().optional(),
  score: z.number().optional().describe('The verifier’s probability that serving is right.'),
  scorer: z.string().optional(),
  fingerprint: z.string().optional(),
  threshold: z.number().describe('Cosine similarity that a candidate needed at least.'),
  basis: basis.optional(),
  entryId: z.string().optional(),
  candidate: z
    .object({ entryId: z.string(), query: z.string(), key: z.string().optional() })
    .optional()
    .describe('Nearest stored question.'),
  query: z.string().describe('The first 2,000 characters.'),
  queryKey: z.string().optional().describe('SHA-256 of the whole normalised wording, where `query` was cut.'),
  stream: z.boolean(),
  status: z.number(),
  provider: z.string().optional(),
  upstreamModel: z.string().optional(),
  attempts: z.number().optional(),
  route: route.optional(),
  shared: z.boolean().optional().describe('Answered from a call that another request pays for.'),
  cachedPromptTokens: z.number().optional(),
  notStored: z.string().optional().describe('Why the answer of a miss was not stored.'),
  usage: tokenUsage.optional(),
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

export const replayParams = z.strictObject({ id: z.string().min(1).max(200) });
export const replayQuery = z.strictObject({
  tenant: z.string().min(1).max(128).optional().describe('Whose request. Default: the newest of that id.'),
});
const decided = z.object({
  kind: z.enum(['serve', 'refuse']),
  entryId: z.string().nullable(),
  reason: z.string().nullable(),
});
export const replayAnswer = z.object({
  id: z.string(),
  same: z
    .boolean()
    .describe('The decision comes out as it did: the same answer served, or refused for the same reason.'),
  recorded: decided,
  replayed: decided,
  differs: z
    .array(z.object({ what: z.string(), recorded: z.unknown(), replayed: z.unknown() }))
    .describe('Versions, verdicts and probabilities that are not what they were.'),
  bar: basis.pick({ similarityMin: true, similarityOrigin: true, verified: true }).nullable(),
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

export type StatsQuery = z.output<typeof statsQuery>;
export type StatsSummary = Readonly<z.infer<typeof statsSummary>>;
export type StatsAnswer = z.infer<typeof statsAnswer>;
export type DecisionsQuery = z.output<typeof decisionsQuery>;
export interface DecisionPage {
  readonly decisions: readonly DecisionRecord[];
  readonly cursor?: string | undefined;
}
