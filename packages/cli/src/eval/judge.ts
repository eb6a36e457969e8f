import { type Candidate, decide, type EntryId, type Policy } from '@nearhit/core';
import type { Pair } from './pairs.ts';

export type GuardLevel = Policy['guard'];
export const GUARD_LEVELS: readonly GuardLevel[] = ['off', 'standard', 'strict'];

const BELOW = 'below-threshold';
const ID = 'stored' as EntryId;

/**
 * What `decide()` says at each threshold when `a` is stored and `b` is asked: `serve`, `below-threshold`, `guard:<name>`.
 * thresholds: rising. With one candidate a rising threshold changes the verdict once: so the last threshold that the
 * similarity reaches is judged, and its verdict holds for all lower ones. Above it the pair counts as
 * `below-threshold`, whatever a guard would say.
 */
export function verdictsOf(
  pair: Pick<Pair, 'a' | 'b'>,
  similarity: number,
  thresholds: readonly number[],
  guard: GuardLevel,
): string[] {
  const candidate: Candidate = { id: ID, query: pair.a, similarity };
  const at = (index: number, level: GuardLevel): string => {
    const threshold = thresholds[index] as number;
    const decision = decide({ query: pair.b, candidates: [candidate], policy: { threshold, guard: level } });
    return decision.kind === 'serve' ? 'serve' : decision.reason;
  };
  let last = thresholds.findLastIndex((threshold) => threshold <= similarity);
  // `decide()` forgives rounding, and without guards it says what the threshold alone says.
  while (last + 1 < thresholds.length && at(last + 1, 'off') === 'serve') last += 1;
  const verdict = last < 0 ? BELOW : at(last, guard);
  return thresholds.map((_, index) => (index <= last ? verdict : BELOW));
}
