import { type Histogram, mergeHistogram, type Quantiles, quantiles } from './histogram.ts';
import { MINUTES_KEPT } from './series.ts';
import type { Tally } from './tally.ts';

export const STATS_WINDOWS = { '5m': 5, '1h': 60, '24h': 1440, '7d': MINUTES_KEPT } as const;
export type StatsWindow = keyof typeof STATS_WINDOWS;

export interface StatsQuery {
  readonly window: StatsWindow;
  readonly namespace?: string | undefined;
  readonly model?: string | undefined;
}

/** Counts of the window. Amounts in USD, times in milliseconds. */
export interface StatsSummary {
  readonly window: StatsWindow;
  readonly namespace: string | null;
  readonly model: string | null;
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
  /** Survived failures by name, since the process began. */
  readonly incidents: Readonly<Record<string, number>>;
}

export function summarize(query: StatsQuery, tally: Tally, incidents: ReadonlyMap<string, number>): StatsSummary {
  const n = (name: string): number => tally.counts.get(name) ?? 0;
  const [hits, stale, misses] = [n('hit'), n('stale'), n('miss')];
  const lookups = hits + stale + misses;
  return {
    window: query.window,
    namespace: query.namespace ?? null,
    model: query.model ?? null,
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
    incidents: Object.fromEntries(incidents),
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
