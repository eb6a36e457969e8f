import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cacheOf, type GatewayClient } from '../support/client.ts';
import { Deployment, IngressClient } from '../support/deployment.ts';
import { answerPlainly, completion, FakeUpstream, lastUserText, sendJson } from '../support/fake-upstream.ts';
import { sharedEmbedding } from '../support/shared-embedding.ts';
import { until } from '../support/until.ts';

let upstream: FakeUpstream;
let deployment: Deployment;

beforeAll(async () => {
  upstream = await FakeUpstream.start();
  const env = { OPENAI_API_KEY: 'sk-house', OPENAI_BASE_URL: upstream.url };
  deployment = await Deployment.start({ replicas: { ingress: 2 }, env, embeddingUrl: await sharedEmbedding() });
}, 90_000);
afterAll(async () => {
  await deployment?.close();
  await upstream?.close();
});

const stored = 'How do I reset the password of my account?';
const asked = 'How do I reset the password for my account?';
const audited = { 'x-nearhit-namespace': 'audited' };
const only = { ...audited, 'x-nearhit-cache': 'only' };
const auditsOf = () => upstream.calls.filter(({ body }) => lastUserText(body) === asked).length;
const samplesOf = async (gateway: GatewayClient) =>
  (await gateway.admin('GET', '/calibration?namespace=audited')).json.samples.audit;

test('kill -9 of the worker in the middle of an audit: it is asked once more, counts once, and no replica serves the answer again', async () => {
  const [a, b] = [deployment.ingress(0), deployment.ingress(1)];
  await a.admin('PUT', '/policies/audited', { auditShare: 1 });
  for (const one of [a, b])
    await until('the policy is in force', async () => {
      const { json } = await one.admin('GET', '/policies/audited');
      return json.auditShare === 1;
    });
  upstream.script = (call, res) => sendJson(res, completion(call, 'It takes 14 days.'));
  await a.ask(stored, {}, audited);
  await a.flush();
  // The audit finds an upstream that never answers.
  upstream.script = () => {};
  const hit = await a.ask(asked, {}, audited);
  expect(cacheOf(hit)).toMatchObject({ cache: 'hit', layer: 'semantic' });
  await until('it is asked', async () => auditsOf() === 1);
  const worker = deployment.one('worker');
  const { text: metrics } = await a.send('GET', '/metrics');
  expect(metrics).toMatch(/^nearhit_audit_queue_depth 1$/m);
  await worker.end('SIGKILL');
  upstream.script = (call, res) => sendJson(res, completion(call, 'It takes 30 days.'));
  await worker.start();
  for (const one of [a, b]) await until('it counts', async () => (await samplesOf(one)).wrong === 1, 30_000);
  expect([auditsOf(), await samplesOf(a)]).toEqual([2, { right: 0, wrong: 1 }]);
  for (const one of [a, b])
    await until('it is refused', async () => cacheOf(await one.ask(asked, {}, only)).reason === 'feedback');
  const { text } = await new IngressClient(worker.url).send('GET', '/metrics');
  expect(text).toMatch(/nearhit_audits_total\{kind="audit",verdict="disagree"\} 1/);

  // Ingresses that start anew know it, too.
  await Promise.all(deployment.of('ingress').map((one) => one.end('SIGKILL')));
  await Promise.all(deployment.of('ingress').map((one) => one.start()));
  for (const one of [a, b])
    await until('it is still refused', async () => cacheOf(await one.ask(asked, {}, only)).reason === 'feedback');
  upstream.script = answerPlainly;
}, 120_000);
