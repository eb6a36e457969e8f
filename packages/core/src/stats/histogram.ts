/**
 * Sparse log-scale histogram of milliseconds: a quantile is within 1.5 % of a true sample at that rank.
 * DDSketch: Masson, Rim & Lee, VLDB 2019 (arXiv 1908.10693).
 */
export type Histogram = Map<number, number>;

const ACCURACY = 0.015;
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY);
const LOG_GAMMA = Math.log(GAMMA);
/** One microsecond to one hour; what lies outside counts as the nearest end, so that a histogram has at most 734 cells. */
const MS_MIN = 0.001;
const MS_MAX = 3_600_000;

function cellOf(ms: number): number {
  const bounded = ms >= MS_MIN ? Math.min(ms, MS_MAX) : MS_MIN;
  return Math.ceil(Math.log(bounded) / LOG_GAMMA);
}

/** The value whose relative distance to both ends of the cell is equal. */
function msOf(cell: number): number {
  return (2 * GAMMA ** cell) / (GAMMA + 1);
}

/** Counts one sample. What is not a number counts as the shortest. */
export function observe(histogram: Histogram, ms: number): void {
  const cell = cellOf(ms);
  histogram.set(cell, (histogram.get(cell) ?? 0) + 1);
}

export function mergeHistogram(into: Histogram, from: Iterable<readonly [number, number]>): void {
  for (const [cell, count] of from) into.set(cell, (into.get(cell) ?? 0) + count);
}

export interface Quantiles {
  readonly count: number;
  /** Milliseconds; null when there is no sample. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export function quantiles(histogram: Histogram): Quantiles {
  const cells = [...histogram].sort(([a], [b]) => a - b);
  const count = cells.reduce((sum, [, n]) => sum + n, 0);
  if (count === 0) return { count: 0, p50: null, p95: null, p99: null };
  const at = (share: number): number => {
    const rank = Math.max(1, Math.ceil(share * count));
    let seen = 0;
    for (const [cell, n] of cells) {
      seen += n;
      if (seen >= rank) return round(msOf(cell));
    }
    return round(msOf(cells.at(-1)?.[0] ?? 0));
  };
  return { count, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** Four significant digits: more would pretend. */
function round(ms: number): number {
  return Number(ms.toPrecision(4));
}
