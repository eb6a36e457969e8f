import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { RedisServer } from '../testing/redis-server.ts';
import { connectRedis, type RedisConnection } from './connection.ts';
import { createLease } from './lease.ts';

let redis: RedisServer;
const opened: { close(): Promise<unknown> }[] = [];
beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(() => redis?.close());
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function connected(): Promise<RedisConnection> {
  const connection = connectRedis({ url: redis.url, keyPrefix: 'nearhit' });
  opened.push(connection);
  await connection.ready(10_000);
  return connection;
}

async function process(name: string) {
  const lease = createLease(await connected(), name);
  opened.push(lease);
  const worked = async () => {
    let did = false;
    await lease.held(async () => {
      did = true;
    });
    return did;
  };
  return { lease, worked };
}

test('of several who ask one works, again and again, until it gives it up', async () => {
  const several = await Promise.all([process('upkeep'), process('upkeep'), process('upkeep')]);
  const first = await Promise.all(several.map(({ worked }) => worked()));
  expect(first.filter(Boolean)).toHaveLength(1);
  expect(await Promise.all(several.map(({ worked }) => worked()))).toEqual(first);
  const holder = several[first.indexOf(true)];
  const others = several.filter((one) => one !== holder);
  // One that does not hold it can't give it up.
  await others[0]?.lease.close();
  expect(await others[1]?.worked()).toBe(false);
  await holder?.lease.close();
  expect(await others[1]?.worked()).toBe(true);
  expect(await holder?.worked()).toBe(false);
});

test('another one has it when the time of who is gone is up, and who comes back late has not', async () => {
  const [gone, other] = [await process('late'), await process('late')];
  expect(await gone.worked()).toBe(true);
  const { client, key } = await connected();
  expect(await client.pttl(key('lease', 'late'))).toBeGreaterThan(20_000);
  await client.del(key('lease', 'late'));
  expect(await other.worked()).toBe(true);
  expect(await gone.worked()).toBe(false);
});

test('leases of different names know nothing of each other; work that fails is told of', async () => {
  const [one, other] = [await process('a'), await process('b')];
  expect([await one.worked(), await other.worked()]).toEqual([true, true]);
  await expect(one.lease.held(() => Promise.reject(new Error('no space left')))).rejects.toThrow('no space left');
  expect(await one.worked()).toBe(true);
});

test('a script that becomes known in the middle of a turn, when a pipeline has begun, is asked for in the next', async () => {
  const connection = await connected();
  const before = connection.client.get('nearhit:nothing');
  const lease = createLease(connection, 'late');
  opened.push(lease);
  let worked = 0;
  const held = lease.held(async () => void worked++);
  const after = connection.client.get('nearhit:nothing');
  await Promise.all([before, held, after]);
  expect(worked).toBe(1);
});
