import type { DecisionRecord, Observer } from '../ports/observer.ts';
import type { StatsStore } from '../ports/stats-store.ts';
import { type DecisionFilter, type DecisionPage, DecisionRing } from './decision-ring.ts';
import { type Histogram, mergeHistogram, type Quantiles, quantiles } from './histogram.ts';
import { MINUTES_KEPT, type MinuteTally, SeriesTable } from './series.ts';
import { count, fromBucket, type Tally, toBucket } from './tally.ts';

export { isUsageSaved } from './tally.ts';

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

export interface Stats extends Observer {
  summary(query: StatsQuery): StatsSummary;
  /** Throws INVALID_REQUEST on a cursor it did not make. */
  decisions(filter: DecisionFilter, page: { cursor?: string | undefined; limit: number }): DecisionPage;
  /** Adds what the store remembers. Once; later calls wait for the first. */
  load(): Promise<void>;
  /** Saves the minutes that changed since the last flush, loading first if need be. What failed is tried again next time. */
  flush(): Promise<void>;
}

export interface StatsOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Absent: nothing survives the process. */
  readonly store?: StatsStore | undefined;
  readonly decisionsMax?: number | undefined;
  /** Bound on the decisions' texts in memory. */
  readonly decisionBytesMax?: number | undefined;
}

const INCIDENTS_MAX = 100;
const MS_PER_MINUTE = 60_000;
const MINUTES_PER_TRIM = 60;
/** What a failing store could not take is kept for later; beyond this many minute tallies the oldest are given up. */
const UNSAVED_MAX = 5000;

/** Counters, latencies and the recent decisions. Bounded in memory however many namespaces clients invent. */
export function createStats(options: StatsOptions): Stats {
  return new WindowedStats(options);
}

class WindowedStats implements Stats {
  readonly #now: () => number;
  readonly #store: StatsStore | undefined;
  readonly #table = new SeriesTable();
  readonly #ring: DecisionRing;
  readonly #incidents = new Map<string, number>();
  readonly #unsaved = new Set<MinuteTally>();
  #loading: Promise<void> | undefined;
  #trimmedAtMinute = 0;

  constructor({ now, store, decisionsMax = 10_000, decisionBytesMax = 16_777_216 }: StatsOptions) {
    this.#now = now;
    this.#store = store;
    this.#ring = new DecisionRing(decisionsMax, decisionBytesMax);
  }

  record(decision: DecisionRecord): void {
    const running = this.#table.open(decision.namespace, decision.model, this.#minute());
    count(running.tally, decision);
    if (this.#store !== undefined) this.#unsaved.add(running);
    this.#ring.push(decision);
  }

  incident(name: string): void {
    const known = this.#incidents.has(name) || this.#incidents.size < INCIDENTS_MAX ? name : 'other';
    this.#incidents.set(known, (this.#incidents.get(known) ?? 0) + 1);
  }

  summary(query: StatsQuery): StatsSummary {
    this.#table.roll(this.#minute());
    return summarize(query, this.#table.sum(STATS_WINDOWS[query.window], query), this.#incidents);
  }

  decisions(filter: DecisionFilter, page: { cursor?: string | undefined; limit: number }): DecisionPage {
    return this.#ring.page(filter, page);
  }

  load(): Promise<void> {
    this.#loading ??= this.#restore().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async flush(): Promise<void> {
    if (this.#store === undefined) return;
    await this.load();
    const taken = [...this.#unsaved].slice(-UNSAVED_MAX);
    this.#unsaved.clear();
    try {
      await this.#save(this.#store, taken);
    } catch (error) {
      for (const tally of taken) this.#unsaved.add(tally);
      throw error;
    }
  }

  #minute(): number {
    return Math.floor(this.#now() / MS_PER_MINUTE);
  }

  async #restore(): Promise<void> {
    const buckets = (await this.#store?.load(this.#minute() - MINUTES_KEPT)) ?? [];
    this.#table.roll(this.#minute());
    for (const bucket of buckets) this.#table.restore({ ...bucket, tally: fromBucket(bucket) });
  }

  async #save(store: StatsStore, tallies: readonly MinuteTally[]): Promise<void> {
    const buckets = tallies.map(({ minute, namespace, model, tally }) => toBucket(minute, namespace, model, tally));
    if (buckets.length > 0) await store.save(buckets);
    const minute = this.#minute();
    if (minute < this.#trimmedAtMinute + MINUTES_PER_TRIM) return;
    await store.trim(minute - MINUTES_KEPT);
    this.#trimmedAtMinute = minute;
  }
}

function summarize(query: StatsQuery, tally: Tally, incidents: ReadonlyMap<string, number>): StatsSummary {
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

/** Tells each in turn; one that fails does not keep the others from hearing. */
export function combineObservers(...observers: readonly Observer[]): Observer {
  const each = (tell: (observer: Observer) => void): void => {
    for (const observer of observers) {
      try {
        tell(observer);
      } catch {
        // Observers promise not to throw; a request must not pay for one that does.
      }
    }
  };
  return {
    record: (decision: DecisionRecord) => each((observer) => observer.record(decision)),
    incident: (name: string, detail?: unknown) => each((observer) => observer.incident(name, detail)),
  };
}
