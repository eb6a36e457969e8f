import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import {
  eventually,
  limitStoreConformance,
  limitStoreProperties,
  settlement,
  subject,
  verdict,
} from '@nearhit/core/conformance/limit-store';
import { openTestLimits, RedisServer } from '../../testing/index.ts';
import { Commands } from '../commands.ts';
import { connectRedis, type RedisConnection } from '../connection.ts';
import { RedisLimits, type RedisLimitsOptions } from './limits.ts';

let server: RedisServer;
const opened: RedisConnection[] = [];
beforeAll(async () => {
  server = await RedisServer.start({ args: ['--appendonly', 'yes'] });
});
afterAll(() => server.close());
afterEach(async () => {
  for (const connection of opened.splice(0)) await connection.close();
});

async function connected(keyPrefix: string, commandTimeoutMs?: number): Promise<RedisConnection> {
  const connection = connectRedis({ url: server.url, keyPrefix, commandTimeoutMs });
  opened.push(connection);
  if (!(await connection.ready(10_000))) throw new Error('the Redis of this test does not take commands');
  return connection;
}

const limitsOn = (connection: RedisConnection, options?: RedisLimitsOptions) =>
  new RedisLimits(new Commands(connection), connection, options);

const open = openTestLimits(() => server.url);
limitStoreConformance('redis', open, { persistent: true, shared: true });
limitStoreProperties('redis', open, { runs: 30 });

test('2,000 requests over two connections: exactly as many are let in as the limit says', async () => {
  // A busy machine may take its time for so many at once.
  const [a, b] = [limitsOn(await connected('exact', 15_000)), limitsOn(await connected('exact', 15_000))];
  const subjects = [subject('key:a', { rpm: 777 }), subject('tenant:t', { rpm: 5_000, concurrent: 1_500 })];
  const answers = await Promise.all(
    Array.from({ length: 2_000 }, (_, n) => (n % 2 === 0 ? a : b).enter('t', subjects, `l${n}`)),
  );
  expect(answers.filter(({ kind }) => kind === 'granted')).toHaveLength(777);
  expect(await b.use('t', ['key:a', 'tenant:t'])).toMatchObject([
    { milliRequests: 777_000 },
    { milliRequests: 777_000, inFlight: 777 },
  ]);
});

test('keys go by themselves, but for what was spent', async () => {
  const connection = await connected('ttl');
  const limits = limitsOn(connection, { windowMs: 300, leaseMs: 300 });
  const one = [subject('key:a', { rpm: 9, concurrent: 9, nanoUsdDay: 99, tpm: 9 })];
  await limits.enter('t', one, 'l1');
  await limits.reserve('t', one, 'l1', { tokens: [1], nanoUsd: 9 });
  await limits.settle(settlement('l2', ['key:a'], { nanoUsd: 5 }));
  const names = async () => (await connection.client.keys('ttl:*')).map((name) => name.split(':').slice(2).join(':'));
  expect((await names()).map((name) => name.split(':')[0]).sort()).toEqual(['a', 'd', 'l', 'm', 's', 'w']);
  await eventually('windows and leases are gone', async () => (await names()).length === 3);
  for (const name of await connection.client.keys('ttl:*')) {
    const daysLeft = (await connection.client.ttl(name)) / 86_400;
    if (/:d:/.test(name)) expect(daysLeft).toBeCloseTo(3, 1);
    else if (/:m:/.test(name)) expect(daysLeft).toBeCloseTo(62, 1);
    else expect(daysLeft).toBeLessThan(0.01);
  }
});

test('the month of Redis is the calendar’s, in every year', async () => {
  const connection = await connected('months');
  const { ENTER } = await import('./limit-scripts.ts');
  const monthOf = `${ENTER.lua.slice(ENTER.lua.indexOf('local function monthOf'), ENTER.lua.indexOf('local month ='))}`;
  const days = Array.from({ length: 3_000 }, (_, n) => n * 29);
  const months = (await connection.client.eval(
    `${monthOf} local out = {} for at, day in ipairs(ARGV) do out[at] = monthOf(tonumber(day)) end return out`,
    0,
    ...days,
  )) as number[];
  const expected = days.map((day) => new Date(day * 86_400_000)).map((d) => d.getUTCFullYear() * 12 + d.getUTCMonth());
  expect(months).toEqual(expected);
});

test('leases of a process that was killed lapse; those of one that lives do not', async () => {
  const [dead, alive] = [await connected('killed'), await connected('killed')];
  const options = { leaseMs: 800 };
  const one = [subject('key:a', { concurrent: 3 })];
  for (const lease of ['d1', 'd2']) await limitsOn(dead, options).enter('t', one, lease);
  const limits = limitsOn(alive, options);
  await limits.enter('t', one, 'a1');
  expect(verdict(await limits.enter('t', one, 'a2'))).toBe('concurrent of 0');
  await dead.close();
  const held = [{ tenant: 't', lease: 'a1', subjects: ['key:a'], nanoUsd: 0 }];
  await eventually('its places are free', async () => {
    await limits.renew(held);
    return (await limits.use('t', ['key:a']))[0]?.inFlight === 1;
  });
});

test('Redis that answers nothing fails every step in bounded time, and what was spent is there when it is back', async () => {
  const limits = limitsOn(await connected('away', 300));
  const one = [subject('key:a', { rpm: 5, nanoUsdDay: 100 })];
  await limits.settle(settlement('l0', ['key:a'], { nanoUsd: 40 }));
  server.signal('SIGSTOP');
  try {
    const away = { kind: 'STORE_UNAVAILABLE' };
    await expect(limits.enter('t', one, 'l1')).rejects.toMatchObject(away);
    await expect(limits.reserve('t', one, 'l1', { tokens: [0], nanoUsd: 1 })).rejects.toMatchObject(away);
    await expect(limits.settle(settlement('l1', ['key:a'], { nanoUsd: 10 }))).rejects.toMatchObject(away);
    await expect(limits.renew([{ tenant: 't', lease: 'x', subjects: ['key:a'], nanoUsd: 0 }])).rejects.toMatchObject(
      away,
    );
  } finally {
    server.signal('SIGCONT');
  }
  // It may or may not have got through: told again, it counts once.
  await eventually('it is told again', () =>
    limits.settle(settlement('l1', ['key:a'], { nanoUsd: 10 })).then(
      () => true,
      () => false,
    ),
  );
  expect(await limits.use('t', ['key:a'])).toMatchObject([{ spentDay: 50 }]);
});
