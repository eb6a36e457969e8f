import { describe, expect, test } from '@jest/globals';
import { sampleDecision } from '../conformance/decision-log.conformance.ts';
import { MINUTE_MS, Replicas, SECOND_MS, SharedBuckets, START_MS } from './replicas.samples.ts';
import { createStats } from './stats.ts';

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
