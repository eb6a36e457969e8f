import { isObject, type JsonObject, without } from '@nearhit/core';
import { countOf } from '../provider/values.ts';

const COUNTED: ReadonlySet<string> = new Set([
  'input_tokens',
  'output_tokens',
  'cache_read_input_tokens',
  'output_tokens_details',
  'service_tier',
]);

/**
 * Anthropic's usage in OpenAI's words: what was read from and written to its prompt cache is part of `prompt_tokens`.
 * Undefined when nothing was counted. What else is counted (`cache_creation_input_tokens`, `server_tool_use`) stays.
 */
export function anthropicUsage(usage: unknown): JsonObject | undefined {
  if (!isObject(usage)) return undefined;
  const { input_tokens, output_tokens } = usage;
  if (typeof input_tokens !== 'number' && typeof output_tokens !== 'number') return undefined;
  const cached = countOf(usage.cache_read_input_tokens);
  const prompt = countOf(input_tokens) + cached + countOf(usage.cache_creation_input_tokens);
  const completion = countOf(output_tokens);
  const details = isObject(usage.output_tokens_details) ? usage.output_tokens_details : {};
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: countOf(details.thinking_tokens ?? details.reasoning_tokens) },
    ...without(usage, COUNTED),
  };
}
