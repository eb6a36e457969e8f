import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { RedisServer } from '@nearhit/redis/testing';
import { Deployment, type IngressClient } from '../../support/deployment.ts';
import { FakeUpstream } from '../../support/fake-upstream.ts';
import { SlowLink } from '../../support/slow-link.ts';
import { SteadyLoad } from '../../support/steady-load.ts';
import { everythingIsFound } from '../../support/stored.ts';
import { until } from '../../support/until.ts';

/** As a deployment comes: these faults are about time. */
const LOOKUP_MS = 150;
/** So many requests tell how it is just now: five seconds. */
const LAST = 50;

let upstream: FakeUpstream;
let redis: RedisServer;
let link: SlowLink;
let deployment: Deployment;
let clients: readonly [IngressClient, IngressClient];
let load: SteadyLoad;
let tests = 0;

beforeAll(async () => {
  upstream = await FakeUpstream.start();
  redis = await RedisServer.start();
  link = await SlowLink.to(redis.port);
  deployment = await Deployment.start({
    replicas: { ingress: 2, cache: 2 },
    yaml: `cache: { lookupTimeoutMs: ${LOOKUP_MS} }\n`,
    env: {
      ...{ OPENAI_API_KEY: 'sk-house', OPENAI_BASE_URL: upstream.url },
      REDIS_URL: `redis://127.0.0.1:${link.port}`,
    },
  });
  clients = [deployment.ingress(0), deployment.ingress(1)];
}, 90_000);
afterAll(async () => {
  await deployment?.close();
  await link?.close();
  await redis?.close();
  await upstream?.close();
});
beforeEach(async () => {
  load = SteadyLoad.start(clients, { namespace: `slow-${++tests}` });
  await load.sees(5, { layer: 'semantic' });
});
afterEach(async () => {
  link.delayMs = 0;
  redis.signal('SIGCONT');
  for (const one of deployment.processes) one.signal('SIGCONT');
  await load.stop();
});

const isOpen = async (name: string, client: IngressClient): Promise<boolean> =>
  (await client.metric(`nearhit_breaker_open{name="${name}"}`)) === 1;

/** With the dependency silent: the breakers open, and of the requests from then on hardly one waits for it. */
async function costsNothing(breaker: string): Promise<void> {
  await load.sees(10, { cache: 'miss', reason: 'cache-unavailable' });
  await until('the breakers are open', async () => {
    const open = await Promise.all(clients.map((client) => isOpen(breaker, client)));
    return open.every(Boolean);
  });
  const from = load.asked.length;
  await load.sees(40, { reason: 'cache-unavailable' });
  const after = load.asked.slice(from).filter(({ layer }) => layer !== 'l1');
  const waited = after.filter(({ overheadMs }) => overheadMs >= LOOKUP_MS).length;
  expect([after.length, waited < after.length / 4]).toEqual([after.length, true]);
}

async function isAsBefore(): Promise<void> {
  await load.sees(10, { kind: 'paraphrase', layer: 'semantic' });
  await load.stop();
  expect(load.faults).toEqual([]);
  expect(await everythingIsFound(load, clients)).toMatchObject({ exactly: [], byMeaning: [] });
}

test('Redis silent: after the first requests it is not waited for, and then all is as before', async () => {
  redis.signal('SIGSTOP');
  await costsNothing('redis');
  redis.signal('SIGCONT');
  await isAsBefore();
}, 120_000);

test('the embedding service silent: exact hits go on, nobody waits for it, and then all is as before', async () => {
  const embedding = deployment.one('embedding');
  embedding.signal('SIGSTOP');
  const from = load.asked.length;
  await costsNothing('embedding');
  expect(load.count({ kind: 'repeat', cache: 'hit' }, from)).toBeGreaterThan(10);
  embedding.signal('SIGCONT');
  await isAsBefore();
}, 120_000);

test('a cache replica silent: the other one answers', async () => {
  for (const silent of deployment.of('cache')) {
    silent.signal('SIGSTOP');
    await load.sees(20, { kind: 'paraphrase', layer: 'semantic' });
    silent.signal('SIGCONT');
  }
  await isAsBefore();
}, 120_000);

test('Redis 50 ms away: exact hits come from it within the deadline, and nothing piles up', async () => {
  link.delayMs = 50;
  const from = load.asked.length;
  await load.sees(20, { layer: 'l2' });
  // On a busy machine the deadline is missed now and then, and what was learnt of Redis so far takes its time to be forgotten: of
  // those asked last it must be so.
  await until(
    'more come from it than are given up',
    () => {
      const last = Math.max(from, load.asked.length - LAST);
      return load.count({ layer: 'l2' }, last) > load.count({ reason: 'cache-unavailable' }, last);
    },
    60_000,
  );
  await load.stop();
  expect(load.faults).toEqual([]);
  for (const client of clients) {
    await client.flush();
    expect(await client.metric('nearhit_write_queue_depth')).toBe(0);
  }
  link.delayMs = 0;
  expect(await everythingIsFound(load, clients)).toMatchObject({ exactly: [], byMeaning: [] });
}, 120_000);
