import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ChildGateway } from '../support/child-gateway.ts';
import { cacheOf } from '../support/client.ts';
import { answerPlainly, chunk, FakeUpstream, sseHead } from '../support/fake-upstream.ts';
import { SseReader } from '../support/sse-reader.ts';
import { until } from '../support/until.ts';

const MODEL = fileURLToPath(new URL('../../packages/model-minilm/model', import.meta.url));

let folder: string;
let upstream: FakeUpstream;
let gateway: ChildGateway | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nearhit-operate-'));
  upstream = await FakeUpstream.start();
});
afterEach(async () => {
  await gateway?.kill();
  gateway = undefined;
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(env: Record<string, string> = {}): Promise<ChildGateway> {
  gateway = await ChildGateway.start({
    cwd: folder,
    embedding: 'shared',
    env: { OPENAI_BASE_URL: upstream.url, ...env },
  });
  return gateway;
}

const configure = (yaml: string) => writeFileSync(join(folder, 'nearhit.yaml'), yaml);

describe('what keeps it from starting is said in one line, with exit code 1', () => {
  async function refusal(env: Record<string, string>): Promise<string> {
    gateway = ChildGateway.spawn({ cwd: folder, env });
    const { code } = await gateway.ended;
    expect(code).toBe(1);
    expect(gateway.stderr).not.toMatch(/\n\s+at /);
    return gateway.stderr.trim();
  }

  test('port in use', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const line = await refusal({ PORT: String(port) });
    taken.close();
    expect(line.split('\n')).toHaveLength(1);
    expect(line).toMatch(new RegExp(`^nearhit: .*${port}.*PORT`));
  });

  test('data folder that is a file', async () => {
    writeFileSync(join(folder, 'data'), 'not a folder');
    const line = await refusal({ NEARHIT_DATA_DIR: join(folder, 'data') });
    expect(line.split('\n')).toHaveLength(1);
    expect(line).toContain(join(folder, 'data'));
  });

  test('data folder in use by another process', async () => {
    await start();
    const second = ChildGateway.spawn({ cwd: folder });
    expect((await second.ended).code).toBe(1);
    expect(second.stderr.trim().split('\n')).toHaveLength(1);
    expect(second.stderr).toMatch(/in use|another/);
  });

  test('model folder that misses a file', async () => {
    cpSync(MODEL, join(folder, 'model'), { recursive: true });
    rmSync(join(folder, 'model', 'tokenizer.json'));
    const line = await refusal({ EMBEDDING_MODEL: join(folder, 'model') });
    expect(line.split('\n')).toHaveLength(1);
    expect(line).toContain('tokenizer.json');
  });

  test('several faults of nearhit.yaml, all at once, each with its line', async () => {
    configure('server: { port: 99999 }\npolicies:\n  default: { threshold: 1.5, guard: soft }\nsurprise: 1\n');
    const lines = await refusal({});
    for (const part of [
      'nearhit.yaml:1',
      'server.port',
      'nearhit.yaml:3',
      'policies.default.threshold',
      'policies.default.guard',
      'surprise',
    ]) {
      expect(lines).toContain(part);
    }
  });
});

test('SIGTERM: requests in flight finish, new connections are refused, what was answered is there afterwards', async () => {
  let finish!: () => void;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  upstream.script = async (call, res) => {
    sseHead(res);
    res.write(chunk(call, { role: 'assistant', content: 'first' }));
    await finished;
    res.end(`${chunk(call, { content: ' second' }, 'stop')}data: [DONE]\n\n`);
  };
  const child = await start();
  const readers = await Promise.all(
    Array.from({ length: 30 }, (_, i) => SseReader.ask(child.url, `Slow question ${i}?`)),
  );
  await Promise.all(readers.map((reader) => reader.until('first')));
  child.signal('SIGTERM');
  await until('new connections are refused', async () => {
    const refused = await child.send('GET', '/healthz').then(
      () => false,
      () => true,
    );
    return refused;
  });
  finish();
  for (const reader of readers) expect(await reader.end()).toContain('[DONE]');
  expect(await child.ended).toEqual({ code: 0, signal: null });

  upstream.script = answerPlainly;
  const next = await start();
  for (const i of [0, 17, 29])
    expect(cacheOf(await next.ask(`Slow question ${i}?`))).toMatchObject({ cache: 'hit', layer: 'l2' });
});

test('a second SIGTERM ends it at once', async () => {
  upstream.script = () => {};
  const child = await start();
  const hanging = child.ask('Forever?').catch(() => undefined);
  await upstream.called(1);
  child.signal('SIGTERM');
  await until('it is closing', () =>
    child.send('GET', '/healthz').then(
      () => false,
      () => true,
    ),
  );
  child.signal('SIGTERM');
  expect((await child.ended).code).toBe(1);
  await hanging;
});

test('nearhit.yaml is reloaded; a bad one is refused; the admin API wins over it', async () => {
  configure('policies: { default: { threshold: 0.91 } }\n');
  const child = await start();
  const threshold = async () => (await child.admin('GET', '/policies/default')).json.threshold;
  expect(await threshold()).toBe(0.91);
  configure('policies: { default: { threshold: 0.92 } }\n');
  await until('the new threshold is in force', async () => (await threshold()) === 0.92);
  configure('policies: { default: { threshold: 7 } }\n');
  await until('the bad file is reported', () => child.stderr.includes('policies.default.threshold'));
  expect(await threshold()).toBe(0.92);
  await child.admin('PATCH', '/policies/default', { threshold: 0.99 });
  configure('policies: { default: { threshold: 0.93 } }\n');
  await until(
    'the good file is read',
    async () => (await child.admin('GET', '/policies/other')).json.origin.threshold === 'admin:default',
  );
  expect(await threshold()).toBe(0.99);
});

test('what expires or exceeds the bounds leaves memory, store and index', async () => {
  configure('policies: { default: { maxEntries: 20 }, namespaces: { brief: { ttlSeconds: 1 } } }\n');
  const child = await start();
  const topics = [
    'otters',
    'glaciers',
    'violins',
    'comets',
    'orchids',
    'sonnets',
    'kayaks',
    'geysers',
    'saffron',
    'basalt',
  ];
  await Promise.all(
    topics.map((topic) => child.ask(`Who writes about ${topic}?`, { nearhit: { namespace: 'brief' } })),
  );
  for (const [n, topic] of [...topics, ...topics, ...topics].entries())
    await child.ask(`Where do ${topic} number ${n} come from?`);
  await child.flush();
  const entries = async (namespace: string) =>
    (await child.admin('GET', `/entries?namespace=${namespace}&limit=100`)).json.entries;
  await until('the brief ones are gone', async () => (await entries('brief')).length === 0);
  await until('the others are within their bound', async () => (await entries('default')).length === 20);
  await until('the index holds no more than the store', async () => {
    const { text } = await child.send('GET', '/metrics');
    return /^nearhit_index_vectors (\d+)$/m.exec(text)?.[1] === '20';
  });
  expect(cacheOf(await child.ask('Who writes about otters?', { nearhit: { namespace: 'brief' } }))).toMatchObject({
    cache: 'miss',
  });
}, 90_000);

test('a cache too slow for its deadline costs no request', async () => {
  configure('cache: { lookupTimeoutMs: 1 }\n');
  const slow = await start();
  const first = await slow.ask('Is the cache in a hurry?');
  expect([first.status, cacheOf(first)]).toEqual([
    200,
    { cache: 'miss', layer: undefined, reason: 'cache-unavailable' },
  ]);
  expect(cacheOf(await slow.ask('Is the cache in a hurry?'))).toMatchObject({ cache: 'hit', layer: 'l1' });
  await slow.flush();
  await slow.kill();
  configure('');
  const normal = await start();
  expect(cacheOf(await normal.ask('Is the  cache in a hurry?'))).toMatchObject({ cache: 'hit', layer: 'semantic' });
}, 90_000);

test('another embedding model: exact hits go on, semantic ones come back, vectors never mix', async () => {
  const child = await start();
  await child.ask('How do I change my password?');
  await child.flush();
  child.signal('SIGTERM');
  await child.ended;

  cpSync(MODEL, join(folder, 'model'), { recursive: true });
  const file = join(folder, 'model', 'sentence_bert_config.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('256', '128'));
  const other = await start({ EMBEDDING_MODEL: join(folder, 'model') });
  expect(cacheOf(await other.ask('How do I change my password?'))).toMatchObject({ cache: 'hit', layer: 'l2' });
  const only = { nearhit: { cache: 'only' } };
  await until(
    'it is found by meaning again',
    async () => cacheOf(await other.ask('How can I change my password?', only)).layer === 'semantic',
  );
  const [{ id }] = (await other.admin('GET', '/entries')).json.entries;
  const before = (await other.admin('GET', `/entries/${id}`)).json.embeddingModel;
  other.signal('SIGTERM');
  await other.ended;
  const back = await start();
  await until(
    'and again with the first one',
    async () => cacheOf(await back.ask('How would I change my password?', only)).layer === 'semantic',
  );
  expect((await back.admin('GET', `/entries/${id}`)).json.embeddingModel).not.toBe(before);
}, 90_000);
