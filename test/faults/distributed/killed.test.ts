import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { PATIENT } from '../../support/client.ts';
import { Deployment, type IngressClient } from '../../support/deployment.ts';
import { FakeUpstream } from '../../support/fake-upstream.ts';
import type { ServiceProcess } from '../../support/service-process.ts';
import { SteadyLoad } from '../../support/steady-load.ts';
import { everythingIsFound } from '../../support/stored.ts';
import { until } from '../../support/until.ts';

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
  });
  clients = [deployment.ingress(0), deployment.ingress(1)];
}, 90_000);
afterAll(async () => {
  await deployment?.close();
  await upstream?.close();
});
beforeEach(async () => {
  load = SteadyLoad.start(clients, { namespace: `killed-${++tests}` });
  await load.sees(5, { layer: 'semantic' });
});
afterEach(async () => {
  for (const one of deployment.processes) one.signal('SIGCONT');
  await load.stop();
});

/** Everything that was answered is found again, and nobody noticed anything. */
async function nothingWasLost(): Promise<void> {
  await load.stop();
  expect(load.faults).toEqual([]);
  expect(await everythingIsFound(load, clients)).toMatchObject({ exactly: [], byMeaning: [] });
}

test('kill -9 of the worker: what the queue holds, and what it had in hand, is written after its restart', async () => {
  const [a] = clients;
  const worker = deployment.one('worker');
  await worker.end('SIGKILL');
  await load.sees(20, { cache: 'miss' });
  await worker.start();
  await load.sees(5, { kind: 'paraphrase', layer: 'semantic' });

  // It waits for vectors, with jobs in hand.
  const embedding = deployment.one('embedding');
  embedding.signal('SIGSTOP');
  await until('jobs are in hand', async () => (await a.admin('GET', '/queue')).json.active > 0, 30_000);
  await worker.end('SIGKILL');
  embedding.signal('SIGCONT');
  await worker.start();
  await load.sees(5, { kind: 'paraphrase', layer: 'semantic' });
  await nothingWasLost();
  await until('nothing is left in hand', async () => (await a.admin('GET', '/queue')).json.active === 0, 30_000);
}, 120_000);

test('kill -9 of one cache replica, then of the other: hits by meaning go on', async () => {
  for (const killed of deployment.of('cache')) {
    await killed.end('SIGKILL');
    await load.sees(15, { layer: 'semantic' });
    await killed.start();
  }
  // Both have been dead for a while, and one at a time holds all.
  await load.stop();
  for (const [at, other] of deployment.of('cache').entries()) {
    const killed = deployment.of('cache')[1 - at] as ServiceProcess;
    await killed.end('SIGKILL');
    expect(other.running).toBe(true);
    await nothingWasLost();
    await killed.start();
  }
}, 120_000);

test('kill -9 of the embedding service: exact hits go on, and later all is found by meaning', async () => {
  const embedding = deployment.one('embedding');
  await embedding.end('SIGKILL');
  const from = load.asked.length;
  await load.sees(20, { kind: 'new', cache: 'miss', reason: 'cache-unavailable' });
  expect(load.count({ cache: 'hit', kind: 'repeat' }, from)).toBeGreaterThan(10);
  await embedding.start();
  await load.sees(10, { kind: 'paraphrase', layer: 'semantic' });
  await nothingWasLost();
}, 120_000);
