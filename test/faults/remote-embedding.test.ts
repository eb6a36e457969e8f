import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { modelDir } from '@nearhit/model-minilm';
import { freePort } from '@nearhit/redis/testing';
import { cacheOf } from '../support/client.ts';
import { FakeUpstream } from '../support/fake-upstream.ts';
import { Gateway } from '../support/gateway.ts';
import { INTERNAL_TOKEN, ServiceProcess } from '../support/service-process.ts';
import { until } from '../support/until.ts';

const ONLY = { nearhit: { cache: 'only' } };

let folder: string;
const closers: (() => Promise<unknown> | unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nearhit-remote-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function embeddingOn(port: number, env: Record<string, string> = {}): Promise<ServiceProcess> {
  const cwd = join(folder, 'service');
  mkdirSync(cwd, { recursive: true });
  const service = new ServiceProcess({
    ...{ service: 'embedding', port, cwd },
    env: { NEARHIT_INTERNAL_TOKEN: INTERNAL_TOKEN, ...env },
  });
  closers.push(() => service.end('SIGKILL'));
  return service.start();
}

/** One process without a model of its own, and the service that it asks. */
async function started() {
  const upstream = await FakeUpstream.start();
  closers.push(() => upstream.close());
  const port = await freePort();
  const service = await embeddingOn(port);
  const gateway = await Gateway.start({
    ...{ EMBEDDING_URL: service.url, NEARHIT_INTERNAL_TOKEN: INTERNAL_TOKEN },
    ...{ OPENAI_API_KEY: 'sk-house', OPENAI_BASE_URL: upstream.url },
  });
  closers.push(() => gateway.close());
  return { port, service, gateway };
}

test('embedded with an embedding service: it goes away, and comes back with another model', async () => {
  const { port, service, gateway } = await started();
  await gateway.ask('How do I change my password?');
  await gateway.flush();
  expect(cacheOf(await gateway.ask('How can I change my password?', ONLY)).layer).toBe('semantic');
  const [{ id }] = (await gateway.admin('GET', '/entries')).json.entries;
  const modelOf = async () => (await gateway.admin('GET', `/entries/${id}`)).json.embeddingModel;
  const before = await modelOf();

  await service.end('SIGKILL');
  expect(cacheOf(await gateway.ask('How do I change my password?')).cache).toBe('hit');
  const alone = await gateway.ask('How do I train a parrot to speak?');
  expect([alone.status, cacheOf(alone).cache]).toEqual([200, 'miss']);

  cpSync(modelDir, join(folder, 'model'), { recursive: true });
  const file = join(folder, 'model', 'sentence_bert_config.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('256', '128'));
  await embeddingOn(port, { EMBEDDING_MODEL: join(folder, 'model') });
  await until(
    'it is found by meaning again',
    async () => cacheOf(await gateway.ask('How would I change my password?', ONLY)).layer === 'semantic',
  );
  expect(await modelOf()).not.toBe(before);
}, 120_000);

test('embedded with an embedding service: what was stored while it was away is found by meaning once it is back', async () => {
  const { port, service, gateway } = await started();
  await service.end('SIGKILL');
  await gateway.ask('How do I change my password?');
  // There is nothing to wait for.
  await gateway.flush();
  expect(cacheOf(await gateway.ask('How do I change my password?', ONLY)).cache).toBe('hit');

  await embeddingOn(port);
  await until('it is ready', async () => (await gateway.send('GET', '/readyz')).json.degraded.length === 0);
  await gateway.flush();
  expect(cacheOf(await gateway.ask('How can I change my password?', ONLY)).layer).toBe('semantic');
}, 120_000);
