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
  inputUsdPerMTok: usdPerMTok.describe('USD for a million input tokens.'),
  cachedInputUsdPerMTok: usdPerMTok.optional().describe('Of those that the provider had cached. Absent: as input.'),
  outputUsdPerMTok: usdPerMTok.describe('USD for a million output tokens.'),
});

const routingPolicy = z.enum(['priority', 'weighted', 'cost', 'latency', 'balanced']);
const share = z.number().min(0).max(1_000_000);

const modelSchema = z.strictObject({
  id: name.describe('What clients ask for.'),
  aliases: z.array(name).default([]).describe('Other names for it.'),
  routing: routingPolicy.default('priority').describe('How a target is chosen.'),
  targets: z
    .array(z.strictObject({ provider: name, model: name, weight: share.default(1), price: priceSchema.optional() }))
    .default([])
    .describe('Providers, and what the model is called there. None: the only provider, under the same name.'),
  fallbacks: z.array(name).default([]).describe('Models asked when all targets have failed.'),
  price: priceSchema.optional().describe('Absent: as the shipped list has it, or unknown.'),
  contextTokens: z.int().min(1).optional().describe('Length of its context.'),
  weights: z
    .strictObject({ cost: share, latency: share, reliability: share })
    .optional()
    .describe('Of `balanced`. Default 0.4, 0.3, 0.3.'),
  sticky: z.boolean().default(false).describe('Prompts that begin alike go to one target.'),
  hedgeAfterMs: milliseconds.optional().describe('No answer for so long: the next target is asked as well.'),
});

/** What may be used in a minute, at once, in a day and in a month. Absent: no limit. */
const limitFields = {
  rpm: z.int().min(0).max(1_000_000_000).optional().describe('Requests in a minute.'),
  tpm: z.int().min(0).max(1_000_000_000_000).optional().describe('Tokens in a minute.'),
  concurrent: z.int().min(0).max(1_000_000).optional().describe('Requests at once.'),
  budgetUsdDay: z.number().min(0).max(1_000_000_000).optional().describe('USD in a day (UTC).'),
  budgetUsdMonth: z.number().min(0).max(1_000_000_000).optional().describe('USD in a month (UTC).'),
};

const routingPreference = z.strictObject({
  policy: routingPolicy.optional().describe("Wins over the model's."),
  maxLatencyMs: milliseconds.optional().describe('Only targets expected to answer within it.'),
  maxCostUsd: z
    .number()
    .min(0)
    .max(1_000_000)
    .optional()
    .describe('Only targets expected to cost less, for one request.'),
});

const tenantSchema = z.strictObject({ id: name, ...limitFields, routing: routingPreference.optional() });

const namespaceName = z.string().regex(NAMESPACE_PATTERN);
const namespacePolicySchema = policySchema.extend({ models: z.record(name, policySchema).default({}) });

export const cacheSchema = z.strictObject({
  lookupTimeoutMs: z
    .int()
    .min(1)
    .max(60_000)
    .default(150)
    .describe('A look-up that takes longer is given up, and the request goes upstream.'),
  verifierDir: z
    .string()
    .min(1)
    .optional()
    .describe('Folder of another verifier, trained by `test/eval/train`. Absent: the bundled one.'),
  l1: z
    .strictObject({
      bytesMax: z.int().min(0).max(1_099_511_627_776).default(67_108_864).describe('Answers kept in memory.'),
      slidingSeconds: z
        .int()
        .min(1)
        .max(86_400)
        .default(300)
        .describe('An answer that nobody asked for so long leaves memory.'),
    })
    .prefault({}),
});

export const embeddingSchema = z.strictObject({
  model: z.string().min(1).optional().describe('A folder, or a Hugging Face id. Absent: the bundled all-MiniLM-L6-v2.'),
  threads: z.int().min(1).max(256).default(1).describe('About 100 MB each.'),
  queueMax: z.int().min(1).max(1_000_000).default(4_096).describe('Texts that may wait; more are refused with 503.'),
});

export const telemetrySchema = z.strictObject({
  otlpEndpoint: z
    .string()
    .trim()
    .refine((url) => url === '' || isHttpUrl(url), { error: 'expected a URL such as http://collector:4318' })
    .transform((url) => url || undefined)
    .optional()
    .describe('OTLP over HTTP, such as http://collector:4318. Absent: no traces.'),
  serviceName: z.string().min(1).max(128).default('nearhit').describe('What traces are named after.'),
  sampleRatio: z.number().min(0).max(1).default(1).describe('Of requests that are not part of a trace already.'),
});

/** What can be guessed signs nothing. */
export const WEBHOOK_SECRET_CHARS_MIN = 16;

export const fileSchema = z.strictObject({
  server: z
    .strictObject({
      port: z.int().min(0).max(65_535).default(8080).describe('0: a free one.'),
      host: z.string().min(1).default('127.0.0.1').describe('Listen address.'),
      bodyBytesMax: z
        .int()
        .min(1_024)
        .max(1_073_741_824)
        .default(10_485_760)
        .describe('A longer request body is refused with 413.'),
      adminToken: z
        .string()
        .transform((token) => token || undefined)
        .optional()
        .describe('Bearer token of the admin API. Absent: made at the first start.'),
      secret: z
        .string()
        .transform((secret) => secret || undefined)
        .optional()
        .describe('Upstream credentials of API keys are sealed under it. Absent: made at the first start.'),
      webhookSecret: z
        .string()
        .refine((secret) => secret === '' || secret.length >= WEBHOOK_SECRET_CHARS_MIN, {
          error: `expected at least ${WEBHOOK_SECRET_CHARS_MIN} characters`,
        })
        .transform((secret) => secret || undefined)
        .optional()
        .describe('What senders of webhooks sign with. Absent: only the admin token lets them in.'),
    })
    .prefault({}),
  auth: z
    .enum(AUTH)
    .optional()
    .describe('Whether the data plane needs a key. Absent: required, unless only this machine reaches it.'),
  providers: z
    .array(providerSchema)
    .default([])
    .describe('Whom requests are sent to. None here and none in the environment: the built-in demo.'),
  models: z
    .array(modelSchema)
    .default([])
    .describe('What clients may ask for. Not needed with one provider: any model name goes to it.'),
  retry: z
    .strictObject({
      attemptsMax: z.int().min(1).max(10).default(3).describe('Calls to one target for one reply.'),
      backoffMs: z
        .int()
        .min(0)
        .max(60_000)
        .default(200)
        .describe('Pause before the second, doubled for each further one; with full jitter.'),
      backoffMsMax: z.int().min(0).max(600_000).default(5_000).describe('Longest pause.'),
    })
    .prefault({}),
  breaker: z
    .strictObject({
      failures: z.int().min(1).max(1_000_000).default(5).describe('In a row; then the target is left alone.'),
      openMs: milliseconds.default(10_000).describe('For so long; then one request tries it.'),
    })
    .prefault({}),
  tenants: z.array(tenantSchema).default([]).describe('Limits of tenants.'),
  limits: z
    .strictObject({
      hitRequests: z.number().min(0).max(1).default(1).describe('What an answer from the cache counts of a request.'),
      hitTokensShare: z.number().min(0).max(1).default(0).describe('And of its tokens.'),
      whenUnavailable: z
        .enum(['open', 'closed'])
        .default('open')
        .describe('While nobody can say what was used: let requests in, or refuse them with 503.'),
    })
    .prefault({}),
  usage: z
    .strictObject({
      recordDays: z.int().min(1).max(3_650).default(30).describe('How long the record of a request is kept.'),
      rollupDays: z.int().min(1).max(36_500).default(400).describe('How long the sums by day are kept.'),
      prompts: z.boolean().default(false).describe('The question is kept with the record.'),
    })
    .prefault({}),
  batches: z
    .strictObject({
      concurrency: z.int().min(1).max(1_000).default(8).describe('Lines at work in one process.'),
      linesMax: z.int().min(1).max(1_000_000).default(50_000).describe('Requests in a file.'),
      fileBytesMax: z.int().min(1_024).max(2_147_483_648).default(209_715_200).describe('A larger file is refused.'),
      fileDays: z.int().min(1).max(365).default(30).describe('How long files are kept.'),
    })
    .prefault({}),
  telemetry: telemetrySchema.prefault({}),
  logging: z
    .strictObject({
      requests: z.boolean().default(true).describe('One line per request at level info.'),
      prompts: z.boolean().default(false).describe('With its question.'),
    })
    .prefault({}),
  cache: cacheSchema.prefault({}),
  embedding: embeddingSchema.prefault({}),
  index: indexSchema.prefault({}),
  queue: queueSchema.prefault({}),
  redis: redisSchema.prefault({}),
  services: servicesSchema.prefault({}),
  policies: z
    .strictObject({
      default: policySchema.default({}).describe('In force where nothing nearer says otherwise.'),
      namespaces: z
        .record(namespaceName, namespacePolicySchema)
        .default({})
        .describe(
          'By namespace, the same fields as `default`; `models` in it by model. The nearest one given wins, field by field.',
        ),
    })
    .prefault({}),
});

export type FileConfig = z.output<typeof fileSchema>;
/** What may stand in nearhit.yaml: everything with a default may be left out. */
export type ConfigInput = z.input<typeof fileSchema>;

function isHttpUrl(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
