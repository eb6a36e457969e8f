import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rateOf } from './wilson.ts';

describe('the Wilson score interval', () => {
  // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %i out of %i', (count, of, low, high) => {
    const rate = rateOf(count, of);
    expect(rate.low).toBeCloseTo(low, 4);
    expect(rate.high).toBeCloseTo(high, 4);
  });

  test('of nothing says nothing', () => {
    expect(rateOf(0, 0)).toEqual({ count: 0, of: 0, rate: null, low: 0, high: 1 });
  });

  test('holds the rate, stays within 0 and 1, and mirrors', () => {
    const counts = fc
      .integer({ min: 1, max: 1e6 })
      .chain((of) => fc.tuple(fc.integer({ min: 0, max: of }), fc.constant(of)));
    fc.assert(
      fc.property(counts, ([count, of]) => {
        const { low, high, rate } = rateOf(count, of);
        const mirrored = rateOf(of - count, of);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(rate as number);
        expect(high).toBeGreaterThanOrEqual(rate as number);
        expect(mirrored.low).toBeCloseTo(1 - high, 9);
      }),
    );
  });
});
