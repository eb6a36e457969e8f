import type { DecisionFilter, DecisionLog, DecisionPage } from '../ports/decision-log.ts';
import type { DecisionRecord, Observer } from '../ports/observer.ts';
import type { StatsStore } from '../ports/stats-store.ts';
import { createMemoryDecisions } from './decision-ring.ts';
import { lateBucket } from './late-mark.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { PeerTallies } from './peers.ts';
import { type MinuteReader, type RecentFigures, RecentMeter } from './recent.ts';
import { MINUTES_KEPT, type MinuteTally, SeriesTable } from './series.ts';
import { STATS_WINDOWS, type StatsQuery, type StatsSeries, type StatsSummary, seriesOf, summarize } from './summary.ts';
import { count, createTally, fromBucket, mergeTally, toBucket } from './tally.ts';

export type { RecentFigures } from './recent.ts';
export {
  STATS_WINDOWS,
  type StatsFigures,
  type StatsQuery,
  type StatsSeries,
  type StatsSummary,
  type StatsWindow,
} from './summary.ts';
export { isUsageSaved } from './tally.ts';

export interface Stats extends Observer {
  /** Of this process, and of the others that share the store, as of the last refresh. */
  summary(query: StatsQuery): StatsSummary;
  /** The same span by span. */
  series(query: StatsQuery): StatsSeries;
  /** The last seconds, for whoever asks about once a second. */
  recent(filter: Omit<StatsQuery, 'window'>): { tick(nowMs: number): RecentFigures | null };
  /** As `DecisionLog.page`. */
  decisions(filter: DecisionFilter, page: { cursor?: string | undefined; limit: number }): Promise<DecisionPage>;
  /** Adds what the store remembers. Once; later calls wait for the first. */
  load(): Promise<void>;
  /** Saves the minutes that changed since the last flush, loading first if need be. What failed is tried again next time. */
  flush(): Promise<void>;
  /**
   * Takes in what the other processes have saved, loading first if need be; nothing is counted twice, and what was saved
   * late is not missed. Clocks may differ by a minute. Nothing to do when the store is not shared.
   */
  refresh(): Promise<void>;
}

export interface StatsOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Absent: nothing survives the process. */
  readonly store?: StatsStore | undefined;
  /** Several processes save to this store, each under a writer's name of its own. */
  readonly shared?: boolean | undefined;
  /** Default: the last ones of this process, in memory. */
  readonly decisions?: DecisionLog | undefined;
}

/** The others tell of themselves every other second: in this many, each has done so once or twice. */
const SHARED_SECONDS = 4;
const INCIDENTS_MAX = 100;
const MS_PER_MINUTE = 60_000;
const MINUTES_PER_TRIM = 60;
/** A minute that is saved when this many others have begun is late: the other processes may take it for final. */
const MINUTES_LATE = 2;
/** What a failing store could not take is kept for later; beyond this many minute tallies the oldest are given up. */
const UNSAVED_MAX = 5000;

/** Counters, latencies and the recent decisions. Bounded in memory however many namespaces clients invent. */
export function createStats(options: StatsOptions): Stats {
  return new WindowedStats(options);
}

class WindowedStats implements Stats {
  readonly flush: () => Promise<void>;
  readonly refresh: () => Promise<void>;
  readonly #now: () => number;
  readonly #store: StatsStore | undefined;
  readonly #shared: boolean;
  readonly #decisions: DecisionLog;
  readonly #table = new SeriesTable();
  readonly #peers = new PeerTallies();
  readonly #incidents = new Map<string, number>();
  readonly #unsaved = new Set<MinuteTally>();
  #loading: Promise<void> | undefined;
  #trimmedAtMinute = 0;
  /** The oldest minute that was saved late and of which the others do not know yet. */
  #lateMinute = Number.POSITIVE_INFINITY;
  #lateSerial = 0;

  constructor({ now, store, shared = false, decisions = createMemoryDecisions() }: StatsOptions) {
    this.#now = now;
    this.#store = store;
    this.#shared = shared && store !== undefined;
    this.#decisions = decisions;
    this.flush = oneAtATime(() => this.#flush());
    this.refresh = oneAtATime(() => this.#refresh());
  }

  record(decision: DecisionRecord): void {
    const running = this.#table.open(decision.namespace, decision.model, this.#minute());
    count(running.tally, decision);
    if (this.#store !== undefined) this.#unsaved.add(running);
    this.#decisions.push([decision]);
  }

  incident(name: string): void {
    const known = this.#incidents.has(name) || this.#incidents.size < INCIDENTS_MAX ? name : 'other';
    this.#incidents.set(known, (this.#incidents.get(known) ?? 0) + 1);
  }

  summary(query: StatsQuery): StatsSummary {
    const minute = this.#minute();
    const minutes = STATS_WINDOWS[query.window];
    this.#table.roll(minute);
    const total = this.#table.sum(minutes, query);
    if (this.#shared) mergeTally(total, this.#peers.sum(minutes, query, minute));
    return summarize(query, total, this.#incidents);
  }

  series(query: StatsQuery): StatsSeries {
    const minute = this.#minute();
    const minutes = STATS_WINDOWS[query.window];
    this.#table.roll(minute);
    const spans = this.#table.spans(minutes, query);
    const others = this.#shared ? this.#peers.spans(minutes, query, minute).tallies : [];
    for (const [start, tally] of others) {
      const own = spans.tallies.get(start) ?? createTally();
      mergeTally(own, tally);
      spans.tallies.set(start, own);
    }
    return seriesOf(query, spans, minute);
  }

  recent(filter: Omit<StatsQuery, 'window'>): RecentMeter {
    const read: MinuteReader = (minute, of) => {
      this.#table.roll(this.#minute());
      const total = this.#table.at(minute, of);
      if (this.#shared) mergeTally(total, this.#peers.at(minute, of));
      return total;
    };
    return new RecentMeter(read, filter, this.#shared ? SHARED_SECONDS : 1);
  }

  decisions(filter: DecisionFilter, page: { cursor?: string | undefined; limit: number }): Promise<DecisionPage> {
    return this.#decisions.page(filter, page);
  }

  load(): Promise<void> {
    this.#loading ??= this.#restore().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async #flush(): Promise<void> {
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
    if (this.#shared) await this.#announce(this.#store, taken);
    await this.#trim(this.#store);
  }

  async #refresh(): Promise<void> {
    if (this.#store === undefined || !this.#shared) return;
    await this.load();
    const minute = this.#minute();
    const stored = await this.#store.load(this.#peers.sinceMinute(minute));
    if (!this.#peers.refresh(stored, minute)) await this.#rebuild(this.#store);
  }

  #minute(): number {
    return Math.floor(this.#now() / MS_PER_MINUTE);
  }

  async #restore(): Promise<void> {
    if (this.#store === undefined) return;
    if (this.#shared) return this.#rebuild(this.#store);
    const buckets = await this.#store.load(this.#minute() - MINUTES_KEPT);
    this.#table.roll(this.#minute());
    for (const bucket of buckets) this.#table.restore({ ...bucket, tally: fromBucket(bucket) });
  }

  async #rebuild(store: StatsStore): Promise<void> {
    const minute = this.#minute();
    await this.#peers.rebuild(await store.load(minute - MINUTES_KEPT), minute);
  }

  async #save(store: StatsStore, tallies: readonly MinuteTally[]): Promise<void> {
    const buckets = tallies.map(({ minute, namespace, model, tally }) => toBucket(minute, namespace, model, tally));
    if (buckets.length > 0) await store.save(buckets);
  }

  /** After the minutes themselves: whoever reads the mark finds them. */
  async #announce(store: StatsStore, saved: readonly MinuteTally[]): Promise<void> {
    const minute = this.#minute();
    for (const tally of saved) {
      if (tally.minute <= minute - MINUTES_LATE) this.#lateMinute = Math.min(this.#lateMinute, tally.minute);
    }
    const sinceMinute = this.#lateMinute;
    if (sinceMinute === Number.POSITIVE_INFINITY) return;
    this.#lateSerial += 1;
    await store.save([lateBucket(minute, { serial: this.#lateSerial, sinceMinute })]);
    this.#lateMinute = Number.POSITIVE_INFINITY;
  }

  async #trim(store: StatsStore): Promise<void> {
    const minute = this.#minute();
    if (minute < this.#trimmedAtMinute + MINUTES_PER_TRIM) return;
    await store.trim(minute - MINUTES_KEPT);
    this.#trimmedAtMinute = minute;
  }
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
