import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sampleDecision } from '../conformance/decision-log.conformance.ts';
import { MINUTE_MS, Replicas, START_MS } from './replicas.samples.ts';
import { createStats, STATS_WINDOWS, type StatsWindow } from './stats.ts';

const WINDOWS = Object.keys(STATS_WINDOWS) as StatsWindow[];

describe('a series', () => {
  test('has a place for every span, oldest first, and figures as the summary has them', () => {
    let nowMs = START_MS;
    const stats = createStats({ now: () => nowMs });
    stats.record(sampleDecision({ outcome: 'miss', reason: 'no-candidate', latencyMs: 100, costUsd: 0.5 }));
    nowMs += 2 * MINUTE_MS;
    stats.record(sampleDecision({ outcome: 'hit', layer: 'l2', latencyMs: 2, costUsd: 0, savedUsd: 0.25 }));
    const { buckets, ...told } = stats.series({ window: '5m' });
    expect(told).toEqual({ window: '5m', namespace: null, model: null, bucketSeconds: 60 });
    expect(buckets.map(({ startMs }) => startMs)).toEqual(
      [-4, -3, -2, -1, 0].map((minute) => Math.floor(nowMs / MINUTE_MS + minute) * MINUTE_MS),
    );
    expect(buckets.map(({ requests }) => requests)).toEqual([0, 0, 1, 0, 1]);
    expect(buckets[2]).toMatchObject({ misses: 1, missesByReason: { 'no-candidate': 1 }, usd: { spent: 0.5 } });
    expect(buckets[4]).toMatchObject({ hits: 1, hitsByLayer: { l1: 0, l2: 1, semantic: 0 }, usd: { saved: 0.25 } });
    expect(buckets[2]?.latencyMs.miss?.p50 as number).toBeCloseTo(100, -1);
    expect(buckets[3]).toMatchObject({ requests: 0, hitRate: 0, latencyMs: {}, overheadMs: { count: 0, p50: null } });
  });

  test.each([
    ['5m', 60, 5],
    ['1h', 60, 60],
    ['24h', 600, 145],
    ['7d', 3600, 169],
  ] as const)('of %s is in spans of %i s', (window, seconds, atMost) => {
    const { bucketSeconds, buckets } = createStats({ now: () => START_MS }).series({ window });
    expect(bucketSeconds).toBe(seconds);
    expect(buckets.length).toBeLessThanOrEqual(atMost);
    expect(buckets.length).toBeGreaterThanOrEqual(atMost - 1);
    for (const [at, { startMs }] of buckets.entries()) {
      expect(startMs % (seconds * 1000)).toBe(0);
      if (at > 0) expect(startMs - (buckets[at - 1]?.startMs ?? 0)).toBe(seconds * 1000);
    }
  });

  test('adds up to the summary, whatever comes when, in any namespace', () => {
    const step = fc.record({ minutes: fc.integer({ min: 0, max: 700 }), namespace: fc.constantFrom('a', 'b') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let nowMs = START_MS;
        const stats = createStats({ now: () => nowMs });
        for (const { minutes, namespace } of steps) {
          nowMs += minutes * MINUTE_MS;
          // Asked in between, too: what is remembered of closed minutes must not go stale.
          stats.summary({ window: '24h' });
          stats.record(sampleDecision({ namespace }));
        }
        for (const window of WINDOWS) {
          for (const namespace of [undefined, 'a']) {
            const { requests, latencyMs } = stats.summary({ window, namespace });
            const { buckets } = stats.series({ window, namespace });
            expect(buckets.reduce((sum, bucket) => sum + bucket.requests, 0)).toBe(requests);
            const counted = buckets.flatMap((bucket) => Object.values(bucket.latencyMs).map(({ count }) => count));
            expect(counted.reduce((a, b) => a + b, 0)).toBe(
              Object.values(latencyMs).reduce((sum, { count }) => sum + count, 0),
            );
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  test('has what the other processes saved', async () => {
    const house = new Replicas(2);
    for (let i = 0; i < 10; i += 1) {
      house.record(i);
      house.nowMs += MINUTE_MS;
    }
    await house.settle();
    for (const window of WINDOWS) {
      for (const stats of house.replicas) {
        const { buckets } = stats.series({ window });
        expect(buckets.reduce((sum, { requests }) => sum + requests, 0)).toBe(house.expected(window));
      }
    }
  });
});
