import { describe, expect, test } from '@jest/globals';
import type { Figures, SeriesAnswer } from '@nearhit/http/admin-types';
import type { Tick } from './live-state.ts';
import { amounts, levels, shareOf, spansOf } from './spans.ts';

const figures = (requests: number): Figures => ({ requests, hits: requests, stale: 0, misses: requests }) as Figures;
const series = (window: '5m' | '1h', requests: readonly number[]): SeriesAnswer => ({
  ...{ window, namespace: null, model: null, bucketSeconds: 60 },
  buckets: requests.map((n, at) => ({ startMs: at * 60_000, ...figures(n) })),
});
const tick = (atMs: number, requests: number): Tick => ({ atMs, seconds: 1, figures: figures(requests) });
const requests = ({ requests: n }: Figures): number => n;

describe('spans of a window', () => {
  test('are the buckets, counted as they are, up to the end of the last one', () => {
    const spans = spansOf(series('1h', [60, 120]), [tick(119_000, 5)]);
    expect(amounts(spans, [requests])).toEqual([
      [0, 60, 120],
      [60, 120, 120],
    ]);
  });

  test('of the shortest window are per second: buckets before the page was opened, seconds since', () => {
    const spans = spansOf(series('5m', [60, 120, 180]), [tick(121_000, 4), tick(122_000, 6)]);
    expect(amounts(spans, [requests])).toEqual([
      [0, 60, 120, 121, 122],
      [1, 2, 4, 6, 6],
    ]);
  });

  test('before the first second are the buckets alone', () => {
    expect(amounts(spansOf(series('5m', [60]), []), [requests])).toEqual([
      [0, 60],
      [1, 1],
    ]);
  });

  test('without a bucket are empty columns', () => {
    expect(amounts(spansOf(series('1h', []), []), [requests, requests])).toEqual([[], [], []]);
  });

  test('levels stay as they are, and nothing is no share', () => {
    const spans = spansOf(series('1h', [0, 10]), []);
    expect(levels(spans, [(one) => shareOf(one, one.hits)])).toEqual([
      [0, 60, 120],
      [null, 0.5, 0.5],
    ]);
  });
});
