import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cacheOf } from '../support/client.ts';
import { Deployment } from '../support/deployment.ts';
import { FakeUpstream } from '../support/fake-upstream.ts';
import { until } from '../support/until.ts';

let upstream: FakeUpstream;
let deployment: Deployment;

beforeAll(async () => {
  upstream = await FakeUpstream.start();
  const env = { OPENAI_API_KEY: 'sk-house', OPENAI_BASE_URL: upstream.url };
  deployment = await Deployment.start({ replicas: { ingress: 2 }, env });
}, 90_000);
afterAll(async () => {
  await deployment?.close();
  await upstream?.close();
});

const ONLY = { 'x-nearhit-cache': 'only' };
const BY_IDENTITY = { cache: 'hit', layer: 'semantic' };

test('the same question but for its form is found in Redis by the other replica, then in its memory', async () => {
  const [a, b] = [deployment.ingress(0), deployment.ingress(1)];
  const first = await a.ask('How do I reset the password of my account?');
  await a.flush();
  for (const stages of [/identity;.*l2;/, /^identity;dur=[\d.]+$/]) {
    const reply = await b.ask('Hello, HOW do I reset the password of my account ?');
    expect(cacheOf(reply)).toMatchObject(BY_IDENTITY);
    expect(reply.headers['server-timing']).toMatch(stages);
    expect(reply.headers['server-timing']).not.toContain('embed');
    expect(reply.headers['x-nearhit-similarity']).toBe('1.0000');
    expect(reply.headers['x-nearhit-entry']).toBe(first.headers['x-nearhit-entry']);
  }
  expect((await b.admin('GET', '/decisions?outcome=hit')).json.decisions[0]).toMatchObject({ stage: 'identity' });
  expect(upstream.calls).toHaveLength(1);
});

test('so it is while the embedder and the vector cache are away, of new answers too', async () => {
  const [a, b] = [deployment.ingress(0), deployment.ingress(1)];
  await a.ask('Where do I find my invoices?');
  await a.flush();
  await Promise.all(['embedding' as const, 'cache' as const].map((one) => deployment.one(one).end('SIGKILL')));
  expect(cacheOf(await b.ask('where do i find my invoices'))).toMatchObject(BY_IDENTITY);
  const asked = await a.ask("What's the delivery time to Norway?");
  expect(cacheOf(asked)).toMatchObject({ cache: 'miss', reason: 'cache-unavailable' });
  const again = 'Could you please tell me what is the delivery time to Norway? Thanks!';
  expect(cacheOf(await a.ask(again))).toMatchObject(BY_IDENTITY);
  // Its answer is written without a vector.
  await until('the other replica finds it', async () => {
    const reply = await b.ask(again, {}, ONLY);
    return reply.headers['x-nearhit-entry'] === asked.headers['x-nearhit-entry'];
  });
  expect(cacheOf(await b.ask('When is the office open?'))).toMatchObject({ cache: 'miss' });
}, 60_000);
