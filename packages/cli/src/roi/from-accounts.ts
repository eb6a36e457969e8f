import type { UsageAnswer } from '@nearhit/http/client';
import type { MixPart, RoiInput } from './roi.ts';

type Group = UsageAnswer['groups'][number];

/** What a span of the accounts came to, beside what it would have cost. */
export interface Measured {
  readonly from: string;
  readonly to: string;
  readonly requests: number;
  readonly hits: number;
  readonly errors: number;
  readonly costUsd: number;
  readonly savedUsd: number;
}

/**
 * A span of the accounts as input: what was answered, its tokens per request whether they were paid or saved, and how the
 * paid tokens were spread over the providers' models. Undefined when nothing was answered in it.
 */
export function inputFrom(
  answer: UsageAnswer,
  model: string | undefined,
): { input: RoiInput; measured: Measured; models: readonly string[] } | undefined {
  const { totals } = answer;
  const requests = totals.requests - totals.errors;
  if (requests <= 0) return undefined;
  const paid = totals.promptTokens + totals.completionTokens;
  const promptShare = paid === 0 ? 0 : totals.promptTokens / paid;
  // Of saved tokens only the sum is kept: they are taken to be made up as the paid ones are.
  const inputTokens = (totals.promptTokens + totals.savedTokens * promptShare) / requests;
  const outputTokens = (totals.completionTokens + totals.savedTokens * (1 - promptShare)) / requests;
  const called = model ?? mostAsked(answer.groups);
  const routing = mixOf(answer.groups);
  const { from, to } = answer;
  const { hits, errors, costUsd, savedUsd } = totals;
  return {
    input: { requests, inputTokens, outputTokens, model: called, routing, hitRate: hits / requests },
    measured: { from, to, requests: totals.requests, hits, errors, costUsd, savedUsd },
    models: [called, ...routing.map((part) => part.model)],
  };
}

function mostAsked(groups: readonly Group[]): string {
  const requests = sums(
    groups,
    ({ model = '' }) => model,
    ({ requests: count }) => count,
  );
  return [...requests].sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
}

/** By tokens that were paid, at the model that answered; where nothing was, all to the model most asked for. */
function mixOf(groups: readonly Group[]): MixPart[] {
  const paid = sums(
    groups,
    ({ upstreamModel, model = '' }) => upstreamModel || model,
    ({ promptTokens, completionTokens }) => promptTokens + completionTokens,
  );
  const total = [...paid.values()].reduce((sum, tokens) => sum + tokens, 0);
  if (total === 0) return [{ model: mostAsked(groups), share: 1 }];
  return [...paid].filter(([, tokens]) => tokens > 0).map(([model, tokens]) => ({ model, share: tokens / total }));
}

function sums(
  groups: readonly Group[],
  nameOf: (group: Group) => string,
  amountOf: (group: Group) => number,
): Map<string, number> {
  const found = new Map<string, number>();
  for (const group of groups) found.set(nameOf(group), (found.get(nameOf(group)) ?? 0) + amountOf(group));
  return found;
}
