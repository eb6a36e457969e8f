import { expect, test } from '@jest/globals';
import { mergeRouting } from './merge-routing.ts';

test('a request may narrow what its key allows, and not widen it', () => {
  const own = { policy: 'cost', maxCostUsd: 1 } as const;
  expect(mergeRouting(own, { policy: 'latency', maxCostUsd: 2, maxLatencyMs: 10 })).toEqual({
    policy: 'latency',
    maxCostUsd: 1,
    maxLatencyMs: 10,
  });
  expect(mergeRouting(undefined, { maxCostUsd: 2 })).toEqual({ maxCostUsd: 2 });
  expect(mergeRouting(undefined, undefined)).toBeUndefined();
});
