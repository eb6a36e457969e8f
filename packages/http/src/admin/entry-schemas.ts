import { z } from 'zod';
import { count, cursor, limit, model, namespace, tag, tokenUsage } from './schemas.ts';

export const entryParams = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{64}$/, 'expected the 64 hex digits of an entry id'),
});

const documentId = z.string().min(1).max(512);

export const entriesQuery = z
  .strictObject({
    namespace: namespace.optional(),
    model: model.optional(),
    tenant: z.string().min(1).max(128).optional(),
    tag: tag.optional().describe('Exact, or without its version: `doc:42` finds `doc:42@v3`.'),
    tags: z.string().min(1).max(10_000).optional().describe('Several by commas: any of them.'),
    context: documentId.optional().describe('Answers that rest on this document.'),
    contextVersionBelow: z.string().min(1).max(128).optional().describe('With `context`: on an older version of it.'),
    text: z.string().min(1).max(1000).optional().describe('Looked for in the questions, as `match` says.'),
    match: z
      .enum(['substring', 'meaning'])
      .default('substring')
      .describe(
        '`substring`: part of the question, in any case. `meaning`: by similarity, the nearest first; no cursor.',
      ),
    cursor: cursor.optional(),
    limit,
  })
  .refine(({ match, text, cursor: from }) => match === 'substring' || (text !== undefined && from === undefined), {
    error: 'match=meaning needs a text, and has no cursor',
    path: ['match'],
  })
  .refine(({ context, contextVersionBelow }) => contextVersionBelow === undefined || context !== undefined, {
    error: 'contextVersionBelow goes with context',
    path: ['contextVersionBelow'],
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
  usage: tokenUsage,
  createdAtMs: z.number(),
  expiresAtMs: z.number(),
  staleUntilMs: z.number(),
  expired: z.boolean(),
  bytes: count,
});
export const entriesAnswer = z.object({
  entries: z.array(
    entrySummary.extend({ similarity: z.number().optional().describe('Cosine, with `match=meaning`.') }),
  ),
  cursor: z.string().optional(),
  complete: z
    .boolean()
    .optional()
    .describe('With `match=meaning`: false where so many match the other filters that not each was compared.'),
});
export const entryAnswer = entrySummary.extend({
  fingerprint: z.string(),
  embeddingModel: z.string().nullable(),
  history: z.array(z.string()).optional().describe('Earlier user texts that are compared by meaning.'),
  answer: z.unknown().describe('The stored `chat.completion` object, as clients get it.'),
});

const seconds = z.number().min(0).max(3_153_600_000);
export const invalidateBody = z
  .strictObject({
    tags: z.array(tag).min(1).max(1000).optional().describe('Any of them; `doc:42` also drops `doc:42@v3`.'),
    namespace: namespace.optional(),
    model: model.optional(),
    context: z
      .strictObject({
        id: documentId,
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

export type EntrySummary = z.infer<typeof entrySummary>;
export type InvalidateBody = z.input<typeof invalidateBody>;
