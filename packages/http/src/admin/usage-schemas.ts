import { USAGE_GROUPS } from '@nearhit/core';
import { z } from 'zod';
import { count, limit } from './schemas.ts';

/** Bodies about the accounts. */

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const day = z
  .string()
  .refine((text) => DAY.test(text) && isDay(text), { error: 'expected a day such as 2026-11-30' })
  .describe('A whole day, UTC: `2026-11-30`.');

/** 2026-02-30 is none. */
function isDay(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10) === text;
}

const text = z.string().min(1).max(256);
const filterFields = {
  from: day.optional().describe('First day, UTC.'),
  to: day.optional().describe('Last day, UTC, included.'),
  tenant: text.optional(),
  key: text.optional().describe('Id of an API key.'),
  namespace: text.optional(),
  model: text.optional().describe('As clients ask for it.'),
  provider: text.optional(),
};

const groups = z
  .string()
  .transform((names) => [...new Set(names.split(',').map((name) => name.trim()))])
  .pipe(z.array(z.enum(USAGE_GROUPS, { error: `expected some of ${USAGE_GROUPS.join(', ')}, by commas` })))
  .default(['day'])
  .describe(`Some of ${USAGE_GROUPS.join(', ')}, by commas.`);

const inOrder = ({ from, to }: { from?: string | undefined; to?: string | undefined }): boolean =>
  from === undefined || to === undefined || from <= to;
const IN_ORDER = { path: ['from'], error: 'expected a day that is not after `to`' };

export const usageQuery = z
  .strictObject({
    groupBy: groups,
    ...filterFields,
    from: day.optional().describe('First day, UTC. Default: 29 days before `to`.'),
    to: day.optional().describe('Last day, UTC, included. Default: today.'),
  })
  .refine(inOrder, IN_ORDER);
export const usageRecordsQuery = z
  .strictObject({
    ...filterFields,
    cursor: z.string().min(1).max(1024).optional().describe('`cursor` of the page before.'),
    limit,
  })
  .refine(inOrder, IN_ORDER);

const totals = z.object({
  requests: count,
  hits: count.describe('Served from the cache, stale ones included.'),
  misses: count,
  bypasses: count,
  errors: count.describe('Calls cut off by the end of a process are among them.'),
  promptTokens: count.describe('As providers counted them; of hits and of shared calls none.'),
  cachedPromptTokens: count.describe('Of `promptTokens`: read from the provider’s own cache.'),
  completionTokens: count,
  estimatedTokens: count.describe('Of both: guessed, because the provider counted nothing.'),
  costUsd: z.number(),
  savedUsd: z.number(),
  savedTokens: count,
});
const group = totals.extend({
  day: z.string().optional(),
  tenant: z.string().optional(),
  key: z.string().optional(),
  namespace: z.string().optional(),
  model: z.string().optional(),
  provider: z.string().optional(),
  upstreamModel: z.string().optional(),
});
export const usageAnswer = z.object({
  from: z.string(),
  to: z.string(),
  groupBy: z.array(z.enum(USAGE_GROUPS)),
  groups: z.array(group).describe('In rising order of what they are grouped by.'),
  totals,
});

const record = z.object({
  id: z.string(),
  requestId: z.string(),
  atMs: z.number().describe('When it ended.'),
  tenant: z.string(),
  keyId: z.string(),
  namespace: z.string(),
  endpoint: z.enum(['chat', 'messages', 'responses', 'embeddings', 'batch', 'audit']),
  model: z.string(),
  provider: z.string(),
  upstreamModel: z.string(),
  attempts: count,
  outcome: z.enum(['hit', 'miss', 'bypass', 'stale', 'error', 'interrupted']),
  layer: z.enum(['l1', 'l2', 'semantic']).optional(),
  reason: z.string().optional(),
  status: z.number(),
  promptTokens: z.number(),
  cachedPromptTokens: z.number(),
  completionTokens: z.number(),
  costUsd: z.number(),
  estimated: z.boolean().optional(),
  savedUsd: z.number(),
  savedTokens: z.number(),
  latencyMs: z.number(),
  firstByteMs: z.number(),
  overheadMs: z.number(),
  query: z.string().optional().describe('Only where `usage.prompts` is on.'),
});
export const usageRecordsAnswer = z.object({
  records: z.array(record).describe('Newest first; fewer than asked for, even none, where the filter finds few.'),
  cursor: z.string().optional().describe('For the next page; absent on the last one.'),
});

export type UsageAnswer = z.infer<typeof usageAnswer>;
export type UsageRecordsAnswer = z.infer<typeof usageRecordsAnswer>;
