import { describe, expect, test } from '@jest/globals';
import type { DecisionRecord } from '../ports/observer.ts';
import type { StatsBucket, StatsStore } from '../ports/stats-store.ts';
import { createMemoryDecisions } from './decision-ring.ts';
import { OTHER, SERIES_MAX } from './series.ts';
import { combineObservers, createStats } from './stats.ts';

const START_MS = Date.UTC(2025, 0, 6, 12, 0, 30);
const MINUTE_MS = 60_000;

function clock(startMs = START_MS) {
  let ms = startMs;
  return {
    now: () => ms,
    pass(minutes: number) {
      ms += minutes * MINUTE_MS;
    },
  };
}

function decision(changes: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    requestId: 'r',
    atMs: START_MS,
    tenant: 'default',
    namespace: 'default',
    model: 'm',
    outcome: 'miss',
    reason: 'no-candidate',
    threshold: 0.9,
    query: 'why is the sky blue?',
    stream: false,
    status: 200,
    usage: { promptTokens: 10, completionTokens: 20 },
    costUsd: 0.5,
    savedUsd: 0,
    latencyMs: 100,
    firstByteMs: 50,
    overheadMs: 1,
    ...changes,
  };
}

const hit = (layer: 'l1' | 'l2' | 'semantic', latencyMs = 1): DecisionRecord =>
  decision({ outcome: 'hit', layer, reason: undefined, costUsd: 0, savedUsd: 0.5, latencyMs });

/** Keeps buckets as a store does: the same minute, namespace and model replace one another. */
class KeptBuckets implements StatsStore {
  readonly kept = new Map<string, StatsBucket>();
  broken = false;
  saves = 0;

  async save(buckets: readonly StatsBucket[]): Promise<void> {
    if (this.broken) throw new Error('disk full');
    this.saves += 1;
    for (const b of buckets) this.kept.set(`${b.minute} ${b.namespace} ${b.model}`, JSON.parse(JSON.stringify(b)));
  }
  async load(sinceMinute: number): Promise<StatsBucket[]> {
    if (this.broken) throw new Error('disk full');
    return [...this.kept.values()].filter((b) => b.minute >= sinceMinute);
  }
  async trim(beforeMinute: number): Promise<void> {
    for (const [key, b] of this.kept) if (b.minute < beforeMinute) this.kept.delete(key);
  }
}

describe('summary', () => {
  test('adds up outcomes, layers, reasons, tokens, money and latencies', () => {
    const stats = createStats({ now: clock().now });
    for (const layer of ['l1', 'l1', 'l2', 'semantic'] as const) stats.record(hit(layer));
    stats.record(decision());
    stats.record(decision({ reason: 'guard:number', latencyMs: 300 }));
    stats.record(decision({ outcome: 'bypass', reason: 'not-cacheable:temperature' }));
    stats.record(decision({ outcome: 'stale', reason: 'expired', costUsd: 0, savedUsd: 0.25 }));
    stats.record(decision({ outcome: 'error', reason: undefined, usage: undefined, costUsd: 0, status: 502 }));
    stats.incident('write-dropped');

    const found = stats.summary({ window: '5m' });
    expect(found).toMatchObject({
      requests: 9,
      hits: 4,
      hitsByLayer: { l1: 2, l2: 1, semantic: 1 },
      misses: 2,
      missesByReason: { 'no-candidate': 1, 'guard:number': 1 },
      bypasses: 1,
      bypassesByReason: { 'not-cacheable:temperature': 1 },
      stale: 1,
      errors: 1,
      tokens: { spent: { input: 30, output: 60 }, saved: { input: 50, output: 100 } },
      usd: { spent: 1.5, saved: 2.25 },
      incidents: { 'write-dropped': 1 },
    });
    expect(found.hitRate).toBeCloseTo(5 / 7);
    expect(found.latencyMs.hit?.count).toBe(4);
    expect(found.latencyMs['hit:l1']?.count).toBe(2);
    expect(found.latencyMs.miss?.p99).toBeGreaterThan(290);
    expect(found.overheadMs.count).toBe(9);
  });

  test('counts what a shared upstream call answered as saved, not as spent twice', () => {
    const stats = createStats({ now: clock().now });
    stats.record(decision());
    stats.record(decision({ costUsd: 0, savedUsd: 0.5 }));
    expect(stats.summary({ window: '5m' }).tokens).toEqual({
      spent: { input: 10, output: 20 },
      saved: { input: 10, output: 20 },
    });
  });

  test('keeps namespaces and models apart', () => {
    const stats = createStats({ now: clock().now });
    stats.record(decision({ namespace: 'a' }));
    stats.record(decision({ namespace: 'a', model: 'other' }));
    stats.record(decision({ namespace: 'b' }));
    expect(stats.summary({ window: '1h', namespace: 'a' }).requests).toBe(2);
    expect(stats.summary({ window: '1h', model: 'm' }).requests).toBe(2);
    expect(stats.summary({ window: '1h', namespace: 'a', model: 'm' }).requests).toBe(1);
    expect(stats.summary({ window: '1h', namespace: 'c' }).requests).toBe(0);
  });

  test('each window forgets what is older than it', () => {
    const time = clock();
    const stats = createStats({ now: time.now });
    const requests = () => (['5m', '1h', '24h', '7d'] as const).map((window) => stats.summary({ window }).requests);
    stats.record(decision());
    time.pass(4);
    expect(requests()).toEqual([1, 1, 1, 1]);
    time.pass(1);
    stats.record(decision());
    expect(requests()).toEqual([1, 2, 2, 2]);
    time.pass(60);
    expect(requests()).toEqual([0, 0, 2, 2]);
    time.pass(24 * 60);
    expect(requests()).toEqual([0, 0, 0, 2]);
    time.pass(7 * 24 * 60);
    expect(requests()).toEqual([0, 0, 0, 0]);
  });

  test('a clock that goes back loses nothing', () => {
    const time = clock();
    const stats = createStats({ now: time.now });
    stats.record(decision());
    time.pass(-30);
    stats.record(decision());
    expect(stats.summary({ window: '5m' }).requests).toBe(2);
  });

  test('namespaces beyond the bound are counted together, none is lost', () => {
    const stats = createStats({ now: clock().now });
    for (let i = 0; i < SERIES_MAX + 50; i += 1) stats.record(decision({ namespace: `n${i}` }));
    expect(stats.summary({ window: '5m' }).requests).toBe(SERIES_MAX + 50);
    expect(stats.summary({ window: '5m', namespace: OTHER }).requests).toBe(50);
  });

  test('reasons beyond the bound are counted together', () => {
    const stats = createStats({ now: clock().now });
    for (let i = 0; i < 500; i += 1) stats.record(decision({ reason: `r${i}` }));
    const { misses, missesByReason } = stats.summary({ window: '5m' });
    expect(misses).toBe(500);
    expect(Object.keys(missesByReason).length).toBeLessThan(70);
    expect(Object.values(missesByReason).reduce((a, b) => a + b)).toBe(500);
  });
});

describe('persistence', () => {
  test('a restart finds every count and goes on in the same minute', async () => {
    const time = clock();
    const store = new KeptBuckets();
    const before = createStats({ now: time.now, store });
    before.record(hit('semantic', 7));
    time.pass(90);
    before.record(decision());
    await before.flush();

    const after = createStats({ now: time.now, store });
    await after.load();
    expect(after.summary({ window: '24h' })).toEqual(before.summary({ window: '24h' }));
    after.record(decision());
    await after.flush();

    const last = createStats({ now: time.now, store });
    await last.load();
    await last.load();
    expect(last.summary({ window: '5m' }).requests).toBe(2);
    expect(last.summary({ window: '7d' }).requests).toBe(3);
    expect(last.summary({ window: '7d' }).latencyMs['hit:semantic']?.p50).toBeCloseTo(7, 0);
  });

  test('a flush with nothing new writes nothing', async () => {
    const store = new KeptBuckets();
    const stats = createStats({ now: clock().now, store });
    stats.record(decision());
    await stats.flush();
    await stats.flush();
    expect(store.saves).toBe(1);
  });

  test('what a failing store refused is saved by a later flush', async () => {
    const store = new KeptBuckets();
    const stats = createStats({ now: clock().now, store });
    await stats.load();
    stats.record(decision());
    store.broken = true;
    await expect(stats.flush()).rejects.toThrow('disk full');
    store.broken = false;
    await stats.flush();
    expect([...store.kept.values()].map((b) => b.counts.requests)).toEqual([1]);
  });

  test('a store that could not be read at start is read at the next flush, and not written over', async () => {
    const time = clock();
    const store = new KeptBuckets();
    const before = createStats({ now: time.now, store });
    before.record(decision());
    await before.flush();

    store.broken = true;
    const after = createStats({ now: time.now, store });
    await expect(after.load()).rejects.toThrow('disk full');
    after.record(decision());
    store.broken = false;
    await after.flush();
    expect(after.summary({ window: '5m' }).requests).toBe(2);
    expect([...store.kept.values()].map((b) => b.counts.requests)).toEqual([2]);
  });

  test('a week later the store is trimmed', async () => {
    const time = clock();
    const store = new KeptBuckets();
    const stats = createStats({ now: time.now, store });
    stats.record(decision());
    await stats.flush();
    time.pass(8 * 24 * 60);
    stats.record(decision());
    await stats.flush();
    expect(store.kept.size).toBe(1);
  });
});

test('decisions are those of the log it was given, of a ring in memory by default', async () => {
  const decisions = createMemoryDecisions({ max: 2 });
  const stats = createStats({ now: clock().now, decisions });
  for (const requestId of ['a', 'b', 'c']) stats.record(decision({ requestId }));
  expect((await stats.decisions({}, { limit: 9 })).decisions.map((d) => d.requestId)).toEqual(['c', 'b']);
  expect(await decisions.page({}, { limit: 9 })).toEqual(await stats.decisions({}, { limit: 9 }));

  const byDefault = createStats({ now: clock().now });
  byDefault.record(decision());
  expect((await byDefault.decisions({}, { limit: 1 })).decisions).toHaveLength(1);
  await expect(byDefault.decisions({}, { cursor: '%', limit: 1 })).rejects.toThrow('cursor');
});

test('combined observers all hear everything, one that breaks its promise included', () => {
  const stats = createStats({ now: clock().now });
  const throwing = {
    record: () => {
      throw new Error('no');
    },
    incident: () => {
      throw new Error('no');
    },
  };
  const all = combineObservers(throwing, stats);
  all.record(decision());
  all.incident('lookup-failed');
  expect(stats.summary({ window: '5m' })).toMatchObject({ requests: 1, incidents: { 'lookup-failed': 1 } });
});
