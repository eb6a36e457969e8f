import type { ContextDocument, Entry, TokenUsage } from '../entry.ts';
import type { JsonObject } from '../reply/answer.ts';

/** An entry as it leaves a house, and as it comes into one. What is absent is made. */
export interface EntryLine {
  /** The question. */
  readonly text: string;
  /** A `chat.completion` object, or what the assistant says. */
  readonly answer: JsonObject | string;
  readonly namespace: string;
  readonly model: string;
  readonly tenant: string;
  readonly tags?: readonly string[] | undefined;
  readonly context?: readonly ContextDocument[] | undefined;
  readonly createdAtMs?: number | undefined;
  readonly expiresAtMs?: number | undefined;
  readonly staleUntilMs?: number | undefined;
  /** Of a request that was more than the bare question: both, or neither. */
  readonly id?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly semantic?: boolean | undefined;
  readonly history?: readonly string[] | undefined;
  readonly provider?: string | undefined;
  readonly upstreamModel?: string | undefined;
  readonly attempts?: number | undefined;
  readonly costUsd?: number | undefined;
  readonly usage?: TokenUsage | undefined;
  readonly embeddingModel?: string | undefined;
  /** Little-endian 32-bit floats in base64. */
  readonly vector?: string | undefined;
}

/** `vector` goes along where the entry has one. */
export function entryLineOf({ id, scope, query, answer, vector, ...entry }: Entry): EntryLine {
  const { tags, context, createdAtMs, expiresAtMs, staleUntilMs, fingerprint, semantic, history } = entry;
  const { provider, upstreamModel, attempts, costUsd, usage, embeddingModel } = entry;
  return {
    ...{ text: query, answer: JSON.parse(answer.toString()) as JsonObject },
    ...{ namespace: scope.namespace, model: scope.model, tenant: scope.tenant },
    ...{ tags, context, createdAtMs, expiresAtMs, staleUntilMs, id, fingerprint, semantic },
    ...(history !== undefined && { history }),
    ...{ provider, upstreamModel, attempts, costUsd, usage },
    ...(vector !== undefined && {
      embeddingModel,
      vector: Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64'),
    }),
  };
}
