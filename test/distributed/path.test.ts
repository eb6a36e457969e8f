import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { cacheOf } from '../support/client.ts';
import { Deployment } from '../support/deployment.ts';
import { FakeUpstream } from '../support/fake-upstream.ts';
import { until } from '../support/until.ts';

let upstream: FakeUpstream;
let deployment: Deployment;
let namespace = 0;
/** A namespace of its own for each test. */
const own = () => ({ 'x-nearhit-namespace': `t${namespace}` });

beforeAll(async () => {
  upstream = await FakeUpstream.start();
  const env = { OPENAI_API_KEY: 'sk-house', OPENAI_BASE_URL: upstream.url };
  deployment = await Deployment.start({ replicas: { ingress: 2, cache: 2, worker: 2 }, env });
}, 90_000);
afterAll(async () => {
  await deployment?.close();
  await upstream?.close();
});
beforeEach(() => {
  namespace += 1;
});

const question = 'How do I reset the password of my account?';
const repeat = 'How do I reset the password for my account?';

test('a miss, then hits by memory, by Redis on the other replica, and by meaning', async () => {
  const [a, b] = [deployment.ingress(0), deployment.ingress(1)];
  expect(cacheOf(await a.ask(question, {}, own()))).toMatchObject({ cache: 'miss', reason: 'no-candidate' });
  expect(cacheOf(await a.ask(question, {}, own()))).toMatchObject({ cache: 'hit', layer: 'l1' });
  await a.flush();
  expect(cacheOf(await b.ask(question, {}, own()))).toMatchObject({ cache: 'hit', layer: 'l2' });
  expect(cacheOf(await b.ask(question, {}, own()))).toMatchObject({ cache: 'hit', layer: 'l1' });
  expect(cacheOf(await b.ask(repeat, {}, own()))).toMatchObject({ cache: 'hit', layer: 'semantic' });
});

test('a threshold set on one replica is in force on the other within a second', async () => {
  const [a, b] = [deployment.ingress(0), deployment.ingress(1)];
  await a.ask(question, {}, own());
  await a.flush();
  expect(cacheOf(await b.ask(repeat, {}, own()))).toMatchObject({ cache: 'hit', layer: 'semantic' });
  const set = await a.admin('PUT', `/policies/t${namespace}`, { threshold: 0.9999 });
  expect(set.status).toBe(200);
  const setAt = Date.now();
  await until('the other replica obeys', async () => {
    const { json } = await b.admin('GET', `/policies/t${namespace}`);
    return json.threshold === 0.9999;
  });
  expect(Date.now() - setAt).toBeLessThan(1000);
  expect(cacheOf(await b.ask(repeat, {}, own()))).toMatchObject({ cache: 'miss', reason: 'below-threshold' });
});

test('what is deleted on one replica is gone from the memory of the other within a second', async () => {
  const [a, b] = [deployment.ingress(0), deployment.ingress(1)];
  const { headers } = await a.ask(question, {}, own());
  await a.flush();
  await b.ask(question, {}, own());
  expect(cacheOf(await b.ask(question, {}, own()))).toMatchObject({ cache: 'hit', layer: 'l1' });
  const before = Date.now();
  expect((await a.admin('DELETE', `/entries/${headers['x-nearhit-entry']}`)).status).toBe(204);
  await until('it is gone', async () => {
    const { headers: now } = await b.ask(question, {}, { ...own(), 'x-nearhit-cache': 'only' });
    return now['x-nearhit-cache'] !== 'hit';
  });
  expect(Date.now() - before).toBeLessThan(1500);
});

test('a hundred equal questions on two replicas make one upstream call', async () => {
  const calls = upstream.calls.length;
  const replies = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      deployment.ingress(n % 2).ask(`What is the capital of country ${namespace}?`, { stream: n % 3 === 0 }, own()),
    ),
  );
  expect(replies.map(({ status }) => status)).toEqual(Array(100).fill(200));
  expect(upstream.calls.length - calls).toBe(1);
});

test('statistics, decisions and services are told of all replicas by each', async () => {
  await deployment.ingress(0).ask(question, {}, own());
  await deployment.ingress(1).ask(`${question} Please.`, {}, own());
  for (const at of [0, 1]) {
    const ingress = deployment.ingress(at);
    await until('it knows of both', async () => {
      const { json } = await ingress.admin('GET', `/stats?window=5m&namespace=t${namespace}`);
      return json.requests === 2;
    });
    const { json } = await ingress.admin('GET', `/decisions?namespace=t${namespace}`);
    expect(json.decisions).toHaveLength(2);
    const { json: services } = await ingress.admin('GET', '/services');
    expect(services.services.map(({ kind }: { kind: string }) => kind).sort()).toEqual([
      'cache',
      'cache',
      'embedding',
      'ingress',
      'ingress',
      'worker',
      'worker',
    ]);
  }
});
