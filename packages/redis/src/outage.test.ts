import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LogFollower, NearhitError, searchable } from '@nearhit/core';
import { samplePair } from '@nearhit/core/conformance/pair-store';
import { sampleLabel } from '@nearhit/core/conformance/sample-store';
import { entryId, sampleEntry } from '@nearhit/core/conformance/storage-samples';
import { sampleUsage } from '@nearhit/core/conformance/usage-store';
import { freePort, openTestStores, RedisServer } from '../testing/index.ts';
import { connectRedis, type RedisConnection } from './connection.ts';
import { openRedisStores, type RedisStores } from './open-stores.ts';

const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always'];
let dir: string;
let server: RedisServer | undefined;
const closers: (() => Promise<void>)[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-outage-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await server?.close();
  server = undefined;
  rmSync(dir, { recursive: true, force: true });
});

async function startServer(args: readonly string[] = []): Promise<RedisServer> {
  server = await RedisServer.start({ args });
  return server;
}

async function open(url: string): Promise<RedisStores & { connection: RedisConnection }> {
  const stores = await openTestStores(url, { dir });
  closers.push(stores.close);
  return stores;
}

/** Every call of every port. */
function calls(stores: RedisStores): (() => Promise<unknown>)[] {
  const { responses, upkeep, log, policies, stats, usage, invalidations, registry, keys, limits } = stores;
  const { pairs, samples } = stores;
  const secret = samplePair(1, { a: { text: 'a secret prompt' } });
  const bound = { tenant: 'default', namespace: 'default', maxEntries: 0, maxBytes: 0 };
  return [
    () => responses.get(entryId(1)),
    () => responses.getMany([entryId(1)]),
    () => responses.put([sampleEntry(1, { query: 'a secret prompt' })]),
    () => responses.update([sampleEntry(1, { query: 'a secret prompt' })]),
    () => responses.delete([entryId(1)]),
    () => responses.list({ text: 'a secret prompt' }, { limit: 1 }),
    () => responses.unlogged(),
    () => upkeep.sweep(0, 1),
    () => upkeep.usage(),
    () => upkeep.evict(bound),
    () => upkeep.unembedded('m', 1),
    () => log.append([{ kind: 'add', id: entryId(1) }]),
    () => log.read(0, 1),
    () => log.bounds(),
    () => log.trim(1),
    () => policies.all(),
    () => policies.put({ namespace: 'n', patch: {} }),
    () => policies.delete('n'),
    () => keys.get('key_1'),
    () => keys.byHash('h'),
    () => keys.list({}, { limit: 1 }),
    () => keys.delete('key_1'),
    () => keys.tenants(),
    () => keys.putTenant({ id: 't', limits: {} }),
    () => keys.revision(),
    () => limits.enter('t', [], 'l'),
    () => limits.use('t', []),
    () => stats.save([{ minute: 1, namespace: 'n', model: 'm', counts: {}, latency: {} }]),
    () => stats.load(0),
    () => stats.trim(1),
    () => usage.append([sampleUsage(1, { query: 'a secret prompt' })]),
    () => usage.rollups({}),
    () => usage.records({}, { limit: 1 }),
    () => usage.trim({ recordsBeforeMs: 1, rollupsBeforeDay: '2026-01-01' }),
    () => invalidations.add({ filter: { text: 'a secret prompt' }, atMs: 1 }),
    () => invalidations.since(0),
    () => registry.list(),
    () => pairs.put([secret]),
    () => pairs.getMany([secret.id]),
    () => pairs.delete([secret.id]),
    () => pairs.list({}, { limit: 1 }),
    () => samples.append([sampleLabel(1)]),
    () => samples.read(0, 1),
  ];
}

async function failureOf(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error(`resolved: ${call}`);
}

describe('while Redis is away', () => {
  test('every call fails at once with STORE_UNAVAILABLE, and neither password nor prompt is told', async () => {
    const heard: Error[] = [];
    const url = `redis://nearhit:pa55word@127.0.0.1:${await freePort()}`;
    const connection = connectRedis({ url }, (error) => heard.push(error));
    closers.push(() => connection.close());
    const stores = openRedisStores(connection, { touchFlushMs: 5 });
    stores.upkeep.touch([entryId(1)]);
    for (const call of calls(stores)) {
      const failure = await failureOf(call);
      expect(failure).toBeInstanceOf(NearhitError);
      expect(failure).toMatchObject({ kind: 'STORE_UNAVAILABLE' });
      expect(inspect(failure, { depth: 9, showHidden: true })).not.toMatch(/pa55word|secret/);
    }
    while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(inspect(heard, { depth: 9, showHidden: true })).not.toMatch(/pa55word/);
    await stores.close();
  });

  test('a black hole: every call ends within its time, and all is well afterwards', async () => {
    const { url } = await startServer();
    const connection = connectRedis({ url, commandTimeoutMs: 200 });
    closers.push(() => connection.close());
    const stores = openRedisStores(connection);
    expect(await connection.ready(5000)).toBe(true);
    await stores.responses.put([sampleEntry(1)]);
    server?.signal('SIGSTOP');
    const failures = await Promise.all(calls(stores).map(failureOf));
    for (const failure of failures) {
      expect(failure).toMatchObject({ kind: 'STORE_UNAVAILABLE' });
      expect(inspect(failure, { depth: 9, showHidden: true })).not.toMatch(/secret/);
    }
    server?.signal('SIGCONT');
    await until(async () => {
      // What was asked for in the hole may be done now or not: only that an answer comes is certain.
      await stores.responses.get(entryId(1));
      return true;
    });
    expect(await stores.log.bounds()).toMatchObject({ firstSeq: expect.any(Number) });
  });

  test('killed and back: the same stores go on', async () => {
    const { url } = await startServer(DURABLE);
    const stores = await open(url);
    await stores.responses.put([sampleEntry(1)]);
    await server?.kill();
    expect(await failureOf(() => stores.responses.get(entryId(1)))).toMatchObject({ kind: 'STORE_UNAVAILABLE' });
    await server?.run();
    await until(async () => (await stores.responses.get(entryId(1))) !== undefined);
    await stores.responses.put([sampleEntry(2)]);
    expect((await stores.responses.list({}, { limit: 9 })).entries).toHaveLength(2);
  });
});

describe('after a loss', () => {
  test('kill -9 between put and append: the change is found unlogged', async () => {
    const { url } = await startServer(DURABLE);
    const before = await open(url);
    await before.responses.put([sampleEntry(1), sampleEntry(2)]);
    await before.log.append([{ kind: 'add', id: entryId(1) }]);
    await before.responses.delete([entryId(1)]);
    const { epoch } = await before.log.bounds();
    await server?.kill();
    await server?.run();
    const { responses, log } = await open(url);
    expect((await responses.unlogged()).sort()).toEqual([entryId(1), entryId(2)].sort());
    expect(await responses.getMany([entryId(2)])).toEqual([sampleEntry(2)]);
    expect((await log.bounds()).epoch).toBe(epoch);
  });

  test('numbers that a lost moment may have held are not given out again', async () => {
    const { url } = await startServer(DURABLE);
    const before = await open(url);
    expect(await before.log.append([1, 2, 3].map((n) => ({ kind: 'add' as const, id: entryId(n) })))).toBe(3);
    await server?.kill();
    await server?.run();
    const { log } = await open(url);
    const bounds = await log.bounds();
    expect(bounds.firstSeq).toBe(1);
    expect(bounds.lastSeq).toBeGreaterThan(1000);
    const next = await log.append([{ kind: 'add', id: entryId(4) }]);
    expect(next).toBe(bounds.lastSeq + 1);
    expect(await log.read(3, 10)).toEqual([
      { seq: bounds.lastSeq, change: { kind: 'policy' } },
      { seq: next, change: { kind: 'add', id: entryId(4) } },
    ]);
  });

  test('a restart is seen at once by whoever follows the log, and nobody is behind for ever', async () => {
    const { url } = await startServer(DURABLE);
    const before = await open(url);
    await before.log.append([1, 2, 3].map((n) => ({ kind: 'add' as const, id: entryId(n) })));
    const { epoch } = await before.log.bounds();
    await server?.kill();
    await server?.run();
    const { log } = await open(url);
    const resets: number[] = [];
    const follower = new LogFollower({
      ...{ log, from: { epoch, seq: 3 }, pollMs: 5, observer: { record() {}, incident() {} } },
      apply: async () => {},
      reset: async ({ lastSeq }) => void resets.push(lastSeq),
    });
    closers.push(() => follower.close());
    follower.start();
    await until(async () => resets.length > 0);
    await searchable(log, async () => follower.position?.seq ?? 0, Date.now() + 10_000);
    expect(follower.lag).toBe(0);
    expect(resets).toEqual([(await log.bounds()).lastSeq]);
  });

  test('Redis restarted empty is another log', async () => {
    const { url } = await startServer();
    const stores = await open(url);
    await stores.log.append([{ kind: 'add', id: entryId(1) }]);
    const { epoch } = await stores.log.bounds();
    await server?.kill();
    await server?.run();
    const { log } = await open(url);
    const bounds = await log.bounds();
    expect(bounds).toEqual({ epoch: expect.any(String), firstSeq: 1, lastSeq: 0 });
    expect(bounds.epoch).not.toBe(epoch);
    expect(await log.append([{ kind: 'add', id: entryId(2) }])).toBe(1);
  });
});

async function until(done: () => Promise<boolean>): Promise<void> {
  for (;;) {
    if (await done().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
