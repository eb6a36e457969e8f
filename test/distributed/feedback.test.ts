import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { cacheOf, type GatewayClient } from '../support/client.ts';
import { Deployment } from '../support/deployment.ts';
import { FakeUpstream } from '../support/fake-upstream.ts';
import { sharedEmbedding } from '../support/shared-embedding.ts';
import { until } from '../support/until.ts';

let upstream: FakeUpstream;
let deployment: Deployment;
let namespace = 0;
const own = (more: Record<string, string> = {}) => ({ 'x-nearhit-namespace': `f${namespace}`, ...more });
const only = { 'x-nearhit-cache': 'only' };

beforeAll(async () => {
  upstream = await FakeUpstream.start();
  const env = { OPENAI_API_KEY: 'sk-house', OPENAI_BASE_URL: upstream.url };
  deployment = await Deployment.start({ replicas: { ingress: 2 }, env, embeddingUrl: await sharedEmbedding() });
}, 90_000);
afterAll(async () => {
  await deployment?.close();
  await upstream?.close();
});
beforeEach(() => {
  namespace += 1;
});

const stored = 'How do I reset the password of my account?';
const asked = 'How do I reset the password for my account?';
const replicas = () => [deployment.ingress(0), deployment.ingress(1)] as const;
const obeys = (gateway: GatewayClient, reason: string) =>
  until(`${reason} on ${gateway.url}`, async () => {
    const { headers } = await gateway.ask(asked, {}, own(only));
    return headers['x-nearhit-reason'] === reason;
  });

test('what was judged wrong on one replica is not served by the other, nor after both have started again', async () => {
  const [a, b] = replicas();
  await a.ask(stored, {}, own());
  await a.flush();
  for (const one of [a, b]) expect(cacheOf(await one.ask(asked, {}, own()))).toMatchObject({ layer: 'semantic' });
  const hit = await a.ask(asked, {}, own());
  // The other replica is told of a request that it has not seen, as soon as it was answered.
  const said = await b.admin('POST', '/feedback', { requestId: hit.headers['x-request-id'], verdict: 'wrong' });
  expect(said.json).toMatchObject({ effect: 'pair', sampled: true });
  expect(cacheOf(await b.ask(asked, {}, own(only)))).toMatchObject({ cache: 'miss', reason: 'feedback' });
  await obeys(a, 'feedback');
  for (const gateway of [a, b])
    await until('the sample counts', async () => {
      const { json } = await gateway.admin('GET', `/calibration?namespace=f${namespace}`);
      return json.samples.feedback.wrong === 1;
    });

  await Promise.all(deployment.of('ingress').map((one) => one.end('SIGKILL')));
  await Promise.all(deployment.of('ingress').map((one) => one.start()));
  for (const gateway of [a, b]) await obeys(gateway, 'feedback');

  expect((await a.admin('DELETE', `/pairs/${said.json.pairId}`)).status).toBe(204);
  await until('it is served again', async () => {
    const { headers } = await b.ask(asked, {}, own(only));
    return headers['x-nearhit-layer'] === 'semantic';
  });
}, 120_000);

test('an exact hit judged wrong on one replica leaves the memory of the other', async () => {
  const [a, b] = replicas();
  await a.ask(stored, {}, own());
  await a.flush();
  await b.ask(stored, {}, own());
  const hit = await b.ask(stored, {}, own());
  expect(cacheOf(hit)).toMatchObject({ cache: 'hit', layer: 'l1' });
  const said = await a.admin('POST', '/feedback', { requestId: hit.headers['x-request-id'], verdict: 'wrong' });
  expect(said.json).toMatchObject({ effect: 'entry' });
  for (const gateway of [a, b])
    await until('it is gone', async () => {
      const { headers } = await gateway.ask(stored, {}, own(only));
      return headers['x-nearhit-reason'] === 'no-candidate';
    });
});

test('without Redis requests go on, with what was judged before, and a verdict is refused and can be given again', async () => {
  const [a] = replicas();
  await a.ask(stored, {}, own());
  await a.flush();
  const hit = await a.ask(asked, {}, own());
  expect(cacheOf(hit)).toMatchObject({ layer: 'semantic' });
  const verdict = { requestId: hit.headers['x-request-id'], verdict: 'wrong' };
  deployment.redis.signal('SIGSTOP');
  try {
    const refused = await a.admin('POST', '/feedback', verdict);
    expect([refused.status, refused.json.error.code]).toEqual([503, 'store_unavailable']);
    expect((await a.ask(asked, {}, own())).status).toBe(200);
  } finally {
    deployment.redis.signal('SIGCONT');
  }
  await until('it is taken', async () => (await a.admin('POST', '/feedback', verdict)).status === 200);
  const { json } = await a.admin('GET', `/pairs?namespace=f${namespace}`);
  expect(json.pairs).toHaveLength(1);
}, 60_000);
