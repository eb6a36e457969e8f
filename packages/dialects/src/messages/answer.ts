import { isObject, type JsonObject } from '@nearhit/core';
import { type ReadUsage, readUsage } from '../chat/answer.ts';

const REASONS: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
};

/** Anthropic's own words that chat completions has none for. */
const NATIVE: ReadonlySet<unknown> = new Set([
  'pause_turn',
  'refusal',
  'model_context_window_exceeded',
  'stop_sequence',
  'compaction',
]);

/** `stop_reason` and `stop_sequence`. `called`: there are tool calls, whatever the provider says of its end. */
export function endingOf(choice: JsonObject, called: boolean): { stop_reason: string; stop_sequence: string | null } {
  const { native_finish_reason: native, stop_sequence: sequence, finish_reason: reason } = choice;
  const stopped = typeof sequence === 'string' ? sequence : null;
  for (const word of [native, reason])
    if (NATIVE.has(word)) return { stop_reason: word as string, stop_sequence: stopped };
  if (stopped !== null) return { stop_reason: 'stop_sequence', stop_sequence: stopped };
  const known = REASONS[String(reason)] ?? 'end_turn';
  return { stop_reason: called && known === 'end_turn' ? 'tool_use' : known, stop_sequence: null };
}

/** Ids begin as Anthropic's do. */
export function messageId(id: unknown): string {
  const text = typeof id === 'string' ? id : '';
  return text.startsWith('msg_') ? text : `msg_${text.replace(/^chatcmpl-/, '')}`;
}

/** Fields of Anthropic's message that have no place in a chat completion, and stand beside its own. */
const NATIVE_FIELDS = ['container', 'context_management'] as const;

export function nativeFields(answer: JsonObject): JsonObject {
  return Object.fromEntries(NATIVE_FIELDS.filter((field) => field in answer).map((field) => [field, answer[field]]));
}

const NOTHING: ReadUsage = { prompt: 0, completion: 0, cached: 0, created: 0, reasoning: 0 };

/** Fields of Anthropic's usage that have no place in OpenAI's. */
const NATIVE_USAGE = ['cache_creation', 'server_tool_use'] as const;

/** Anthropic counts what came out of, and went into, the prompt cache beside the input. Zeros: nobody counted yet. */
export function messageUsage(usage: unknown, serviceTier?: unknown): JsonObject {
  const { prompt, completion, cached, created } = readUsage(usage) ?? NOTHING;
  const native = isObject(usage) ? usage : {};
  return {
    input_tokens: Math.max(0, prompt - cached - created),
    cache_creation_input_tokens: created,
    cache_read_input_tokens: cached,
    output_tokens: completion,
    ...Object.fromEntries(NATIVE_USAGE.filter((field) => field in native).map((field) => [field, native[field]])),
    ...(typeof serviceTier === 'string' && { service_tier: serviceTier }),
  };
}
