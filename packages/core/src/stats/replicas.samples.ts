import { sampleDecision } from '../conformance/decision-log.conformance.ts';
import type { StatsBucket, StatsStore } from '../ports/stats-store.ts';
import { createStats, STATS_WINDOWS, type Stats, type StatsWindow } from './stats.ts';

export const START_MS = Date.UTC(2025, 0, 6, 12, 0, 30);
export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;

/**
 * What several processes share: each replaces its own buckets only, and is told of the others'. Several buckets are not
 * one transaction, neither saved nor loaded.
 */
export class SharedBuckets {
  readonly kept = new Map<string, Required<StatsBucket>>();
  away = false;
  readonly loads: number[] = [];
  #writers = 0;

  writer(): StatsStore {
    const writer = `w${++this.#writers}`;
    const reach = async (): Promise<void> => {
      await new Promise(setImmediate);
      if (this.away) throw new Error('the store is away');
    };
    return {
      save: async (buckets) => {
        const copies = structuredClone(buckets);
        for (const bucket of copies) {
          await reach();
          this.kept.set(JSON.stringify([writer, bucket.minute, bucket.namespace, bucket.model]), { ...bucket, writer });
        }
      },
      load: async (sinceMinute) => {
        const found: StatsBucket[] = [];
        const newest = Math.max(0, ...[...this.kept.values()].map(({ minute }) => minute));
        for (const [from, to] of [
          [sinceMinute, newest - 1],
          [Math.max(sinceMinute, newest - 1), Number.POSITIVE_INFINITY],
        ] as const) {
          await reach();
          const others = [...this.kept.values()].filter((one) => one.writer !== writer);
          found.push(...others.filter(({ minute }) => minute >= from && minute < to));
        }
        this.loads.push(sinceMinute);
        return structuredClone(found.sort((a, b) => a.minute - b.minute));
      },
      trim: async (beforeMinute) => {
        await reach();
        for (const [key, { minute }] of this.kept) if (minute < beforeMinute) this.kept.delete(key);
      },
    };
  }
}

/** Processes, their store, their clock, and everything that any of them counted. */
export class Replicas {
  readonly store = new SharedBuckets();
  readonly replicas: Stats[] = [];
  readonly recordedAtMs: number[] = [];
  nowMs = START_MS;
  #unsaved: number[][] = [];

  constructor(count: number) {
    for (let i = 0; i < count; i += 1) this.start(i);
  }

  start(at: number): void {
    this.replicas[at] = createStats({ now: () => this.nowMs, store: this.store.writer(), shared: true });
    this.#unsaved[at] = [];
  }

  at(i: number): Stats {
    return this.replicas[i % this.replicas.length] as Stats;
  }

  record(i: number, namespace = 'default'): void {
    this.at(i).record(sampleDecision({ namespace, atMs: this.nowMs }));
    this.recordedAtMs.push(this.nowMs);
    this.#unsaved[i % this.replicas.length]?.push(this.nowMs);
  }

  async flush(i: number): Promise<void> {
    await this.at(i).flush();
    this.#unsaved[i % this.replicas.length] = [];
  }

  /** What was never saved is lost with the process, and expected to be. */
  crash(i: number): void {
    const at = i % this.replicas.length;
    for (const ms of this.#unsaved[at] ?? []) this.recordedAtMs.splice(this.recordedAtMs.indexOf(ms), 1);
    this.start(at);
  }

  expected(window: StatsWindow): number {
    const sinceMinute = Math.floor(this.nowMs / MINUTE_MS) - STATS_WINDOWS[window] + 1;
    return this.recordedAtMs.filter((ms) => Math.floor(ms / MINUTE_MS) >= sinceMinute).length;
  }

  requests(window: StatsWindow): number[] {
    return this.replicas.map((stats) => stats.summary({ window }).requests);
  }

  async settle(): Promise<void> {
    this.store.away = false;
    for (const i of this.replicas.keys()) await this.flush(i);
    for (const stats of this.replicas) await stats.refresh();
  }
}
