import { isObject, type JsonObject, parseJsonObject } from '@nearhit/core';
import { invalidReply } from '../provider/reply.ts';
import { countOf, invalid, objectsOf, present } from '../provider/values.ts';

export interface EmbeddingsRequest {
  readonly body: Buffer;
  /** The client wants floats in base64. */
  readonly base64: boolean;
}

/** OpenAI's embeddings request as Gemini's batchEmbedContents. `model`: without `models/`. Throws INVALID_REQUEST. */
export function toGeminiEmbeddings(body: Buffer, model: string): EmbeddingsRequest {
  const request = parseJsonObject(body);
  const texts = typeof request.input === 'string' ? [request.input] : request.input;
  if (!Array.isArray(texts) || texts.length === 0 || !texts.every((text) => typeof text === 'string')) {
    throw invalid('Gemini embeds texts; expected input to be a string or a list of strings, not tokens.', 'input');
  }
  const requests = texts.map((text) =>
    present({
      model: `models/${model}`,
      content: { parts: [{ text }] },
      outputDimensionality: request.dimensions,
      taskType: request.task_type,
    }),
  );
  return { body: Buffer.from(JSON.stringify({ requests })), base64: request.encoding_format === 'base64' };
}

/** Gemini's embeddings as OpenAI's list. Throws UPSTREAM_INVALID when there are none. */
export function toEmbeddings(answer: JsonObject, options: { model: string; base64: boolean }): JsonObject {
  const embeddings = objectsOf(answer.embeddings);
  const vectors = embeddings.map(({ values }) => values);
  if (vectors.length === 0 || !vectors.every(isVector)) {
    throw invalidReply("The provider's answer is no list of embeddings: it has no vectors.");
  }
  const usage = isObject(answer.usageMetadata) ? answer.usageMetadata : {};
  const prompt = countOf(usage.promptTokenCount);
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: options.base64 ? Buffer.from(new Float32Array(vector).buffer).toString('base64') : vector,
    })),
    model: options.model,
    usage: { prompt_tokens: prompt, total_tokens: prompt },
  };
}

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'number');
}
