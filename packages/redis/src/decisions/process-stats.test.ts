import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createStats, type Stats } from '@nearhit/core';
import { sampleDecision } from '@nearhit/core/conformance/decision-log';
import { RedisServer } from '../../testing/index.ts';
import { connectRedis, type RedisConnection } from '../connection.ts';
import { openRedisStores } from '../open-stores.ts';
import { createRedisDecisions } from './redis-decisions.ts';

const MINUTE_MS = 60_000;

let server: RedisServer;
let nowMs = Date.UTC(2025, 0, 6, 12, 58);
const closers: (() => Promise<void>)[] = [];
beforeEach(async () => {
  server = await RedisServer.start({ args: ['--appendonly', 'yes'] });
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await server.close();
});

async function start(): Promise<{ stats: Stats; connection: RedisConnection }> {
  const connection = connectRedis({ url: server.url });
  const stores = await openRedisStores(connection);
  const decisions = createRedisDecisions({ connection, observer: { incident() {} } });
  closers.unshift(async () => {
    await decisions.close();
    await stores.close();
    await connection.close();
  });
  expect(await connection.ready(10_000)).toBe(true);
  return { stats: createStats({ now: () => nowMs, store: stores.stats, shared: true, decisions }), connection };
}

test('processes agree about what was asked, an outage and a restart included', async () => {
  const all = [await start(), await start()];
  const settle = async () => {
    for (const { stats } of all) await stats.flush();
    for (const { stats } of all) await stats.refresh();
  };
  const requests = () => all.map(({ stats }) => stats.summary({ window: '1h' }).requests);
  const record = () => {
    for (const [i, { stats }] of all.entries()) stats.record(sampleDecision({ namespace: `n${i}`, atMs: nowMs }));
  };
  for (let i = 0; i < 5; i += 1) {
    record();
    await settle();
    expect(requests()).toEqual([2 * (i + 1), 2 * (i + 1)]);
    nowMs += MINUTE_MS;
  }

  await server.kill();
  for (let i = 0; i < 5; i += 1) {
    record();
    await expect(settle()).rejects.toMatchObject({ kind: 'STORE_UNAVAILABLE' });
    nowMs += MINUTE_MS;
  }
  expect(requests()).toEqual([15, 15]);
  await server.run();
  for (const { connection } of all) expect(await connection.ready(10_000)).toBe(true);
  await settle();
  expect(requests()).toEqual([20, 20]);

  all.push(await start());
  await settle();
  expect(requests()).toEqual([20, 20, 20]);
  expect(all[2]?.stats.summary({ window: '1h', namespace: 'n1' }).requests).toBe(10);
  for (const { stats } of all) {
    const known = async () => (await stats.decisions({}, { limit: 100 })).decisions.length;
    while ((await known()) < 20) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await known()).toBe(20);
  }
});
