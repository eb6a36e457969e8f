import type { JsonObject } from '@nearhit/core';

/** By Anthropic's stop reason. `pause_turn` is no whole answer: it wants to go on. */
const FINISH_REASONS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  pause_turn: 'length',
  refusal: 'content_filter',
};
/** Those of which OpenAI's word says less. */
const SAYS_LESS: ReadonlySet<string> = new Set(['model_context_window_exceeded', 'pause_turn', 'refusal']);

/** How a choice ends: `finish_reason`, and Anthropic's own words beside it. An unknown reason stays as it is. */
export function finishOf(stopReason: unknown, stopSequence: unknown): JsonObject {
  if (typeof stopReason !== 'string') return { finish_reason: null };
  const known = Object.hasOwn(FINISH_REASONS, stopReason) ? FINISH_REASONS[stopReason] : undefined;
  return {
    finish_reason: known ?? stopReason,
    ...(SAYS_LESS.has(stopReason) ? { native_finish_reason: stopReason } : {}),
    ...(typeof stopSequence === 'string' ? { stop_sequence: stopSequence } : {}),
  };
}
