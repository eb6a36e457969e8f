import { describe, expect, test } from '@jest/globals';
import { decide, type EntryId } from '@nearhit/core';
import fc from 'fast-check';
import { GUARD_LEVELS, type GuardLevel, verdictsOf } from './judge.ts';

const THRESHOLDS = [0, 0.5, 0.8, 0.85, 0.9, 0.95, 1];

/** Asked one by one. */
function oneByOne(
  a: string,
  b: string,
  similarity: number,
  thresholds: readonly number[],
  guard: GuardLevel,
): string[] {
  return thresholds.map((threshold) => {
    const candidates = [{ id: 'x' as EntryId, query: a, similarity }];
    const alone = decide({ query: b, candidates, policy: { threshold, guard: 'off' } });
    if (alone.kind !== 'serve') return 'below-threshold';
    const decision = decide({ query: b, candidates, policy: { threshold, guard } });
    return decision.kind === 'serve' ? 'serve' : decision.reason;
  });
}

const QUESTIONS = [
  'How do I cancel order 1234?',
  'How do I cancel order 4321?',
  'How can I cancel order 1234?',
  'Is it safe to mix bleach and vinegar?',
  'Is it not safe to mix bleach and vinegar?',
];

describe('verdicts at rising thresholds', () => {
  test('are what decide() says at each', () => {
    const question = fc.constantFrom(...QUESTIONS);
    const near = fc.constantFrom(...THRESHOLDS).chain((t) => fc.constantFrom(t, t - 1e-7, t + 1e-7, t - 1e-5));
    const similarity = fc.oneof(fc.double({ min: -1, max: 1, noNaN: false }), near);
    fc.assert(
      fc.property(question, question, similarity, fc.constantFrom(...GUARD_LEVELS), (a, b, cosine, guard) => {
        expect(verdictsOf({ a, b }, cosine, THRESHOLDS, guard)).toEqual(oneByOne(a, b, cosine, THRESHOLDS, guard));
      }),
      { numRuns: 300 },
    );
  });

  test('name the guard', () => {
    const [a, b] = QUESTIONS as [string, string];
    expect(verdictsOf({ a, b }, 0.92, [0.9, 0.95], 'standard')).toEqual(['guard:number', 'below-threshold']);
    expect(verdictsOf({ a, b }, 0.92, [0.9, 0.95], 'off')).toEqual(['serve', 'below-threshold']);
  });
});
