import type { Policy } from '../policy/schema.ts';
import { choicesOf, isObject, isToolCalls, type JsonObject } from './answer.ts';

export type NotStorableWhy = 'empty-answer' | 'length' | 'content-filter' | 'finish-reason' | 'answer-too-large';

export type Storability =
  /** semantic: may be found by similarity; false for calls, which fit the exact request only. */
  { readonly store: true; readonly semantic: boolean } | { readonly store: false; readonly why: NotStorableWhy };

/** Finish reasons of a model that said all it wanted to, in the words of OpenAI and of those who kept their own. */
const WHOLE: ReadonlySet<string> = new Set([
  'stop',
  'tool_calls',
  'tool_use',
  'function_call',
  'eos',
  'eos_token',
  'end_turn',
  'stop_sequence',
]);
const CUT_AT_LIMIT: ReadonlySet<string> = new Set(['length', 'max_tokens', 'model_length']);
const FILTERED: ReadonlySet<string> = new Set(['content_filter', 'safety', 'recitation']);

/**
 * May a complete answer be kept? An unknown finish reason is a no: it may be the provider's word for a breakdown.
 * limits: the policy's, and `bytes`, the answer's size as it would be stored.
 */
export function storability(
  answer: JsonObject,
  limits: Pick<Policy, 'storeLength' | 'answerBytesMax'> & { readonly bytes: number },
): Storability {
  const choices = choicesOf(answer);
  for (const choice of choices) {
    const reason = String(choice.finish_reason).toLowerCase();
    if (FILTERED.has(reason)) return { store: false, why: 'content-filter' };
    if (CUT_AT_LIMIT.has(reason)) {
      if (!limits.storeLength) return { store: false, why: 'length' };
    } else if (!WHOLE.has(reason)) return { store: false, why: 'finish-reason' };
  }
  const messages = choices.map((choice) => choice.message);
  if (!messages.some((message) => saysSomething(message) || calls(message))) {
    return { store: false, why: 'empty-answer' };
  }
  if (limits.bytes > limits.answerBytesMax) return { store: false, why: 'answer-too-large' };
  return { store: true, semantic: !messages.some(calls) };
}

function calls(message: JsonObject): boolean {
  return isToolCalls(message.tool_calls) || isObject(message.function_call);
}

/** Reasoning alone says nothing: the answer to it is missing. */
function saysSomething(message: JsonObject): boolean {
  return isFilled(message.content) || isFilled(message.refusal) || isObject(message.audio) || isFilled(message.images);
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' ? value.trim() !== '' : Array.isArray(value) && value.length > 0;
}
