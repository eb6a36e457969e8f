import { NAMESPACE_PATTERN, policySchema } from '@nearhit/core';
import { z } from 'zod';
import { indexSchema, queueSchema, redisSchema, servicesSchema } from './distributed.ts';
import { providerSchema } from './provider.ts';
import { milliseconds } from './units.ts';

/** Whether the data plane needs a key. Not set: only where others than this machine may reach it. */
export const AUTH = ['required', 'optional'] as const;
export type Auth = (typeof AUTH)[number];
const name = z.string().min(1).max(256);
const usdPerMTok = z.number().min(0).max(1_000_000);

const priceSchema = z.strictObject({
  inputUsdPerMTok: usdPerMTok,
  cachedInputUsdPerMTok: usdPerMTok.optional(),
  outputUsdPerMTok: usdPerMTok,
});

const routingPolicy = z.enum(['priority', 'weighted', 'cost', 'latency', 'balanced']);
const share = z.number().min(0).max(1_000_000);

const modelSchema = z.strictObject({
  id: name,
  aliases: z.array(name).default([]),
  routing: routingPolicy.default('priority'),
  targets: z
    .array(z.strictObject({ provider: name, model: name, weight: share.default(1), price: priceSchema.optional() }))
    .default([]),
  fallbacks: z.array(name).default([]),
  price: priceSchema.optional(),
  contextTokens: z.int().min(1).optional(),
  weights: z.strictObject({ cost: share, latency: share, reliability: share }).optional(),
  sticky: z.boolean().default(false),
  hedgeAfterMs: milliseconds.optional(),
});

/** What may be used in a minute, at once, in a day and in a month. Absent: no limit. */
const limitFields = {
  rpm: z.int().min(0).max(1_000_000_000).optional(),
  tpm: z.int().min(0).max(1_000_000_000_000).optional(),
  concurrent: z.int().min(0).max(1_000_000).optional(),
  budgetUsdDay: z.number().min(0).max(1_000_000_000).optional(),
  budgetUsdMonth: z.number().min(0).max(1_000_000_000).optional(),
};

const routingPreference = z.strictObject({
  policy: routingPolicy.optional(),
  maxLatencyMs: milliseconds.optional(),
  maxCostUsd: z.number().min(0).max(1_000_000).optional(),
});

const tenantSchema = z.strictObject({ id: name, ...limitFields, routing: routingPreference.optional() });

const namespaceName = z.string().regex(NAMESPACE_PATTERN);
const namespacePolicySchema = policySchema.extend({ models: z.record(name, policySchema).default({}) });

export const cacheSchema = z.strictObject({
  lookupTimeoutMs: z.int().min(1).max(60_000).default(150),
  l1: z
    .strictObject({
      bytesMax: z.int().min(0).max(1_099_511_627_776).default(67_108_864),
      slidingSeconds: z.int().min(1).max(86_400).default(300),
    })
    .prefault({}),
});

export const embeddingSchema = z.strictObject({
  model: z.string().min(1).optional(),
  threads: z.int().min(1).max(256).default(1),
  queueMax: z.int().min(1).max(1_000_000).default(4_096),
});

export const telemetrySchema = z.strictObject({
  /** OTLP over HTTP, `http://collector:4318`; not set: no traces. */
  otlpEndpoint: z
    .string()
    .trim()
    .refine((url) => url === '' || isHttpUrl(url), { error: 'expected a URL such as http://collector:4318' })
    .transform((url) => url || undefined)
    .optional(),
  serviceName: z.string().min(1).max(128).default('nearhit'),
  sampleRatio: z.number().min(0).max(1).default(1),
});

/** What can be guessed signs nothing. */
export const WEBHOOK_SECRET_CHARS_MIN = 16;

export const fileSchema = z.strictObject({
  server: z
    .strictObject({
      port: z.int().min(0).max(65_535).default(8080),
      host: z.string().min(1).default('127.0.0.1'),
      bodyBytesMax: z.int().min(1_024).max(1_073_741_824).default(10_485_760),
      adminToken: z
        .string()
        .transform((token) => token || undefined)
        .optional(),
      /** Upstream credentials of API keys are sealed under it. */
      secret: z
        .string()
        .transform((secret) => secret || undefined)
        .optional(),
      /** Shared with whoever tells of changed documents; not set: only the admin token lets them in. */
      webhookSecret: z
        .string()
        .refine((secret) => secret === '' || secret.length >= WEBHOOK_SECRET_CHARS_MIN, {
          error: `expected at least ${WEBHOOK_SECRET_CHARS_MIN} characters`,
        })
        .transform((secret) => secret || undefined)
        .optional(),
    })
    .prefault({}),
  auth: z.enum(AUTH).optional(),
  providers: z.array(providerSchema).default([]),
  models: z.array(modelSchema).default([]),
  retry: z
    .strictObject({
      attemptsMax: z.int().min(1).max(10).default(3),
      backoffMs: z.int().min(0).max(60_000).default(200),
      backoffMsMax: z.int().min(0).max(600_000).default(5_000),
    })
    .prefault({}),
  breaker: z
    .strictObject({
      failures: z.int().min(1).max(1_000_000).default(5),
      openMs: milliseconds.default(10_000),
    })
    .prefault({}),
  tenants: z.array(tenantSchema).default([]),
  limits: z
    .strictObject({
      /** What an answer from the cache counts against its caller's limits. */
      hitRequests: z.number().min(0).max(1).default(1),
      hitTokensShare: z.number().min(0).max(1).default(0),
      /** While nobody can say what was used: let requests in, or refuse them. */
      whenUnavailable: z.enum(['open', 'closed']).default('open'),
    })
    .prefault({}),
  usage: z
    .strictObject({
      recordDays: z.int().min(1).max(3_650).default(30),
      rollupDays: z.int().min(1).max(36_500).default(400),
      prompts: z.boolean().default(false),
    })
    .prefault({}),
  batches: z
    .strictObject({
      concurrency: z.int().min(1).max(1_000).default(8),
      linesMax: z.int().min(1).max(1_000_000).default(50_000),
      fileBytesMax: z.int().min(1_024).max(2_147_483_648).default(209_715_200),
      fileDays: z.int().min(1).max(365).default(30),
    })
    .prefault({}),
  telemetry: telemetrySchema.prefault({}),
  logging: z.strictObject({ requests: z.boolean().default(true), prompts: z.boolean().default(false) }).prefault({}),
  cache: cacheSchema.prefault({}),
  embedding: embeddingSchema.prefault({}),
  index: indexSchema.prefault({}),
  queue: queueSchema.prefault({}),
  redis: redisSchema.prefault({}),
  services: servicesSchema.prefault({}),
  policies: z
    .strictObject({
      default: policySchema.default({}),
      namespaces: z.record(namespaceName, namespacePolicySchema).default({}),
    })
    .prefault({}),
});

export type FileConfig = z.output<typeof fileSchema>;
/** What may stand in nearhit.yaml: everything with a default may be left out. */
export type ConfigInput = z.input<typeof fileSchema>;

function isHttpUrl(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
