import type { EmbeddingModel, IndexStats } from '@nearhit/core';
import { z } from 'zod';

/** What the internal services and their clients agree on. Binary bodies: `embed-codec.ts` and `nearest-codec.ts`. */

export const PATHS = {
  embed: '/internal/v1/embed',
  model: '/internal/v1/model',
  nearest: '/internal/v1/nearest',
  position: '/internal/v1/position',
  score: '/internal/v1/score',
  stats: '/internal/v1/stats',
  readyz: '/readyz',
} as const;

/** Milliseconds that are left, counted from the sending: clocks need not agree. Absent: no deadline. */
export const DEADLINE_HEADER = 'x-nearhit-deadline-ms';
/** Of the client's request that a call is made for, for the log. */
const REQUEST_ID_HEADER = 'x-request-id';
/** Of the model that made the vectors of this answer. */
export const MODEL_VERSION_HEADER = 'x-nearhit-model-version';
export const BINARY = 'application/octet-stream';

export const modelAnswer = z.object({
  id: z.string().min(1),
  version: z.string().regex(/^[\x21-\x7e]{1,200}$/),
  dimensions: z.int().min(1).max(65_535),
  tokensMax: z.int().min(1),
}) satisfies z.ZodType<EmbeddingModel>;

/** What the embedding service says of itself. `network`: the version of its network of pairs, where it has one. */
export const embeddingAnswer = modelAnswer.extend({
  network: z
    .string()
    .regex(/^[\x21-\x7e]{1,100}$/)
    .optional(),
});

/** In one call. */
export const SCORED_MAX = 32;
/** Longer texts are over any network's limit: nothing is said of them, and they don't travel. */
export const SCORED_CHARS_MAX = 16_384;

const scoredText = z.string().max(SCORED_CHARS_MAX);
export const scoreRequest = z.object({
  pairs: z.array(z.object({ a: scoredText, b: scoredText })).max(SCORED_MAX),
});

/** A logit per pair, null where a text is too long for the network. */
export const scoreAnswer = z.object({ version: z.string(), logits: z.array(z.number().nullable()) });

export const positionAnswer = z.object({ position: z.int().min(0) });

export const statsAnswer = z.object({
  vectors: z.int().min(0),
  partitions: z.int().min(0),
  bytes: z.number().min(0),
  partitionsOpen: z.int().min(0).optional(),
  partitionsClosed: z.int().min(0).optional(),
}) satisfies z.ZodType<IndexStats>;

/** OpenAI's error object, as every service answers it. */
export const errorAnswer = z.object({
  error: z.object({
    message: z.string(),
    code: z.string().nullable().catch(null),
    param: z.string().nullable().catch(null),
  }),
});

/** Whose request a call is made for. */
export interface Asker {
  readonly requestId?: string | undefined;
  /** W3C trace context. */
  readonly traceparent?: string | undefined;
}

/** The headers, and whose request a call is made for. */
export function carryAsker(
  headers: Readonly<Record<string, string>>,
  { requestId, traceparent }: Asker,
): Readonly<Record<string, string>> {
  if (requestId === undefined && traceparent === undefined) return headers;
  return {
    ...headers,
    ...(requestId !== undefined && { [REQUEST_ID_HEADER]: requestId }),
    ...(traceparent !== undefined && { traceparent }),
  };
}

/** Undefined when the bytes are not what the schema says. */
export function parseAs<T>(schema: z.ZodType<T>, body: Buffer): T | undefined {
  try {
    return schema.parse(JSON.parse(body.toString('utf8')));
  } catch {
    return undefined;
  }
}
