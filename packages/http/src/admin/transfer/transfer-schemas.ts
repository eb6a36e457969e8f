import { z } from 'zod';
import { newPair, pair } from '../evidence-schemas.ts';
import { count, model, namespace, tag } from '../schemas.ts';

/** Lines of an export, which are those of an import, and what is said of an import. */

const tenant = z.string().min(1).max(128);
const HEX_64 = /^[0-9a-f]{64}$/;
const hex = z.string().regex(HEX_64, 'expected 64 hex digits');
/** As long as a line may be. */
export const LINE_BYTES_MAX = 16_777_216;
const text = z.string().max(LINE_BYTES_MAX);
const ms = z.number().min(0).max(1e15);
const document = z.strictObject({
  id: z.string().min(1).max(512),
  version: z.union([z.string().max(128), z.number()]).optional(),
});
const usage = z.strictObject({
  promptTokens: z.number().min(0),
  completionTokens: z.number().min(0),
  estimated: z.boolean().optional(),
});

export const entryLine = z
  .strictObject({
    type: z.literal('entry').optional(),
    text: text.optional().describe('The question.'),
    query: text.optional().describe('Another spelling of `text`.'),
    answer: z
      .union([z.string(), z.record(z.string(), z.unknown())], 'expected a chat.completion object, or a text')
      .describe('A `chat.completion` object, or what the assistant says.'),
    namespace: namespace.default('default'),
    model,
    tenant: tenant.default('default'),
    tags: z.array(tag).max(1000).optional(),
    context: z.array(document).max(1000).optional(),
    createdAtMs: ms.optional().describe('Default: now.'),
    expiresAtMs: ms.optional().describe('Default: as the policy has it.'),
    staleUntilMs: ms.optional(),
    id: hex
      .optional()
      .describe('With `fingerprint`: of a request that was more than the bare question. Default: of that.'),
    fingerprint: hex.optional(),
    semantic: z.boolean().optional().describe('False: to be found word for word only.'),
    history: z.array(z.string()).max(1000).optional(),
    provider: z.string().max(128).optional(),
    upstreamModel: z.string().max(256).optional(),
    attempts: z.int().min(0).max(1000).optional(),
    costUsd: z.number().min(0).optional(),
    usage: usage.optional(),
    embeddingModel: z.string().max(256).optional(),
    vector: z
      .string()
      .max(100_000)
      .optional()
      .describe(
        'Little-endian 32-bit floats in base64. Of another `embeddingModel` than is in force: made anew, as where there is none.',
      ),
  })
  .refine((line) => (line.text === undefined) !== (line.query === undefined), {
    error: "expected 'text'",
    path: ['text'],
  })
  // Of a picture or a tool's result alone there is no text; what was asked is in the fingerprint.
  .refine(({ text, query, fingerprint }) => (text ?? query) !== '' || fingerprint !== undefined, {
    error: 'Too small: expected string to have >=1 characters',
    path: ['text'],
  })
  .refine((line) => (line.id === undefined) === (line.fingerprint === undefined), {
    error: 'id and fingerprint go together',
    path: ['id'],
  });

export const pairLine = newPair.safeExtend({ type: z.literal('pair') });
const entryOut = z.looseObject({ type: z.literal('entry'), text: z.string(), answer: z.unknown() });
export const exportItem = z.discriminatedUnion('type', [entryOut, pair.extend({ type: z.literal('pair') })]);
export const importItem = z.union([entryLine, pairLine]);

const flag = z.enum(['true', 'false']);

export const exportQuery = z.strictObject({
  namespace: namespace.optional(),
  model: model.optional(),
  tenant: tenant.optional(),
  tag: tag.optional(),
  vectors: flag
    .default('false')
    .describe('With their vectors: about 2 kB more each, and nothing to embed where the model is the same.'),
  pairs: flag.default('true').describe('Judged pairs follow the entries.'),
});

export const importQuery = z.strictObject({
  ttlSeconds: z.coerce
    .number('expected a whole number from 1 to 315360000')
    .int('expected a whole number from 1 to 315360000')
    .min(1)
    .max(315_360_000)
    .optional()
    .describe('Every entry lives for so long from now, whatever its line says.'),
  dryRun: flag.default('false').describe('Only check.'),
});

export const LINES_REPORTED_MAX = 1000;
const lineError = z.object({ line: count, error: z.string() });
export const importAnswer = z.object({
  dryRun: z.boolean(),
  lines: count.describe('That hold anything.'),
  entries: count,
  pairs: count,
  refused: count,
  errors: z
    .array(lineError)
    .describe(
      `The first ${LINES_REPORTED_MAX}. With \`Accept: application/x-ndjson\` each comes as a line of its own.`,
    ),
});

export type ImportAnswer = z.infer<typeof importAnswer>;
