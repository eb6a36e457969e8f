import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Entry, EntryId, IdentityKey } from '@nearhit/core';
import { entryId, sampleEntry } from '@nearhit/core/conformance/storage-samples';
import type { Redis } from 'ioredis';
import { type OpenedStores, openTestStores, RedisServer } from '../../testing/index.ts';

const SAME = '5123456789abcdef'.repeat(2) as IdentityKey;
const named = (n: number, changes: Partial<Entry> = {}): Entry => {
  const staleUntilMs = Date.now() + 3_600_000;
  return sampleEntry(n, { identity: SAME, expiresAtMs: staleUntilMs, staleUntilMs, ...changes });
};

let server: RedisServer;
let stores: OpenedStores;
let client: Redis;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.close());
beforeEach(async () => {
  stores = await openTestStores(server.url, { dir: `/${Math.random()}` });
  client = stores.connection.client as Redis;
});
afterEach(() => stores.close());

/** The one key that holds an identity, or the one that holds this entry. */
async function keyOf(kind: 'i' | 'e'): Promise<string> {
  const keys = await client.keys(`${stores.connection.prefix}:*:${kind}:*`);
  expect(keys).toHaveLength(1);
  return keys[0] as string;
}

test('asked in one turn with the exact key, both go out in one write', async () => {
  const { responses } = stores;
  await responses.put([named(1)]);
  const { stream } = client;
  const write = stream.write.bind(stream);
  let writes = 0;
  stream.write = ((...args: Parameters<typeof write>) => {
    writes += 1;
    return write(...args);
  }) as typeof stream.write;
  const [exact, id] = await Promise.all([responses.get(entryId(2)), responses.identify(SAME)]);
  expect([exact, id, writes]).toEqual([undefined, entryId(1), 1]);
});

test('lies in the shard of the identity, and lives as long as the entry', async () => {
  await stores.responses.put([named(1)]);
  const key = await keyOf('i');
  expect(key).toContain(':{5}:i:');
  const [its, entrys] = await Promise.all([client.pexpiretime(key), client.pexpiretime(await keyOf('e'))]);
  expect(entrys).toBeGreaterThan(0);
  expect(its).toBeGreaterThanOrEqual(entrys);
});

test('may name an entry that Redis has dropped, until the sweep', async () => {
  const { responses, upkeep } = stores;
  await responses.put([named(1)]);
  await client.del(await keyOf('e'));
  expect(await responses.identify(SAME)).toBe(entryId(1));
  expect(await responses.get(entryId(1))).toBeUndefined();
  expect(await upkeep.sweep(Date.now(), 10)).toEqual([entryId(1)]);
  expect(await responses.identify(SAME)).toBeUndefined();
});

test('one that was lost is there again with the next write; what it never wrote is none', async () => {
  const { responses } = stores;
  const entry = named(1);
  await responses.put([entry]);
  const key = await keyOf('i');
  await client.set(key, 'something else');
  expect(await responses.identify(SAME)).toBeUndefined();
  await client.del(key);
  expect(await responses.identify(SAME)).toBeUndefined();
  expect(await responses.update([entry])).toEqual([entry.id]);
  expect(await responses.identify(SAME)).toBe(entry.id);
});

test('an index row without a name, as an older version wrote it, is removed like any other', async () => {
  const { responses, upkeep } = stores;
  await responses.put([sampleEntry(1), named(2)]);
  expect(await responses.delete([1, 2].map(entryId))).toEqual([1, 2].map(entryId) as EntryId[]);
  expect(await upkeep.usage()).toEqual([]);
  expect(await client.keys(`${stores.connection.prefix}:*:i:*`)).toEqual([]);
});
