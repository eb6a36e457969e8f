import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { incompleteBeta } from './beta.ts';
import { isBelow, lowerBound, upperBound } from './clopper-pearson.ts';

const positive = fc.double({ min: 0.1, max: 3000, noNaN: true });
/** As far from 0 and 1 as its mirror image is exact. */
const share = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });

describe('the regularised incomplete beta function', () => {
  // I_x(1, b) = 1 - (1 - x)^b; I_x(a, 1) = x^a; I_x(2, 3) = 6x^2 - 8x^3 + 3x^4; and the arcsine law.
  test.each([
    [0.3, 1, 7, 1 - 0.7 ** 7],
    [0.01, 1, 300, 1 - 0.99 ** 300],
    [0.8, 5, 1, 0.8 ** 5],
    [0.4, 2, 3, 6 * 0.4 ** 2 - 8 * 0.4 ** 3 + 3 * 0.4 ** 4],
    [0.5, 0.5, 0.5, 0.5],
    [0.2, 0.5, 0.5, (2 / Math.PI) * Math.asin(Math.sqrt(0.2))],
    [0.5, 1000, 1000, 0.5],
  ])('I_%d(%d, %d) is %d', (x, a, b, value) => {
    expect(incompleteBeta(x, a, b)).toBeCloseTo(value, 11);
  });

  test('is a distribution: between 0 and 1, rising, and its own mirror image', () => {
    fc.assert(
      fc.property(share, share, positive, positive, (x, y, a, b) => {
        const value = incompleteBeta(x, a, b);
        expect(value).toBeGreaterThanOrEqual(-1e-12);
        expect(value).toBeLessThanOrEqual(1 + 1e-12);
        expect(incompleteBeta(1 - x, b, a)).toBeCloseTo(1 - value, 7);
        const [low, high] = x < y ? [x, y] : [y, x];
        expect(incompleteBeta(high, a, b) - incompleteBeta(low, a, b)).toBeGreaterThan(-1e-10);
      }),
    );
  });

  test('sums up the binomial distribution', () => {
    const [n, p] = [40, 0.07];
    let [term, sum] = [(1 - p) ** n, 0];
    for (let k = 0; k < n; k += 1) {
      sum += term;
      // P(X <= k) = 1 - I_p(k + 1, n - k)
      expect(1 - incompleteBeta(p, k + 1, n - k)).toBeCloseTo(sum, 10);
      term *= ((n - k) / (k + 1)) * (p / (1 - p));
    }
  });
});

describe('Clopper-Pearson', () => {
  // Zero of n: 1 - delta^(1/n). The others: the exact binomial intervals in R's binom.test, and SciPy's proportion_ci.
  test.each([
    [{ n: 300, wrong: 0 }, 0.05, 0, 1 - 0.05 ** (1 / 300)],
    [{ n: 50, wrong: 0 }, 0.025, 0, 0.0711217],
    [{ n: 10, wrong: 1 }, 0.025, 0.00252858, 0.4450161],
    [{ n: 100, wrong: 5 }, 0.025, 0.01643188, 0.1128349],
    [{ n: 20, wrong: 20 }, 0.025, 0.8315665, 1],
  ])('%j at %d', (evidence, delta, low, high) => {
    expect(lowerBound(evidence, delta)).toBeCloseTo(low, 6);
    expect(upperBound(evidence, delta)).toBeCloseTo(high, 6);
  });

  test('nothing observed may be anything', () => {
    expect([lowerBound({ n: 0, wrong: 0 }, 0.05), upperBound({ n: 0, wrong: 0 }, 0.05)]).toEqual([0, 1]);
  });

  test('the quick test says what the bound says, also of what is weighed', () => {
    const evidence = fc
      .record({ n: fc.double({ min: 0.5, max: 5000, noNaN: true }), of: fc.double({ min: 0, max: 0.2, noNaN: true }) })
      .map(({ n, of }) => ({ n, wrong: n * of }));
    fc.assert(
      fc.property(evidence, fc.double({ min: 0.001, max: 0.3, noNaN: true }), (seen, most) => {
        const bound = upperBound(seen, 0.05);
        fc.pre(Math.abs(bound - most) > 1e-9);
        expect(isBelow(seen, most, 0.05)).toBe(bound <= most);
        expect(bound).toBeGreaterThan(seen.wrong / seen.n);
        if (seen.wrong >= 1) expect(lowerBound(seen, 0.05)).toBeLessThan(seen.wrong / seen.n);
      }),
    );
  });
});
