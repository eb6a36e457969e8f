import { type Candidate, decide, type EntryId, type Policy } from '@nearhit/core';
import type { Pair } from './pairs.ts';

export type GuardLevel = Policy['guard'];
export const GUARD_LEVELS: readonly GuardLevel[] = ['off', 'standard', 'strict'];

const BELOW = 'below-threshold';
const ID = 'stored' as EntryId;

/**
 * What `decide()` says at each threshold when `a` is stored and `b` is asked: `serve`, `below-threshold`, `guard:<name>`.
 * thresholds: rising. With one candidate a rising threshold changes the verdict once, to `below-threshold`: so the
 * last threshold before that is searched from the similarity, and its verdict holds for all lower ones.
 */
export function verdictsOf(
  pair: Pick<Pair, 'a' | 'b'>,
  similarity: number,
  thresholds: readonly number[],
  guard: GuardLevel,
): string[] {
  const candidate: Candidate = { id: ID, query: pair.a, similarity };
  const at = (index: number): string => {
    const threshold = thresholds[index] as number;
    const decision = decide({ query: pair.b, candidates: [candidate], policy: { threshold, guard } });
    return decision.kind === 'serve' ? 'serve' : decision.reason;
  };
  let last = thresholds.findLastIndex((threshold) => threshold <= similarity);
  let verdict = last < 0 ? BELOW : at(last);
  while (last >= 0 && verdict === BELOW) verdict = --last < 0 ? BELOW : at(last);
  for (let next = last + 1; next < thresholds.length; next += 1) {
    const above = at(next);
    if (above === BELOW) break;
    last = next;
    verdict = above;
  }
  return thresholds.map((_, index) => (index <= last ? verdict : BELOW));
}
