import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cacheOf, PATIENT } from '../../support/client.ts';
import { Deployment, IngressClient } from '../../support/deployment.ts';
import { FakeUpstream } from '../../support/fake-upstream.ts';
import { until } from '../../support/until.ts';
import { verifierFolder } from '../../support/verifier-folder.ts';

const STORED = 'What are the side effects of ibuprofen?';
const ASKED = 'Which side effects does ibuprofen have?';
const only = { 'x-nearhit-cache': 'only' };

const [refusing, other] = [verifierFolder('refusing', -50), verifierFolder('other', -50)];
let upstream: FakeUpstream;
let deployment: Deployment;

beforeAll(async () => {
  upstream = await FakeUpstream.start();
  const env = { OPENAI_API_KEY: 'sk-house', OPENAI_BASE_URL: upstream.url, VERIFIER_DIR: refusing };
  deployment = await Deployment.start({ env });
}, 90_000);
afterAll(async () => {
  await deployment?.close();
  await upstream?.close();
  for (const dir of [refusing, other]) rmSync(dir, { recursive: true });
});

const counted = async (client: IngressClient, outcome: string) => {
  const { text } = await client.send('GET', '/metrics');
  return Number(new RegExp(`^nearhit_network_pairs_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
};

test('without its network, as with the embedding service gone, requests are answered; with it again, its word counts', async () => {
  const client = deployment.ingress();
  await client.ask(STORED);
  await client.flush();
  await until('the network is heard', async () => {
    expect((await client.ask(ASKED, {}, only)).headers['x-nearhit-cache']).toBeDefined();
    return (await counted(client, 'heard')) > 0;
  });
  expect(cacheOf(await client.ask(ASKED, {}, only))).toMatchObject({ cache: 'miss', reason: 'verifier' });

  // An ingress that knows another network than the embedding service has: a deployment half way.
  const ahead = new IngressClient((await deployment.add('ingress', PATIENT, { VERIFIER_DIR: other })).url);
  await until(
    'the embedder is reached',
    async () => (await counted(ahead, 'absent')) > 0 || cacheOf(await ahead.ask(ASKED, {}, only)).cache === 'hit',
  );
  expect(cacheOf(await ahead.ask(ASKED, {}, only))).toMatchObject({ cache: 'hit', layer: 'semantic' });
  expect(await counted(ahead, 'absent')).toBeGreaterThan(0);
  expect(JSON.parse((await ahead.send('GET', '/readyz')).text)).toMatchObject({ ready: true, degraded: [] });

  const embedding = deployment.one('embedding');
  await embedding.end('SIGKILL');
  expect((await client.ask('What are the side effects of aspirin?')).status).toBe(200);
  // Its memo knows the vector of this question: only the network is missing.
  await until('the trees decide alone', async () => cacheOf(await client.ask(ASKED, {}, only)).layer === 'semantic');
  await embedding.start();
  const heard = await counted(client, 'heard');
  await until('the network is heard again', async () => {
    await client.ask(ASKED, {}, only);
    return (await counted(client, 'heard')) > heard;
  });
  expect(cacheOf(await client.ask(ASKED, {}, only))).toMatchObject({ cache: 'miss', reason: 'verifier' });
});
