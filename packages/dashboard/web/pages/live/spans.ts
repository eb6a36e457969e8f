import type { Figures, SeriesAnswer } from '@nearhit/http/admin-types';
import type { Columns } from '../../lib/chart-data.ts';
import type { Tick } from './live-state.ts';

/** A stretch of time and what was counted in it. */
export interface Span {
  readonly startMs: number;
  readonly seconds: number;
  readonly figures: Figures;
}

/** Spans of a window, and the seconds that its amounts are said for: counts per span, but rates where seconds are known. */
export interface Spans {
  readonly spans: readonly Span[];
  readonly unitSeconds: number;
}

const SHORTEST = '5m';
const SHORTEST_MS = 300_000;

/** Buckets as the gateway keeps them; in the shortest window, from when the page was opened, second by second. */
export function spansOf(series: SeriesAnswer, ticks: readonly Tick[]): Spans {
  const { bucketSeconds, buckets, window } = series;
  const kept = buckets.map(({ startMs, ...figures }) => ({ startMs, seconds: bucketSeconds, figures }));
  if (window !== SHORTEST) return { spans: kept, unitSeconds: bucketSeconds };
  const fine = ticks.map(({ atMs, seconds, figures }) => ({ startMs: atMs - seconds * 1000, seconds, figures }));
  const [first] = fine;
  const last = fine.at(-1);
  if (first === undefined || last === undefined) return { spans: kept, unitSeconds: 1 };
  const coarse = kept.filter(({ startMs, seconds }) => startMs + seconds * 1000 <= first.startMs);
  const recent = [...coarse, ...fine].filter(({ startMs }) => startMs >= last.startMs - SHORTEST_MS);
  return { spans: recent, unitSeconds: 1 };
}

type Reading = (figures: Figures) => number | null;

/** Amounts per unit. */
export function amounts({ spans, unitSeconds }: Spans, readings: readonly Reading[]): Columns {
  return columns(spans, readings, (value, { seconds }) => (value * unitSeconds) / seconds);
}

/** Shares and quantiles, which are what they are. */
export function levels({ spans }: Spans, readings: readonly Reading[]): Columns {
  return columns(spans, readings, (value) => value);
}

function columns(
  spans: readonly Span[],
  readings: readonly Reading[],
  scaled: (value: number, span: Span) => number,
): Columns {
  const last = spans.at(-1);
  if (last === undefined) return [[], ...readings.map(() => [])];
  const xs = spans.map(({ startMs }) => startMs / 1000);
  const ys = readings.map((read) =>
    [...spans, last].map((span) => {
      const value = read(span.figures);
      return value === null ? null : scaled(value, span);
    }),
  );
  // A span reaches to its end: the last one has no other to end at.
  return [[...xs, last.startMs / 1000 + last.seconds], ...ys];
}

const lookups = ({ hits, stale, misses }: Figures): number => hits + stale + misses;

/** Of what was looked up, the share that this many are; null where nothing was. */
export const shareOf = (figures: Figures, n: number): number | null => {
  const all = lookups(figures);
  return all === 0 ? null : n / all;
};
