import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Histogram, mergeHistogram, observe, quantiles } from './histogram.ts';

const histogramOf = (samples: readonly number[]): Histogram => {
  const histogram: Histogram = new Map();
  for (const ms of samples) observe(histogram, ms);
  return histogram;
};

/** The sample at the rank that the quantile stands for. */
const exact = (samples: readonly number[], share: number): number => {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] as number;
};

const samples = fc.array(fc.double({ min: 0.001, max: 3_600_000, noNaN: true }), { minLength: 1, maxLength: 300 });

describe('quantiles', () => {
  test('are within 2 % of the true sample, whatever the samples', () => {
    fc.assert(
      fc.property(samples, (ms) => {
        const found = quantiles(histogramOf(ms));
        expect(found.count).toBe(ms.length);
        for (const [share, value] of [
          [0.5, found.p50],
          [0.95, found.p95],
          [0.99, found.p99],
        ] as const) {
          const truth = exact(ms, share);
          expect(Math.abs((value as number) - truth) / truth).toBeLessThan(0.02);
        }
      }),
    );
  });

  test('of merged histograms are those of all samples', () => {
    fc.assert(
      fc.property(samples, samples, (a, b) => {
        const merged = histogramOf(a);
        mergeHistogram(merged, histogramOf(b));
        expect(quantiles(merged)).toEqual(quantiles(histogramOf([...a, ...b])));
      }),
    );
  });

  test('say null, not zero, when nothing was measured', () => {
    expect(quantiles(new Map())).toEqual({ count: 0, p50: null, p95: null, p99: null });
  });

  test('survive samples that are no durations', () => {
    const found = quantiles(histogramOf([Number.NaN, -1, 0, Number.POSITIVE_INFINITY]));
    expect(found.count).toBe(4);
    expect(found.p50).toBeCloseTo(0.001, 3);
    expect(found.p99 as number).toBeGreaterThan(3_500_000);
  });
});
