import type { RoutingPreference } from '../ports/upstream.ts';

/** What a request asks for, within what its key or tenant allows. */
export function mergeRouting(
  own: RoutingPreference | undefined,
  asked: RoutingPreference | undefined,
): RoutingPreference | undefined {
  if (own === undefined || asked === undefined) return own ?? asked;
  return {
    policy: asked.policy ?? own.policy,
    maxLatencyMs: lesser(own.maxLatencyMs, asked.maxLatencyMs),
    maxCostUsd: lesser(own.maxCostUsd, asked.maxCostUsd),
  };
}

function lesser(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
