import { z } from 'zod';
import { count, limit } from './schemas.ts';

/** Bodies about the processes that work together, and about the queue between them. */

const queueCounts = z.object({
  waiting: count.describe('Taken in and not yet begun.'),
  active: count,
  delayed: count.describe('Failed and waiting for their next try.'),
  dead: count.describe('Given up: see `/queue/dead-letters`.'),
});

const serviceStatus = z.object({
  kind: z.enum(['ingress', 'embedding', 'cache', 'worker', 'standalone']),
  id: z.string().describe('Of the process; a restarted one has another.'),
  host: z.string(),
  version: z.string(),
  startedAtMs: z.number(),
  seenAtMs: z.number(),
  position: count.optional().describe('Of those that follow the log: the last record that they have taken in.'),
  lag: count.optional().describe('Records of the log that it has not yet taken in.'),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

export const servicesAnswer = z.object({
  services: z.array(serviceStatus).describe('By kind, then by age. One that has not reported for 10 s is gone.'),
  log: z
    .object({ firstSeq: count, lastSeq: count })
    .optional()
    .describe('What the log holds; `firstSeq` is `lastSeq` + 1 when it is empty.'),
  queue: queueCounts.optional(),
});

export const queueAnswer = queueCounts;
export const deadLettersQuery = z.strictObject({
  offset: z.coerce
    .number('expected a whole number from 0 to 10000000')
    .int('expected a whole number from 0 to 10000000')
    .min(0, 'expected a whole number from 0 to 10000000')
    .max(10_000_000, 'expected a whole number from 0 to 10000000')
    .default(0),
  limit,
});
export const deadLettersAnswer = z.object({
  deadLetters: z
    .array(
      z.object({
        id: z.string(),
        entryId: z.string().optional().describe('Absent when the job could not even be read.'),
        namespace: z.string().optional(),
        model: z.string().optional(),
        attempts: count,
        failedAtMs: z.number(),
        reason: z.string(),
      }),
    )
    .describe('Newest first.'),
});
export const deadLetterIdsBody = z.strictObject({
  ids: z.array(z.string().min(1).max(512)).min(1).max(1000).optional().describe('Absent: all of them.'),
});
export const deadLetterCountAnswer = z.object({ count: count.describe('How many there were of them.') });

export const FLUSH_TIMEOUT_MS = 30_000;
const wholeMs = z.int('expected a whole number from 1 to 600000').min(1).max(600_000);
const TIMEOUT = `503 \`flush_timeout\` when it takes longer; default ${FLUSH_TIMEOUT_MS}.`;
export const flushQuery = z.strictObject({
  timeoutMs: z.coerce
    .number('expected a whole number from 1 to 600000')
    .int('expected a whole number from 1 to 600000')
    .min(1)
    .max(600_000)
    .optional()
    .describe(TIMEOUT),
});
export const flushBody = z.strictObject({ timeoutMs: wholeMs.optional().describe(TIMEOUT) });

export type ServicesAnswer = z.infer<typeof servicesAnswer>;
export type QueueAnswer = z.infer<typeof queueAnswer>;
export type DeadLettersAnswer = z.infer<typeof deadLettersAnswer>;
