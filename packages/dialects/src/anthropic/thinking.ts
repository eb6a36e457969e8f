import { isObject, type JsonObject } from '@nearhit/core';
import { objectsOf } from '../provider/values.ts';
import type { ClaudeTraits } from './traits.ts';

export interface Thinking {
  readonly thinking?: JsonObject | undefined;
  readonly effort?: string | undefined;
}

/** Tokens to think with where the model counts them; the same steps that Google gives for OpenAI's efforts. */
const BUDGETS: Readonly<Record<string, number>> = { minimal: 1_024, low: 1_024, medium: 8_192, high: 24_576 };
const BUDGET_HIGHEST = 32_768;
/** Anthropic takes no smaller one. */
const BUDGET_MIN = 1_024;
/** What is left to answer with. */
const ANSWER_MIN = 1_024;

/**
 * `reasoning_effort` in Anthropic's words; an own `thinking` field wins over it. Left out where thinking is impossible:
 * no room for it in `maxTokens`, a forced tool, or a tool call in the history without the thoughts that led to it.
 */
export function thinkingOf(request: JsonObject, maxTokens: number, traits: ClaudeTraits): Thinking {
  const effort = request.reasoning_effort;
  if (isObject(request.thinking)) {
    return { thinking: request.thinking, effort: traits.adaptiveThinking ? effortOf(effort, traits) : undefined };
  }
  if (typeof effort !== 'string') return {};
  if (effort === 'none') return withoutThinking(traits);
  if (traits.adaptiveThinking) {
    const display = traits.hidesThoughts ? { display: 'summarized' } : {};
    return { thinking: { type: 'adaptive', ...display }, effort: effortOf(effort, traits) };
  }
  const budget = Math.min(BUDGETS[effort] ?? BUDGET_HIGHEST, maxTokens - ANSWER_MIN);
  if (budget < BUDGET_MIN || forcesTool(request.tool_choice) || lacksThoughts(request)) return {};
  return { thinking: { type: 'enabled', budget_tokens: budget } };
}

function withoutThinking(traits: ClaudeTraits): Thinking {
  if (!traits.adaptiveThinking) return {};
  return traits.canStopThinking ? { thinking: { type: 'disabled' } } : { effort: 'low' };
}

function effortOf(effort: unknown, traits: ClaudeTraits): string | undefined {
  if (typeof effort !== 'string' || effort === 'none') return undefined;
  if (effort === 'minimal') return 'low';
  if (effort !== 'xhigh' && effort !== 'max') return effort;
  return traits.hidesThoughts ? effort : traits.effortMax ? 'max' : 'high';
}

function forcesTool(choice: unknown): boolean {
  return choice === 'required' || (isObject(choice) && ['function', 'any', 'tool'].includes(String(choice.type)));
}

/** A turn that called a tool must be given back with its thoughts, or the model can't go on thinking. */
function lacksThoughts({ messages }: JsonObject): boolean {
  const last = objectsOf(messages).findLast((message) => message.role === 'assistant');
  return objectsOf(last?.tool_calls).length > 0 && objectsOf(last?.thinking_blocks).length === 0;
}
