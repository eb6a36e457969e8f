import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RedisServer } from '@nearhit/redis/testing';
import { ChildGateway } from '../support/child-gateway.ts';
import { cacheOf, PATIENT } from '../support/client.ts';
import { FakeUpstream } from '../support/fake-upstream.ts';
import { until } from '../support/until.ts';

const START_MS = 90_000;
const closers: (() => Promise<unknown>)[] = [];
let dir: string;
let upstream: FakeUpstream;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-conversations-'));
  upstream = await FakeUpstream.start();
});
afterAll(async () => {
  for (const closer of closers.splice(0).reverse()) await closer();
  await upstream?.close();
  rmSync(dir, { recursive: true, force: true });
});

async function standalone(name: string, redisUrl: string): Promise<ChildGateway> {
  const cwd = join(dir, name);
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'nearhit.yaml'), `${PATIENT}policies: { default: { conversation: semantic } }\n`);
  const env = { OPENAI_BASE_URL: upstream.url, REDIS_URL: redisUrl, NEARHIT_AUTH: 'optional' };
  const gateway = await ChildGateway.start({ cwd, env, embedding: 'shared' });
  closers.push(() => gateway.kill());
  return gateway;
}

const talk = (first: string, question: string) => ({
  messages: [
    { role: 'user', content: first },
    { role: 'assistant', content: 'You do that in the settings.' },
    { role: 'user', content: question },
  ],
});
const STORED = talk('How do I reset my password?', 'How do I change my email address?');
const REWORDED = talk('How can I reset my password?', 'How can I change my email address?');
const ANOTHER = talk('How can I reset my router?', 'How can I change my email address?');

test(
  'earlier turns go through the queue and Redis, and are compared at every replica; an event counts at all of them',
  async () => {
    const redis = await RedisServer.start();
    closers.push(() => redis.close());
    const [a, b] = await Promise.all(['a', 'b'].map((name) => standalone(name, redis.url)));
    if (a === undefined || b === undefined) throw new Error('none started');

    const asked = await a.ask('', STORED);
    await a.flush();
    await until('the other index has heard of it', async () => {
      const { headers } = await b.ask('', REWORDED, { 'x-nearhit-cache': 'only' });
      return headers['x-nearhit-layer'] === 'semantic';
    });
    const { json } = await b.admin('GET', `/entries/${asked.headers['x-nearhit-entry']}`);
    expect(json).toMatchObject({ history: ['How do I reset my password?'], embedded: true });
    expect(cacheOf(await b.ask('', ANOTHER, { 'x-nearhit-cache': 'only' }))).toMatchObject({ reason: 'guard:turns' });
    expect(upstream.calls).toHaveLength(1);

    const event = { id: 'evt-1', event: 'document.deleted', document: { id: 'd' } };
    expect((await a.admin('POST', '/webhooks/documents', event)).json).toMatchObject({ events: 1, duplicates: 0 });
    expect((await b.admin('POST', '/webhooks/documents', event)).json).toMatchObject({ events: 1, duplicates: 1 });
  },
  START_MS,
);
