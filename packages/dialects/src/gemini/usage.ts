import { isObject, type JsonObject } from '@nearhit/core';
import { countOf, objectsOf } from '../provider/values.ts';

/** `usageMetadata` in OpenAI's words: thoughts are part of `completion_tokens`. Undefined when nothing was counted. */
export function geminiUsage(usage: unknown): JsonObject | undefined {
  if (!isObject(usage) || typeof usage.promptTokenCount !== 'number') return undefined;
  const prompt = countOf(usage.promptTokenCount) + countOf(usage.toolUsePromptTokenCount);
  const thoughts = countOf(usage.thoughtsTokenCount);
  const completion = countOf(usage.candidatesTokenCount) + thoughts;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: countOf(usage.cachedContentTokenCount),
      audio_tokens: audioTokens(usage.promptTokensDetails),
    },
    completion_tokens_details: {
      reasoning_tokens: thoughts,
      audio_tokens: audioTokens(usage.candidatesTokensDetails),
    },
  };
}

function audioTokens(details: unknown): number {
  return objectsOf(details).reduce(
    (sum, { modality, tokenCount }) => sum + (modality === 'AUDIO' ? countOf(tokenCount) : 0),
    0,
  );
}
