import { isObject, type JsonObject } from '@nearhit/core';
import { textOf } from '../provider/values.ts';
import type { ChatTraits } from './traits.ts';

/** Between the budgets that stand for OpenAI's efforts the other way round (1,024, 8,192, 24,576). */
const LOW_BELOW = 4_608;
const MEDIUM_BELOW = 16_384;
const EFFORTS: ReadonlySet<string> = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh']);

/**
 * What a request wants thought, as this server takes it; empty where it says nothing or the server has no word for it.
 * `reasoning_effort` is what a client of OpenAI's own wrote and wins; `thinking: {type: "disabled"}` is the same as none.
 */
export function thinkingFields(request: JsonObject, { thinking: how }: ChatTraits): JsonObject {
  const { reasoning_effort: asked } = request;
  if (typeof asked === 'string') return { reasoning_effort: asked };
  const thinking = isObject(request.thinking) ? request.thinking : undefined;
  const off = thinking?.type === 'disabled';
  if (how === 'switch') return thinking === undefined ? {} : { thinking: { type: off ? 'disabled' : 'enabled' } };
  const effort = off ? undefined : effortOf(thinking, request.output_config);
  if (how === 'effort') return effort === undefined ? {} : { reasoning_effort: effort };
  if (how !== 'reasoning' || thinking === undefined) return {};
  if (off) return { reasoning: { enabled: false } };
  if (typeof thinking.budget_tokens === 'number') return { reasoning: { max_tokens: thinking.budget_tokens } };
  return { reasoning: effort === undefined ? { enabled: true } : { effort } };
}

/** Anthropic's own effort, else what a budget comes to; undefined: as the model likes. */
function effortOf(thinking: JsonObject | undefined, outputConfig: unknown): string | undefined {
  const effort = isObject(outputConfig) ? textOf(outputConfig.effort) : '';
  if (effort !== '') return EFFORTS.has(effort) ? effort : 'high';
  const budget = thinking?.budget_tokens;
  if (typeof budget !== 'number') return undefined;
  if (budget < LOW_BELOW) return 'low';
  return budget < MEDIUM_BELOW ? 'medium' : 'high';
}
