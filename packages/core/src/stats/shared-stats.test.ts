import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sampleDecision } from '../conformance/decision-log.conformance.ts';
import type { StatsBucket, StatsStore } from '../ports/stats-store.ts';
import { createStats, STATS_WINDOWS, type Stats, type StatsWindow } from './stats.ts';

const START_MS = Date.UTC(2025, 0, 6, 12, 0, 30);
const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/**
 * What several processes share: each replaces its own buckets only, and is told of the others'. Several buckets are not
 * one transaction, neither saved nor loaded.
 */
class SharedBuckets {
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
class Replicas {
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

describe('replicas that share a store', () => {
  test('each shows all, the running minute included', async () => {
    const all = new Replicas(3);
    for (let i = 0; i < 10; i += 1) all.record(i, i < 4 ? 'a' : 'b');
    await all.settle();
    expect(all.requests('5m')).toEqual([10, 10, 10]);
    expect(all.at(0).summary({ window: '1h', namespace: 'a' })).toMatchObject({ requests: 4, misses: 4 });
    expect(all.at(2).summary({ window: '1h' }).overheadMs.count).toBe(10);
    all.record(1, 'a');
    await all.settle();
    await all.settle();
    expect(all.requests('5m')).toEqual([11, 11, 11]);
  });

  test('one that starts knows what processes that are gone counted', async () => {
    const all = new Replicas(2);
    all.record(0);
    await all.settle();
    all.nowMs += 90 * MINUTE_MS;
    all.record(0);
    await all.settle();
    all.crash(0);
    await all.at(0).load();
    expect(all.requests('24h')).toEqual([2, 2]);
    expect(all.requests('1h')).toEqual([1, 1]);
  });

  test('in the steady state a refresh reads only the last minutes', async () => {
    const all = new Replicas(2);
    for (let i = 0; i < 600; i += 1) {
      all.record(i);
      await all.settle();
      all.nowMs += 2 * SECOND_MS;
    }
    all.store.loads.length = 0;
    await all.settle();
    expect(all.store.loads).toEqual(Array(2).fill(Math.floor(all.nowMs / MINUTE_MS) - 2));
    expect(all.requests('1h')).toEqual([600, 600]);
  });

  test('what one could not save for a while is counted by the others when it comes', async () => {
    const all = new Replicas(2);
    all.record(0);
    await all.settle();
    all.record(0);
    for (let i = 0; i < 20; i += 1) {
      all.nowMs += 30 * SECOND_MS;
      await all.at(1).refresh();
    }
    all.record(0);
    await all.settle();
    await all.settle();
    expect(all.requests('1h')).toEqual([3, 3]);
    all.store.loads.length = 0;
    all.nowMs += 30 * SECOND_MS;
    await all.at(1).refresh();
    expect(Math.min(...all.store.loads)).toBeGreaterThan(Math.floor(all.nowMs / MINUTE_MS) - 5);
  });

  test('a store that was away for all is read from where they were, not from the beginning', async () => {
    const all = new Replicas(3);
    await all.settle();
    for (let i = 0; i < 10; i += 1) {
      all.nowMs += 30 * SECOND_MS;
      await all.settle();
    }
    all.store.away = true;
    const awaySinceMinute = Math.floor(all.nowMs / MINUTE_MS);
    for (let i = 0; i < 20; i += 1) {
      all.record(i);
      all.nowMs += 30 * SECOND_MS;
      await expect(all.at(i).refresh()).rejects.toThrow('away');
      await expect(all.at(i).flush()).rejects.toThrow('away');
    }
    all.store.away = false;
    all.store.loads.length = 0;
    for (const stats of all.replicas) {
      await stats.refresh();
      await stats.flush();
    }
    all.nowMs += 2 * SECOND_MS;
    await all.settle();
    expect(all.requests('1h')).toEqual([20, 20, 20]);
    expect(Math.min(...all.store.loads)).toBeGreaterThanOrEqual(awaySinceMinute - 2);
  });

  test('a mark that could not be made is made later', async () => {
    const all = new Replicas(2);
    await all.settle();
    all.record(0);
    for (let i = 0; i < 10; i += 1) {
      all.nowMs += 30 * SECOND_MS;
      await all.at(1).refresh();
    }
    const flushing = all.at(0).flush();
    while (all.store.kept.size === 0) await new Promise(setImmediate);
    all.store.away = true;
    await expect(flushing).rejects.toThrow('away');
    await all.settle();
    expect(all.requests('1h')).toEqual([1, 1]);
  });

  test('a late save that could not be read at once is read later', async () => {
    const all = new Replicas(2);
    await all.settle();
    all.record(0);
    for (let i = 0; i < 10; i += 1) {
      all.nowMs += 30 * SECOND_MS;
      await all.at(1).refresh();
    }
    await all.at(0).flush();
    const { length } = all.store.loads;
    const refreshing = all.at(1).refresh();
    while (all.store.loads.length === length) await new Promise(setImmediate);
    all.store.away = true;
    await expect(refreshing).rejects.toThrow('away');
    await all.settle();
    expect(all.requests('1h')).toEqual([1, 1]);
  });

  test('a clock that goes back counts nothing twice', async () => {
    const all = new Replicas(2);
    for (let i = 0; i < 20; i += 1) {
      all.record(i);
      all.nowMs += 30 * SECOND_MS;
      await all.settle();
    }
    all.nowMs -= 8 * MINUTE_MS;
    await all.settle();
    expect(all.requests('1h')).toEqual([20, 20]);
  });

  test('starts without the store, and learns when it is there', async () => {
    const all = new Replicas(2);
    all.record(1);
    await all.settle();
    all.crash(0);
    all.store.away = true;
    await expect(all.at(0).load()).rejects.toThrow('away');
    all.record(0);
    await expect(all.at(0).refresh()).rejects.toThrow('away');
    await all.settle();
    expect(all.requests('1h')).toEqual([2, 2]);
  });

  test('a refresh of a store that is not shared changes nothing', async () => {
    const store = new SharedBuckets();
    const stats = createStats({ now: () => START_MS, store: store.writer() });
    stats.record(sampleDecision());
    await stats.flush();
    await stats.refresh();
    expect(stats.summary({ window: '5m' }).requests).toBe(1);
  });
});

type Step = { readonly kind: 'record' | 'flush' | 'refresh' | 'crash' | 'load' | 'away' | 'back'; readonly at: number };
type Pass = { readonly kind: 'pass'; readonly seconds: number };

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('record' as const), at: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('flush' as const), at: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('refresh' as const), at: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('crash', 'load', 'away', 'back', 'back'), at: fc.nat(3) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      seconds: fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 60, max: 5000 })),
    }),
  },
) as fc.Arbitrary<Step | Pass>;

/** Several things may be under way at once; a crash waits, for what is under way then is neither saved nor lost. */
async function play(all: Replicas, steps: readonly (Step | Pass)[], overlapping: boolean): Promise<void> {
  const underWay: Promise<unknown>[] = [];
  for (const one of steps) {
    let doing: Promise<unknown> = Promise.resolve();
    if (one.kind === 'pass') all.nowMs += one.seconds * SECOND_MS;
    else if (one.kind === 'record') all.record(one.at);
    else if (one.kind === 'away' || one.kind === 'back') all.store.away = one.kind === 'away';
    else if (one.kind === 'refresh' || one.kind === 'load') doing = all.at(one.at)[one.kind]();
    else if (one.kind === 'flush') doing = overlapping ? all.at(one.at).flush() : all.flush(one.at);
    else if (!overlapping) all.crash(one.at);
    underWay.push(doing.catch(() => {}));
    if (!overlapping) await Promise.all(underWay.splice(0));
    for (const requests of all.requests('7d')) expect(requests).toBeLessThanOrEqual(all.expected('7d'));
  }
  await Promise.all(underWay);
}

const RUNS = Number(process.env.NEARHIT_PROPERTY_RUNS ?? 300);

describe.each([{ overlapping: false }, { overlapping: true }])(
  'whatever the order of things, $overlapping',
  ({ overlapping }) => {
    test('every reader counts every request once', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
          const all = new Replicas(3);
          await play(all, steps, overlapping);
          await all.settle();
          for (const window of ['5m', '1h', '7d'] as const) {
            expect(all.requests(window)).toEqual(Array(3).fill(all.expected(window)));
          }
        }),
        { numRuns: RUNS },
      );
    });
  },
);
