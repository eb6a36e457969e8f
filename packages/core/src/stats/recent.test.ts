import { describe, expect, test } from '@jest/globals';
import { sampleDecision } from '../conformance/decision-log.conformance.ts';
import { MINUTE_MS, Replicas, SECOND_MS, START_MS } from './replicas.samples.ts';
import { createStats } from './stats.ts';

function running(startMs = START_MS) {
  const house = { nowMs: startMs };
  const stats = createStats({ now: () => house.nowMs });
  const ask = (times: number, changes = {}) => {
    for (let i = 0; i < times; i += 1) stats.record(sampleDecision(changes));
  };
  return { house, stats, ask };
}

describe('the last seconds', () => {
  test('are what came since the tick before, and nothing is known at the first', () => {
    const { house, stats, ask } = running();
    ask(3);
    const meter = stats.recent({});
    expect(meter.tick(house.nowMs)).toBeNull();
    ask(2, { outcome: 'hit', layer: 'l1', latencyMs: 1 });
    ask(1, { outcome: 'miss', latencyMs: 100 });
    house.nowMs += SECOND_MS;
    const figures = meter.tick(house.nowMs);
    expect(figures).toMatchObject({ seconds: 1, requests: 3, hits: 2, misses: 1, hitsByLayer: { l1: 2 } });
    expect(figures?.latencyMs.hit?.count).toBe(2);
    expect(figures?.latencyMs.miss?.p99 as number).toBeCloseTo(100, -1);
    house.nowMs += SECOND_MS;
    expect(meter.tick(house.nowMs)).toMatchObject({ seconds: 1, requests: 0, latencyMs: {} });
  });

  test('go on over the end of a minute, and when a tick is late', () => {
    const { house, stats, ask } = running(Math.ceil(START_MS / MINUTE_MS) * MINUTE_MS - 500);
    const meter = stats.recent({});
    ask(5);
    meter.tick(house.nowMs);
    ask(2);
    house.nowMs += SECOND_MS;
    ask(4);
    expect(meter.tick(house.nowMs)).toMatchObject({ seconds: 1, requests: 6 });
    ask(7);
    house.nowMs += 3 * SECOND_MS;
    expect(meter.tick(house.nowMs)).toMatchObject({ seconds: 3, requests: 7 });
  });

  test('are those of a namespace and a model', () => {
    const { house, stats, ask } = running();
    const meter = stats.recent({ namespace: 'a', model: 'm' });
    meter.tick(house.nowMs);
    ask(1, { namespace: 'a', model: 'm' });
    ask(1, { namespace: 'a', model: 'other' });
    ask(1, { namespace: 'b', model: 'm' });
    house.nowMs += SECOND_MS;
    expect(meter.tick(house.nowMs)?.requests).toBe(1);
  });

  test('of several processes count everybody once, by the second or two later', async () => {
    const house = new Replicas(2);
    const meter = house.at(0).recent({});
    let counted = 0;
    let rate = 0;
    for (let second = 0; second < 100; second += 1) {
      for (let i = 0; i < 10; i += 1) house.record(i);
      if (second % 2 === 1) await house.settle();
      const figures = meter.tick(house.nowMs);
      if (figures !== null && second % 4 === 0) counted += figures.requests;
      if (second > 8) rate = (figures?.requests ?? 0) / (figures?.seconds ?? 1);
      house.nowMs += SECOND_MS;
    }
    expect(rate).toBeGreaterThan(7);
    expect(rate).toBeLessThan(13);
    expect(counted).toBe(960);
  });
});
