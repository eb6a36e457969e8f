import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { connectRedis, openRedisStores } from '@nearhit/redis';
import { cacheOf, PATIENT } from '../../support/client.ts';
import { Deployment, type IngressClient } from '../../support/deployment.ts';
import { FakeUpstream } from '../../support/fake-upstream.ts';
import type { ServiceProcess } from '../../support/service-process.ts';
import { sharedEmbedding } from '../../support/shared-embedding.ts';
import { SteadyLoad } from '../../support/steady-load.ts';
import { everythingIsFound } from '../../support/stored.ts';
import { CHECK, questionOn, SUBJECTS_MAX } from '../../support/subjects.ts';
import { until } from '../../support/until.ts';

const OUTAGE_MS = process.env.NEARHIT_LONG_FAULTS === '1' ? 30_000 : 10_000;

let upstream: FakeUpstream;
let deployment: Deployment;
let clients: readonly [IngressClient, IngressClient];
let load: SteadyLoad;
let tests = 0;

beforeAll(async () => {
  upstream = await FakeUpstream.start();
  deployment = await Deployment.start({
    replicas: { ingress: 2, cache: 2 },
    yaml: PATIENT,
    env: { OPENAI_API_KEY: 'sk-house', OPENAI_BASE_URL: upstream.url },
    redis: { args: ['--appendonly', 'yes'] },
    embeddingUrl: await sharedEmbedding(),
  });
  clients = [deployment.ingress(0), deployment.ingress(1)];
}, 90_000);
afterAll(async () => {
  await deployment?.close();
  await upstream?.close();
});
beforeEach(async () => {
  load = SteadyLoad.start(clients, { namespace: `redis-${++tests}` });
  await load.sees(5, { layer: 'semantic' });
});
afterEach(() => load.stop());

/** Also where Redis has been away a moment ago. */
const flushed = (client: IngressClient) =>
  until('everything is written', () => client.flush().then(() => true), 60_000);

async function isNotThere(subject: number, client: IngressClient): Promise<boolean> {
  const headers = { 'x-nearhit-namespace': load.namespace, 'x-nearhit-cache': 'only' };
  const replies = await Promise.all(
    ([0, CHECK] as const).map((wording) => client.ask(questionOn(subject, wording), {}, headers)),
  );
  return replies.every(({ status }) => status === 504);
}

test('Redis stopped and back: answers come from upstream and memory meanwhile, and are stored afterwards', async () => {
  const [a, b] = clients;
  await a.admin('PUT', '/policies/kept', { threshold: 0.77 });
  await deployment.redis.kill('SIGTERM');
  const from = load.asked.length;
  const stoppedAtMs = Date.now();
  await until('the outage has lasted', () => Date.now() - stoppedAtMs > OUTAGE_MS, OUTAGE_MS + 5000);
  expect(load.count({ cache: 'miss', reason: 'cache-unavailable' }, from)).toBeGreaterThan(OUTAGE_MS / 200);
  expect(load.count({ kind: 'repeat', layer: 'l1' }, from)).toBeGreaterThan(10);
  await deployment.redis.run();
  await load.sees(10, { kind: 'paraphrase', layer: 'semantic' });
  await load.stop();
  expect(load.faults).toEqual([]);
  await Promise.all(clients.map(flushed));
  expect(await everythingIsFound(load, clients)).toMatchObject({ exactly: [], byMeaning: [] });
  expect((await b.admin('GET', '/policies/kept')).json).toMatchObject({ threshold: 0.77 });
  for (const { url } of deployment.processes) expect((await fetch(`${url}/readyz`)).status).toBe(200);
}, 180_000);

test('Redis back and empty: memory and indexes are emptied, and filled with what is asked from then on', async () => {
  const lost = SUBJECTS_MAX - 1;
  const headers = { 'x-nearhit-namespace': load.namespace };
  for (const client of clients) await client.ask(questionOn(lost, 0), {}, headers);
  await flushed(clients[0]);
  for (const client of clients) expect(await isNotThere(lost, client)).toBe(false);
  await deployment.redis.kill('SIGKILL');
  rmSync(join(deployment.redis.dir, 'appendonlydir'), { recursive: true });
  await deployment.redis.run();
  const from = load.asked.length;
  for (const client of clients) await until('what was lost is gone', () => isNotThere(lost, client), 30_000);
  await load.sees(20, { cache: 'miss' });
  await load.sees(10, { kind: 'paraphrase', layer: 'semantic' });
  await load.stop();
  expect(load.faults).toEqual([]);
  expect(await everythingIsFound(load, clients, from)).toMatchObject({ exactly: [], byMeaning: [] });
}, 180_000);

test('the log trimmed while a cache replica was away: it builds its index from the store', async () => {
  const [first, second] = deployment.of('cache') as [ServiceProcess, ServiceProcess];
  expect(await first.end('SIGTERM')).toBe(0);
  await load.sees(20, { cache: 'miss' });
  await load.stop();
  // Each replica's own last answers, too: nothing is written any more when the log is looked at.
  await Promise.all(clients.map(flushed));
  const connection = connectRedis({ url: deployment.redis.url });
  try {
    expect(await connection.ready(10_000)).toBe(true);
    const { log } = openRedisStores(connection);
    const { lastSeq } = await log.bounds();
    await log.trim(lastSeq);
    expect(await log.bounds()).toMatchObject({ firstSeq: lastSeq + 1, lastSeq });
  } finally {
    await connection.close();
  }
  await first.start();
  await second.end('SIGKILL');
  expect(load.faults).toEqual([]);
  expect(await everythingIsFound(load, clients)).toMatchObject({ exactly: [], byMeaning: [] });
  await second.start();
  const headers = { 'x-nearhit-namespace': load.namespace };
  expect(cacheOf(await clients[0].ask(questionOn(0, CHECK), {}, headers))).toMatchObject({ layer: 'semantic' });
}, 120_000);
