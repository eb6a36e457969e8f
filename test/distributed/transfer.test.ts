import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { nearhit } from '../../packages/cli/test/cli.ts';
import { ADMIN_TOKEN, cacheOf, type GatewayClient } from '../support/client.ts';
import { Deployment } from '../support/deployment.ts';
import { FakeUpstream } from '../support/fake-upstream.ts';
import { Gateway } from '../support/gateway.ts';
import { sharedEmbedding } from '../support/shared-embedding.ts';

const PAIRS = [
  ['How do I reset the password of my account?', 'How do I reset the password for my account?'],
  ['What are the side effects of ibuprofen?', 'Which side effects does ibuprofen have?'],
] as const;
const system = { role: 'system', content: 'Answer briefly.' };

let upstream: FakeUpstream;
let folder: string;
let deployment: Deployment;
const gateways: Gateway[] = [];

const env = () => ({ OPENAI_API_KEY: 'sk-house', OPENAI_BASE_URL: upstream.url });
async function embedded(): Promise<Gateway> {
  const gateway = await Gateway.start(env());
  gateways.push(gateway);
  return gateway;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nearhit-transfer-'));
  upstream = await FakeUpstream.start();
  deployment = await Deployment.start({ replicas: { ingress: 2 }, env: env(), embeddingUrl: await sharedEmbedding() });
}, 90_000);
afterAll(async () => {
  for (const gateway of gateways) await gateway.close();
  await deployment?.close();
  await upstream?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The command, as it is run against a gateway. */
const cli = (gateway: GatewayClient, ...args: string[]) =>
  nearhit([...args, '--json', '--url', gateway.url], { cwd: folder, env: { NEARHIT_ADMIN_TOKEN: ADMIN_TOKEN } });

async function fill(gateway: GatewayClient): Promise<void> {
  for (const [question] of PAIRS) await gateway.ask(question);
  const [[question]] = PAIRS;
  await gateway.ask(question, { messages: [system, { role: 'user', content: question }] });
  await gateway.admin('POST', '/pairs', { pairs: [{ model: 'm', a: 'A cat?', b: 'A dog?', verdict: 'wrong' }] });
  await gateway.flush();
}

async function expectHits(gateway: GatewayClient): Promise<void> {
  const calls = upstream.calls.length;
  const only = { 'x-nearhit-cache': 'only' };
  for (const [question, reworded] of PAIRS) {
    expect(cacheOf(await gateway.ask(question, {}, only))).toMatchObject({ cache: 'hit', layer: 'l2' });
    expect(cacheOf(await gateway.ask(reworded, {}, only))).toMatchObject({ cache: 'hit', layer: 'semantic' });
  }
  const [[question, reworded]] = PAIRS;
  for (const content of [question, reworded]) {
    const asked = await gateway.ask('', { messages: [system, { role: 'user', content }] }, only);
    expect(asked.headers['x-nearhit-cache']).toBe('hit');
  }
  expect(upstream.calls).toHaveLength(calls);
  const [pair] = (await gateway.admin('GET', '/pairs')).json.pairs;
  expect([[pair.a, pair.b].sort(), pair.verdict]).toEqual([['A cat?', 'A dog?'], 'wrong']);
}

test('what one process holds goes into four services, and from there into another process, vectors or not', async () => {
  const first = await embedded();
  await fill(first);
  const out = await cli(first, 'export', '--out', 'first.jsonl');
  expect([out.code, JSON.parse(out.stdout)]).toMatchObject([0, { file: 'first.jsonl', lines: 4 }]);
  const into = await cli(deployment.ingress(0), 'import', 'first.jsonl');
  expect([into.code, JSON.parse(into.stdout)]).toMatchObject([0, { lines: 4, entries: 3, pairs: 1, refused: 0 }]);
  await deployment.ingress(0).flush();
  await expectHits(deployment.ingress(1));

  const back = await cli(deployment.ingress(1), 'export', '--vectors', '--out', 'second.jsonl.gz');
  expect(JSON.parse(back.stdout)).toMatchObject({ lines: 4 });
  const lines = gunzipSync(readFileSync(join(folder, 'second.jsonl.gz')))
    .toString()
    .trimEnd()
    .split('\n');
  expect(lines.filter((line) => line.includes('"vector"'))).toHaveLength(3);
  const second = await embedded();
  const again = await cli(second, 'import', 'second.jsonl.gz');
  expect(JSON.parse(again.stdout)).toMatchObject({ entries: 3, pairs: 1, refused: 0 });
  await expectHits(second);
}, 120_000);
