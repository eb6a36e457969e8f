import { type Histogram, mergeHistogram, type Quantiles, quantiles } from './histogram.ts';
import { MINUTES_KEPT, type SpanTallies } from './series.ts';
import { createTally, type Tally } from './tally.ts';

export const STATS_WINDOWS = { '5m': 5, '1h': 60, '24h': 1440, '7d': MINUTES_KEPT } as const;
export type StatsWindow = keyof typeof STATS_WINDOWS;

export interface StatsQuery {
  readonly window: StatsWindow;
  readonly namespace?: string | undefined;
  readonly model?: string | undefined;
}

/** Counts of a span of time. Amounts in USD, times in milliseconds. */
export interface StatsFigures {
  readonly requests: number;
  readonly hits: number;
  readonly hitsByLayer: { readonly l1: number; readonly l2: number; readonly semantic: number };
  readonly misses: number;
  readonly missesByReason: Readonly<Record<string, number>>;
  readonly bypasses: number;
  readonly bypassesByReason: Readonly<Record<string, number>>;
  readonly stale: number;
  readonly errors: number;
  /** Answered from the cache among what was looked up: (hits + stale) / (hits + stale + misses); 0 when nothing was. */
  readonly hitRate: number;
  readonly tokens: {
    readonly spent: { readonly input: number; readonly output: number };
    readonly saved: { readonly input: number; readonly output: number };
  };
  readonly usd: { readonly spent: number; readonly saved: number };
  /** By outcome, and for hits by layer too; only those that occurred. */
  readonly latencyMs: Readonly<Record<string, Quantiles>>;
  /** Spent in nearhit, upstream excluded, over all outcomes. */
  readonly overheadMs: Quantiles;
}

export interface StatsSummary extends StatsFigures {
  readonly window: StatsWindow;
  readonly namespace: string | null;
  readonly model: string | null;
  /** Survived failures by name, since the process began. */
  readonly incidents: Readonly<Record<string, number>>;
}

/** A window span by span, oldest first; a span in which nothing happened has its place. */
export interface StatsSeries {
  readonly window: StatsWindow;
  readonly namespace: string | null;
  readonly model: string | null;
  readonly bucketSeconds: number;
  readonly buckets: readonly (StatsFigures & { readonly startMs: number })[];
}

export function summarize(query: StatsQuery, tally: Tally, incidents: ReadonlyMap<string, number>): StatsSummary {
  return { ...askedFor(query), ...figuresOf(tally), incidents: Object.fromEntries(incidents) };
}

const MS_PER_MINUTE = 60_000;

/** `minute`: the running one. */
export function seriesOf(query: StatsQuery, { span, tallies }: SpanTallies, minute: number): StatsSeries {
  const first = minute - STATS_WINDOWS[query.window] + 1;
  const buckets = [];
  for (let start = first - (first % span); start <= minute; start += span) {
    buckets.push({ startMs: start * MS_PER_MINUTE, ...figuresOf(tallies.get(start) ?? createTally()) });
  }
  return { ...askedFor(query), bucketSeconds: span * 60, buckets };
}

function askedFor({ window, namespace, model }: StatsQuery) {
  return { window, namespace: namespace ?? null, model: model ?? null };
}

export function figuresOf(tally: Tally): StatsFigures {
  const n = (name: string): number => tally.counts.get(name) ?? 0;
  const [hits, stale, misses] = [n('hit'), n('stale'), n('miss')];
  const lookups = hits + stale + misses;
  return {
    requests: n('requests'),
    hits,
    hitsByLayer: { l1: n('hit:l1'), l2: n('hit:l2'), semantic: n('hit:semantic') },
    misses,
    missesByReason: named(tally.counts, 'miss:'),
    bypasses: n('bypass'),
    bypassesByReason: named(tally.counts, 'bypass:'),
    stale,
    errors: n('error'),
    hitRate: lookups === 0 ? 0 : (hits + stale) / lookups,
    tokens: {
      spent: { input: n('tokens:spent:input'), output: n('tokens:spent:output') },
      saved: { input: n('tokens:saved:input'), output: n('tokens:saved:output') },
    },
    usd: { spent: n('usd:spent'), saved: n('usd:saved') },
    latencyMs: latencies(tally),
    overheadMs: quantiles(tally.latency.get('overhead') ?? new Map()),
  };
}

function named(counts: ReadonlyMap<string, number>, prefix: string): Record<string, number> {
  const found = [...counts].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, amount]) => [name.slice(prefix.length), amount]));
}

/** Hits are sampled by layer; their sum is the outcome's own line. */
function latencies(tally: Tally): Record<string, Quantiles> {
  const hits: Histogram = new Map();
  const byName: Record<string, Quantiles> = {};
  for (const [name, histogram] of tally.latency) {
    if (name === 'overhead') continue;
    if (name.startsWith('hit:')) mergeHistogram(hits, histogram);
    byName[name] = quantiles(histogram);
  }
  return hits.size === 0 ? byName : { hit: quantiles(hits), ...byName };
}
