import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { DecisionRecord } from '@nearhit/core';
import { allDecisions, decisionLogConformance, sampleDecision } from '@nearhit/core/conformance/decision-log';
import { RedisCluster, RedisServer } from '../../testing/index.ts';
import { connectRedis, type RedisConnection } from '../connection.ts';
import { createRedisDecisions, type RedisDecisions, type RedisDecisionsOptions } from './redis-decisions.ts';

const READY_MS = 10_000;

describe('on one server', () => {
  let server: RedisServer;
  const closers: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    server = await RedisServer.start();
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
    await server.close();
  });

  const connect = async (settings: { commandTimeoutMs?: number } = {}): Promise<RedisConnection> => {
    const connection = connectRedis({ url: server.url, ...settings });
    closers.unshift(() => connection.close());
    expect(await connection.ready(READY_MS)).toBe(true);
    return connection;
  };
  /** One process: its decisions, its connection, what it heard of. */
  const start = async (
    options: Partial<RedisDecisionsOptions> = {},
    settings: { commandTimeoutMs?: number } = {},
  ): Promise<{ log: RedisDecisions; connection: RedisConnection; incidents: { name: string; detail: unknown }[] }> => {
    const connection = await connect(settings);
    const incidents: { name: string; detail: unknown }[] = [];
    const observer = { incident: (name: string, detail?: unknown) => void incidents.push({ name, detail }) };
    // A flush only when the test asks for one, where it does not say otherwise.
    const log = createRedisDecisions({ connection, observer, flushMs: 600_000, ...options });
    closers.unshift(() => log.close());
    return { log, connection, incidents };
  };

  decisionLogConformance('redis', async () => {
    const { log } = await start();
    return { log, close: async () => {} };
  });

  test('one reader sees what two processes wrote, its own at once, the other one soon', async () => {
    const [a, b] = [await start({ flushMs: 20 }), await start()];
    a.log.push([named('a1', 1)]);
    await until(async () => (await ids(b.log)).length === 1);
    b.log.push([named('b2', 2)]);
    expect(await ids(b.log)).toEqual(['b2', 'a1']);
    expect(await ids(a.log)).toEqual(['b2', 'a1']);
  });

  test('a request that another process has just answered is found, among many; without Redis only its own are', async () => {
    const [a, b] = [await start({ flushMs: 300 }), await start({}, { commandTimeoutMs: 300 })];
    for (let i = 0; i < 600; i += 1) a.log.push([named(`r${i}`, i)]);
    await a.log.flush();
    expect((await b.log.find('r5'))?.atMs).toBe(named('r5', 5).atMs);
    a.log.push([named('just', 9)]);
    const found = b.log.find('just', ['default']);
    b.log.push([named('own', 10)]);
    expect((await found)?.requestId).toBe('just');
    expect(await b.log.find('r5', ['other'])).toBeUndefined();
    await server.kill();
    expect((await b.log.find('own'))?.requestId).toBe('own');
    expect(await b.log.find('r5')).toBeUndefined();
    await server.run();
  });

  test('what several processes wrote in turn is paged through once, in order within a page', async () => {
    const all = [await start(), await start(), await start()];
    for (let i = 0; i < 600; i += 1) all[i % 3]?.log.push([named(`r${i}`, i)]);
    for (const { log } of all) await log.flush();
    const read = await allDecisions((all[0] as { log: RedisDecisions }).log, {}, 50);
    expect(new Set(read.map((d) => d.requestId)).size).toBe(600);
    expect(read).toHaveLength(600);
    const page = (await (all[1] as { log: RedisDecisions }).log.page({}, { limit: 300 })).decisions.map((d) => d.atMs);
    expect(page).toEqual([...page].sort((a, b) => b - a));
  });

  test('many records cost one command, a thousand two', async () => {
    const { log, connection } = await start();
    for (let i = 0; i < 1000; i += 1) log.push([named(`r${i}`, i)]);
    await connection.client.call('CONFIG', 'RESETSTAT');
    await log.flush();
    const stats = String(await connection.client.call('INFO', 'commandstats'));
    const calls = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    expect(calls('eval') + calls('evalsha')).toBe(2);
    expect(calls('xadd')).toBe(1000);
  });

  test('the stream is bounded in number and in bytes', async () => {
    const { log, connection } = await start({ max: 1000, bytesMax: 1_000_000 });
    const length = () => connection.client.xlen(connection.key('decisions', 'recent'));
    for (let i = 0; i < 5000; i += 1) log.push([named(`r${i}`, i)]);
    await log.flush();
    expect(await length()).toBeGreaterThanOrEqual(1000);
    expect(await length()).toBeLessThan(1300);
    for (let i = 0; i < 2000; i += 1) log.push([{ ...named(`s${i}`, i), query: 'q'.repeat(2000) }]);
    await log.flush();
    expect(await length()).toBeLessThan(700);
    expect((await log.page({}, { limit: 1 })).decisions[0]?.requestId).toBe('s1999');
  });

  test('what others put into the stream is skipped', async () => {
    const { log, connection } = await start();
    const key = connection.key('decisions', 'recent');
    log.push([named('a', 1)]);
    await log.flush();
    await connection.client.xadd(key, '*', 'd', 'not MessagePack');
    await connection.client.xadd(key, '*', 'other', 'field');
    await connection.client.xadd(key, '*', 'd', Buffer.from([0x91, 0x01]));
    await connection.client.xadd(key, '*', 'd', '');
    log.push([named('b', 2)]);
    expect(await ids(log)).toEqual(['b', 'a']);
    expect((await allDecisions(log, {}, 1)).map((d) => d.requestId)).toEqual(['b', 'a']);
  });

  test('while Redis is away it answers with its own, and later writes them once', async () => {
    const [a, b] = [await start(), await start()];
    a.log.push([named('a1', 1)]);
    expect(await ids(a.log)).toEqual(['a1']);
    b.log.push([named('b1', 2)]);
    await b.log.flush();
    await server.kill();
    a.log.push([named('a2', 3), named('a3', 4)]);
    await until(async () => (await a.log.page({}, { limit: 9 })).decisions.length === 3);
    expect(await ids(a.log)).toEqual(['a3', 'a2', 'a1']);
    await expect(a.log.flush()).rejects.toMatchObject({ kind: 'STORE_UNAVAILABLE' });
    expect(a.incidents.filter(({ name }) => name === 'write-decisions-failed')).toHaveLength(1);
    await server.run();
    await written(a.log);
    expect(await b.connection.ready(READY_MS)).toBe(true);
    expect(await ids(b.log)).toEqual(['a3', 'a2']);
  });

  test('an answer that is lost leaves no record twice', async () => {
    const { log, connection } = await start({}, { commandTimeoutMs: 200 });
    log.push([named('a', 1)]);
    await log.flush();
    // Redis gets the batch, and takes it after the client has given up.
    server.signal('SIGSTOP');
    log.push([named('b', 2), named('c', 3)]);
    await expect(log.flush()).rejects.toMatchObject({ kind: 'STORE_UNAVAILABLE' });
    server.signal('SIGCONT');
    const key = connection.key('decisions', 'recent');
    await until(async () => (await connection.client.xlen(key).catch(() => 0)) === 3);
    log.push([named('d', 4)]);
    await written(log);
    expect(await ids(log)).toEqual(['d', 'c', 'b', 'a']);
  });

  test('beyond the bound the oldest are dropped and counted', async () => {
    const { log, incidents } = await start({ pendingMax: 100 });
    await server.kill();
    for (let i = 0; i < 1000; i += 1) log.push([named(`r${i}`, i)]);
    await server.run();
    await written(log);
    const kept = (await allDecisions(log, {}, 200)).map((d) => d.requestId);
    expect(kept.length).toBeGreaterThan(85);
    expect(kept.length).toBeLessThanOrEqual(100);
    expect(kept[0]).toBe('r999');
    const dropped = incidents.filter(({ name }) => name === 'decisions-dropped');
    const count = dropped.reduce((sum, { detail }) => sum + (detail as { count: number }).count, 0);
    expect(count + kept.length).toBe(1000);
  });

  test('cursors go on when Redis leaves or comes back between two pages, at another process too', async () => {
    // By the clock of Redis a record is written at about the time of its decision; here surely not after.
    const soonMs = Date.now() + 600_000;
    const later = (requestId: string, at: number) => sampleDecision({ requestId, atMs: soonMs + at });
    const [a, b] = [await start(), await start()];
    a.log.push(Array.from({ length: 9 }, (_, i) => later(`a${i}`, i)));
    const first = await a.log.page({}, { limit: 3 });
    expect(first.decisions.map((d) => d.requestId)).toEqual(['a8', 'a7', 'a6']);
    await server.kill();
    a.log.push([later('late', 100)]);
    await expect(a.log.flush()).rejects.toThrow();
    const second = await a.log.page({}, { cursor: first.cursor, limit: 3 });
    expect(second.decisions.map((d) => d.requestId)).toEqual(['a5', 'a4', 'a3']);
    const third = await a.log.page({}, { cursor: second.cursor, limit: 9 });
    expect(third.decisions.map((d) => d.requestId)).toEqual(['a2', 'a1', 'a0']);
    expect(third.cursor).toBeUndefined();
    expect((await b.log.page({}, { cursor: second.cursor, limit: 9 })).decisions).toEqual([]);
    await server.run();
    expect(await b.connection.ready(READY_MS)).toBe(true);
    b.log.push([later('b1', 1), later('b8', 8)]);
    const other = await b.log.page({}, { cursor: second.cursor, limit: 9 });
    expect(other.decisions.map((d) => d.requestId)).toEqual(['b1']);
    expect(await b.connection.client.xlen(b.connection.key('decisions', 'recent'))).toBe(2);
  });

  test('closing writes what is pending', async () => {
    const [a, b] = [await start(), await start()];
    a.log.push([named('a', 1)]);
    await a.log.close();
    expect(await ids(b.log)).toEqual(['a']);
  });
});

describe('on a cluster', () => {
  test('pages what two processes wrote', async () => {
    const cluster = await RedisCluster.start();
    const connections = [connectRedis({ url: cluster.url }), connectRedis({ url: cluster.url })];
    try {
      for (const connection of connections) expect(await connection.ready(READY_MS)).toBe(true);
      const logs = connections.map((connection) => createRedisDecisions({ connection, observer: { incident() {} } }));
      for (let i = 0; i < 100; i += 1) logs[i % 2]?.push([named(`r${i}`, i)]);
      for (const log of logs) await log.flush();
      expect(await allDecisions(logs[0] as RedisDecisions, {}, 30)).toHaveLength(100);
      for (const log of logs) await log.close();
    } finally {
      for (const connection of connections) await connection.close();
      await cluster.close();
    }
  });
});

/** `at`: milliseconds after an arbitrary moment in the past. */
function named(requestId: string, at: number): DecisionRecord {
  return sampleDecision({ requestId, atMs: Date.UTC(2025, 0, 6, 12) + at });
}

async function ids(log: RedisDecisions): Promise<string[]> {
  return (await log.page({}, { limit: 100 })).decisions.map((d) => d.requestId);
}

/** Waits until Redis takes what is pending. */
async function written(log: RedisDecisions): Promise<void> {
  await until(() =>
    log.flush().then(
      () => true,
      () => false,
    ),
  );
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
