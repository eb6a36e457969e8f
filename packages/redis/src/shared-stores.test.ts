import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type JudgedPair, PAIR_BOUNDS, type ServiceStatus } from '@nearhit/core';
import { oneOfMany } from '@nearhit/core/conformance/pair-store';
import { sampleLabel } from '@nearhit/core/conformance/sample-store';
import { entryId, sampleEntry, T0, unit } from '@nearhit/core/conformance/storage-samples';
import { type OpenedStores, openTestStores, RedisServer } from '../testing/index.ts';
import { Commands } from './commands.ts';
import type { RedisClient, RedisConnection } from './connection.ts';
import { openRedisStores } from './open-stores.ts';
import { RedisServiceRegistry } from './service-registry.ts';

let server: RedisServer;
let dir: string;
const opened: OpenedStores[] = [];
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.close());
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-shared-'));
});
afterEach(async () => {
  for (const stores of opened.splice(0)) await stores.close();
  rmSync(dir, { recursive: true, force: true });
});

async function open(url = server.url): Promise<OpenedStores> {
  const stores = await openTestStores(url, { dir });
  opened.push(stores);
  return stores;
}

/** A connection on which something else happens first, each time a command of this name is asked for. */
function interrupted(connection: RedisConnection, name: string, first: () => Promise<unknown>): RedisConnection {
  const client = new Proxy(connection.client, {
    get(target, property) {
      const value = Reflect.get(target, property) as unknown;
      if (typeof value !== 'function') return value;
      if (property !== name) return value.bind(target);
      return async (...args: unknown[]) => {
        await first();
        return value.apply(target, args);
      };
    },
  });
  return { ...connection, client: client as RedisClient };
}

const keyOf = (n: number): string => `${basename(dir)}:{${entryId(n)[0]}}:e:${entryId(n)}`;

describe('several processes on one Redis', () => {
  test('see each other at once', async () => {
    const [a, b] = [await open(), await open()];
    await a.responses.put([sampleEntry(1)]);
    expect(await b.responses.getMany([entryId(1)])).toEqual([sampleEntry(1)]);
    expect(await b.responses.unlogged()).toEqual([entryId(1)]);
    await b.log.append([{ kind: 'add', id: entryId(1) }]);
    expect(await a.responses.unlogged()).toEqual([]);
    expect((await a.log.bounds()).epoch).toBe((await b.log.bounds()).epoch);
    expect(await a.responses.delete([entryId(1)])).toEqual([entryId(1)]);
    expect(await b.responses.get(entryId(1))).toBeUndefined();
  });

  test('what is changed again while it is being logged stays unlogged', async () => {
    const [a, b] = [await open(), await open()];
    await a.responses.put([sampleEntry(1), sampleEntry(2)]);
    const again = sampleEntry(1, { createdAtMs: T0 + 900 });
    const connection = interrupted(a.connection, 'nearhitAppendBuffer', () => b.responses.put([again]));
    const slow = openRedisStores(connection);
    await slow.log.append([1, 2].map((n) => ({ kind: 'add' as const, id: entryId(n) })));
    await slow.close();
    expect(await a.responses.unlogged()).toEqual([entryId(1)]);
  });

  test('policies and invalidations are told over the log, in the order of the changes', async () => {
    const [a, b] = [await open(), await open()];
    const heard: string[] = [];
    a.policies.onChange(() => heard.push('a'));
    b.policies.onChange(() => heard.push('b'));
    await a.policies.put({ namespace: 'n', patch: { threshold: 0.5 } });
    await a.log.append([{ kind: 'expire', id: entryId(1) }]);
    const invalidation = { filter: { tags: ['doc:42', 'ü'] }, atMs: Date.now() };
    await a.invalidations.add(invalidation);
    await a.policies.delete('n');
    await a.policies.delete('n');
    expect((await b.log.read(0, 10)).map(({ change }) => change)).toEqual([
      { kind: 'policy' },
      { kind: 'expire', id: entryId(1) },
      { kind: 'invalidate', ...invalidation },
      { kind: 'policy' },
    ]);
    expect(await b.invalidations.since(invalidation.atMs)).toEqual([invalidation]);
    expect(heard).toEqual(['a', 'a']);
  });

  test('judged pairs and labelled samples are told over the log, those let go for want of room too', async () => {
    const [a, b] = [await open(), await open()];
    const pairs = Array.from({ length: PAIR_BOUNDS.perScopeMax }, (_, n) => oneOfMany(n));
    await a.pairs.put(pairs);
    const { lastSeq } = await b.log.bounds();
    expect(lastSeq).toBe(pairs.length);
    const [oldest, second] = pairs as [JudgedPair, JudgedPair];
    expect(await a.pairs.put([oneOfMany(pairs.length)])).toEqual([oldest.id]);
    await a.samples.append([sampleLabel(1), sampleLabel(2)]);
    await a.samples.append([sampleLabel(1)]);
    await a.pairs.delete([second.id, oldest.id]);
    expect((await b.log.read(lastSeq, 10)).map(({ change }) => change)).toEqual([
      { kind: 'pair', id: oneOfMany(pairs.length).id },
      { kind: 'pair', id: oldest.id },
      { kind: 'samples' },
      { kind: 'pair', id: second.id },
    ]);
    expect(await b.pairs.getMany([oldest.id, second.id])).toEqual([undefined, undefined]);
    // Nothing of what was let go stays behind.
    const keys = await a.connection.client.keys(`${a.connection.key('log', 'pairs')}*`);
    const sizes = await Promise.all(
      keys.map((key) => (/:(?:order|of:)/.test(key) ? a.connection.client.zcard(key) : a.connection.client.hlen(key))),
    );
    expect(new Set(sizes)).toEqual(new Set([PAIR_BOUNDS.perScopeMax - 1]));
  });

  test('a record that this version does not know is got past', async () => {
    const { log, connection } = await open();
    await log.append([{ kind: 'add', id: entryId(1) }]);
    await connection.client.xadd(connection.key('log', 'changes'), '2-0', 'c', '?of a newer version');
    expect((await log.read(0, 10)).map(({ seq }) => seq)).toEqual([1, 2]);
  });
});

describe('look-ups', () => {
  test('what is asked in one turn goes out in one write', async () => {
    const { responses, connection } = await open();
    await responses.put(Array.from({ length: 100 }, (_, n) => sampleEntry(n)));
    const reads = async (): Promise<number> =>
      Number(/total_reads_processed:(\d+)/.exec(await connection.client.info('stats'))?.[1]);
    const before = await reads();
    const found = await Promise.all(Array.from({ length: 100 }, (_, n) => responses.get(entryId(n))));
    expect(found).not.toContain(undefined);
    // One for the look-ups, one for this question.
    expect((await reads()) - before).toBe(2);
  });

  test('a damaged entry is a miss', async () => {
    const { responses, connection } = await open();
    await responses.put([sampleEntry(1), sampleEntry(2)]);
    await connection.client.hset(keyOf(1), 'a', 'another answer');
    await connection.client.hset(keyOf(2), 'h', Buffer.from([0xc1, 0xff]));
    expect(await responses.getMany([entryId(1), entryId(2)])).toEqual([undefined, undefined]);
    expect((await responses.list({}, { limit: 5 })).entries).toEqual([]);
  });
});

describe('what Redis drops by itself', () => {
  test('an entry ends ten minutes after its last use as a stale one, should nobody sweep', async () => {
    const { responses, connection } = await open();
    const staleUntilMs = Date.now() + 3_600_000;
    await responses.put([sampleEntry(1, { staleUntilMs }), sampleEntry(2, { staleUntilMs: T0 })]);
    const [fresh, past] = [await connection.client.pttl(keyOf(1)), await connection.client.pttl(keyOf(2))];
    expect(fresh).toBeGreaterThan(4_140_000);
    expect(fresh).toBeLessThanOrEqual(4_200_000);
    expect(past).toBeGreaterThan(540_000);
    expect(past).toBeLessThanOrEqual(600_000);
  });

  test('is in no list, and leaves the counts and the index with the next sweep', async () => {
    const { responses, upkeep, log, connection } = await open();
    const all = Array.from({ length: 500 }, (_, n) => n);
    await responses.put(all.map((n) => sampleEntry(n, { tags: ['t'], ...(n % 2 === 0 && { vector: unit(n) }) })));
    await log.append(all.map((n) => ({ kind: 'add' as const, id: entryId(n) })));
    const dropped = all.filter((n) => n % 5 === 0);
    await connection.client.unlink(...dropped.map(keyOf));
    const listed = await responses.list({ tags: ['t'] }, { limit: 450 });
    expect(listed.entries).toHaveLength(400);
    expect(listed.cursor).toBeUndefined();
    expect(await upkeep.unembedded('another', 450)).toHaveLength(400);
    expect(new Set(await upkeep.sweep(T0, 1000))).toEqual(new Set(dropped.map(entryId)));
    expect(await upkeep.usage()).toMatchObject([{ entries: 400 }]);
    expect(new Set(await responses.unlogged())).toEqual(new Set(dropped.map(entryId)));
    expect(await upkeep.sweep(T0, 1000)).toEqual([]);
  });

  test('what a look-up has missed is swept although it is one of many; what came back is not', async () => {
    const { responses, upkeep, connection } = await open();
    await responses.put(Array.from({ length: 3000 }, (_, n) => sampleEntry(n, { createdAtMs: T0 + n })));
    await upkeep.sweep(T0, 10);
    await connection.client.unlink(keyOf(1), keyOf(2));
    const missing = connection.key(entryId(1)[0] as string, 'missing');
    await responses.getMany([1, 2].map(entryId));
    while (!(await connection.client.sismember(missing, entryId(1))));
    await responses.put([sampleEntry(2, { createdAtMs: T0 - 5 })]);
    expect(await upkeep.sweep(T0, 10)).toEqual([entryId(1)]);
    expect(await responses.get(entryId(2))).toBeDefined();
    expect(await connection.client.exists(missing)).toBe(0);
  });

  test('is let go first when a namespace is over its bound', async () => {
    const { responses, upkeep, connection } = await open();
    await responses.put(Array.from({ length: 40 }, (_, n) => sampleEntry(n)));
    await connection.client.unlink(keyOf(0), keyOf(2));
    const bound = { tenant: 'default', namespace: 'default', maxEntries: 38, maxBytes: Number.MAX_SAFE_INTEGER };
    expect((await upkeep.evict(bound)).sort()).toEqual([entryId(0), entryId(2)].sort());
    expect((await responses.list({}, { limit: 50 })).entries).toHaveLength(38);
  });

  test('a full Redis with volatile-lru goes on taking answers, and the counts follow', async () => {
    const small = await RedisServer.start({ args: ['--maxmemory', '12mb', '--maxmemory-policy', 'volatile-lru'] });
    try {
      const { responses, upkeep, connection } = await open(small.url);
      const answer = Buffer.alloc(20_000, 'x');
      for (let from = 0; from < 1500; from += 100)
        await responses.put(Array.from({ length: 100 }, (_, n) => sampleEntry(from + n, { answer })));
      const there = (await connection.client.keys('*:e:*')).length;
      expect(there).toBeLessThan(1000);
      for (let gone = 1; gone > 0; ) gone = (await upkeep.sweep(T0, 10_000)).length;
      expect(await upkeep.usage()).toMatchObject([{ entries: (await connection.client.keys('*:e:*')).length }]);
    } finally {
      for (const stores of opened.splice(0)) await stores.close();
      await small.close();
    }
  });
});

describe('ServiceRegistry: redis', () => {
  const status = (id: string, changes: Partial<ServiceStatus> = {}): ServiceStatus => ({
    kind: 'cache',
    id,
    host: 'h',
    version: '1',
    startedAtMs: T0,
    seenAtMs: T0,
    position: 7,
    detail: { vectors: 3, degraded: false },
    ...changes,
  });

  test('tells who has reported lately, each as last told', async () => {
    const [a, b] = [await open(), await open()];
    expect(await a.registry.list()).toEqual([]);
    await a.registry.report(status('1'));
    await a.registry.report(status('2', { kind: 'worker' }));
    await a.registry.report(status('1', { position: 9 }));
    expect(await b.registry.list()).toEqual([status('1', { position: 9 }), status('2', { kind: 'worker' })]);
    await b.registry.remove({ kind: 'cache', id: '1' });
    expect(await a.registry.list()).toEqual([status('2', { kind: 'worker' })]);
  });

  test('who is silent is gone, by the clock of Redis', async () => {
    const { connection } = await open();
    const registry = new RedisServiceRegistry(new Commands(connection), connection.key('services', ''), 300);
    await registry.report(status('quiet', { seenAtMs: Date.now() + 9_999_999 }));
    let present = await registry.list();
    expect(present).toHaveLength(1);
    while (present.some(({ id }) => id === 'quiet')) {
      await registry.report(status('loud'));
      present = await registry.list();
    }
    expect(present.map(({ id }) => id)).toEqual(['loud']);
  });
});
