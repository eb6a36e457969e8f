import { isObject, type JsonObject } from '@nearhit/core';
import type { GeminiTraits } from './traits.ts';

/** Google's own mapping of OpenAI's efforts. */
const BUDGETS: Readonly<Record<string, number>> = { minimal: 1_024, low: 1_024, medium: 8_192, high: 24_576 };
const BUDGET_HIGHEST = 24_576;
/** The least that Gemini 2.5 Pro takes. */
const BUDGET_LEAST = 128;

/** `reasoning_effort`, or Anthropic's `thinking`, as `thinkingConfig`; undefined: as the model likes. */
export function thinkingConfig(request: JsonObject, traits: GeminiTraits): JsonObject | undefined {
  if (traits.thinking === 'none') return undefined;
  const { thinking } = request;
  const effort = request.reasoning_effort ?? anthropicEffort(request);
  const adapts = isObject(thinking) && thinking.type === 'adaptive' && typeof effort === 'string';
  if (isObject(thinking) && !adapts) return fromAnthropic(thinking, traits);
  if (typeof effort !== 'string') return undefined;
  if (effort === 'none') return least(traits);
  if (traits.thinking === 'level') return { thinkingLevel: level(effort), includeThoughts: true };
  return { thinkingBudget: BUDGETS[effort] ?? BUDGET_HIGHEST, includeThoughts: true };
}

function fromAnthropic(thinking: JsonObject, traits: GeminiTraits): JsonObject {
  if (thinking.type === 'disabled') return least(traits);
  const budget = thinking.budget_tokens;
  return typeof budget === 'number' ? { thinkingBudget: budget, includeThoughts: true } : { includeThoughts: true };
}

/** Anthropic's `output_config.effort`, which counts where a model thinks as it likes. */
function anthropicEffort({ output_config: config }: JsonObject): unknown {
  return isObject(config) ? config.effort : undefined;
}

function least({ thinking, alwaysThinks }: GeminiTraits): JsonObject {
  if (thinking === 'level') return { thinkingLevel: 'low' };
  return { thinkingBudget: alwaysThinks ? BUDGET_LEAST : 0 };
}

/** `minimal` is refused by most of them. */
function level(effort: string): string {
  if (effort === 'minimal') return 'low';
  return effort === 'xhigh' || effort === 'max' ? 'high' : effort;
}
