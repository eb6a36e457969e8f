import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { RedisServer } from '@nearhit/redis/testing';
import { ChildGateway } from '../support/child-gateway.ts';
import { cacheOf, PATIENT } from '../support/client.ts';
import { Deployment } from '../support/deployment.ts';
import { answerPlainly, FakeUpstream } from '../support/fake-upstream.ts';
import { INTERNAL_TOKEN } from '../support/service-process.ts';
import { gate } from '../support/sse-reader.ts';
import { until } from '../support/until.ts';

const START_MS = 90_000;
const closers: (() => Promise<unknown>)[] = [];
let dir: string;
let upstream: FakeUpstream;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-standalone-'));
  upstream = await FakeUpstream.start();
});
afterAll(async () => {
  for (const closer of closers.splice(0).reverse()) await closer();
  await upstream?.close();
  rmSync(dir, { recursive: true, force: true });
});
afterEach(() => {
  upstream.calls.length = 0;
  upstream.script = answerPlainly;
});

/** A standalone process in a folder of its own. */
async function standalone(name: string, env: Record<string, string>): Promise<ChildGateway> {
  const cwd = join(dir, name);
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'nearhit.yaml'), PATIENT);
  const gateway = await ChildGateway.start({ cwd, env: { OPENAI_BASE_URL: upstream.url, ...env } });
  closers.push(() => gateway.kill());
  return gateway;
}

const question = 'How do I reset the password of my account?';
const paraphrase = 'How can I reset my account password?';
const inNamespace = (namespace: string) => ({ 'x-nearhit-namespace': namespace });

test(
  'two on one Redis share answers, vectors, policies and upstream calls',
  async () => {
    const redis = await RedisServer.start();
    closers.push(() => redis.close());
    const env = { REDIS_URL: redis.url, NEARHIT_AUTH: 'optional' };
    const [a, b] = await Promise.all([standalone('a', env), standalone('b', env)]);

    expect(cacheOf(await a.ask(question))).toMatchObject({ cache: 'miss', reason: 'no-candidate' });
    await a.flush();
    expect(cacheOf(await b.ask(question))).toMatchObject({ cache: 'hit', layer: 'l2' });
    await until('the other index has heard of it', async () => {
      const { headers } = await b.ask(paraphrase, {}, { 'x-nearhit-cache': 'only' });
      return headers['x-nearhit-layer'] === 'semantic';
    });
    expect(upstream.calls).toHaveLength(1);

    await a.admin('PUT', '/policies/strict', { threshold: 0.9999 });
    await until('the other obeys', async () => (await b.admin('GET', '/policies/strict')).json.threshold === 0.9999);

    const open = gate();
    upstream.script = async (call, res, turn) => {
      await open.passed;
      answerPlainly(call, res, turn);
    };
    const asked = Array.from({ length: 40 }, (_, n) =>
      (n % 2 === 0 ? a : b).ask('Who of you asks for me?', { stream: n % 3 === 0 }),
    );
    await upstream.called(2);
    open.pass();
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(Array(40).fill(200));
    expect(upstream.calls).toHaveLength(2);

    const { json } = await b.admin('GET', '/services');
    expect(json.services.map(({ kind }: { kind: string }) => kind)).toEqual(['standalone', 'standalone']);

    // What one has accepted before it ends is there when it has started again, and for the other.
    upstream.script = answerPlainly;
    await a.ask('Does it outlive me?');
    a.signal('SIGTERM');
    expect((await a.ended).code).toBe(0);
    const again = await standalone('a', env);
    for (const gateway of [b, again]) {
      await until('it is there', async () => {
        const { headers } = await gateway.ask('Does it outlive me?', {}, { 'x-nearhit-cache': 'only' });
        return headers['x-nearhit-cache'] === 'hit';
      });
    }
    await until('its index is whole again', async () => {
      const { headers } = await again.ask(paraphrase, {}, { 'x-nearhit-cache': 'only' });
      return headers['x-nearhit-layer'] === 'semantic';
    });
  },
  START_MS,
);

test(
  'embedding and cache services of their own take the place of what would run inside',
  async () => {
    const deployment = await Deployment.start({ replicas: { ingress: 0, worker: 0 } });
    closers.push(() => deployment.close());
    const env = {
      REDIS_URL: deployment.redis.url,
      NEARHIT_AUTH: 'optional',
      EMBEDDING_URL: deployment.one('embedding').url,
      CACHE_URL: deployment.one('cache').url,
      NEARHIT_INTERNAL_TOKEN: INTERNAL_TOKEN,
    };
    const gateway = await standalone('beside-services', env);
    const ask = (text: string) => gateway.ask(text, {}, inNamespace('services'));
    expect(cacheOf(await ask(question))).toMatchObject({ cache: 'miss' });
    await gateway.flush();
    expect(cacheOf(await ask(paraphrase))).toMatchObject({ cache: 'hit', layer: 'semantic' });

    // They are what finds by meaning: without them nothing is found, and nothing fails.
    await Promise.all([deployment.one('embedding').end('SIGKILL'), deployment.one('cache').end('SIGKILL')]);
    const without = await ask('In which way could I reset my password?');
    expect([without.status, cacheOf(without).reason]).toEqual([200, 'cache-unavailable']);
    expect(cacheOf(await ask(question))).toMatchObject({ cache: 'hit', layer: 'l1' });
  },
  START_MS,
);

test(
  'an embedding service alone: the index is inside',
  async () => {
    const deployment = await Deployment.start({ replicas: { ingress: 0, worker: 0, cache: 0 } });
    closers.push(() => deployment.close());
    const gateway = await standalone('beside-embedding', {
      REDIS_URL: deployment.redis.url,
      NEARHIT_AUTH: 'optional',
      EMBEDDING_URL: deployment.one('embedding').url,
      NEARHIT_INTERNAL_TOKEN: INTERNAL_TOKEN,
    });
    expect(cacheOf(await gateway.ask(question))).toMatchObject({ cache: 'miss' });
    await gateway.flush();
    expect(cacheOf(await gateway.ask(paraphrase))).toMatchObject({ cache: 'hit', layer: 'semantic' });
  },
  START_MS,
);
