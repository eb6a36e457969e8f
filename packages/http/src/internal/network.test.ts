import { createServer as createPlainServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createMemoryNetwork, NearhitError, type PairNetwork } from '@nearhit/core';
import { pairNetworkConformance } from '@nearhit/core/conformance/pair-network';
import { request } from 'undici';
import { closeServices, INTERNAL_TOKEN, keepOpen, startEmbedding, until, watcher } from '../../test/internal.ts';
import { WordEmbedder } from '../../test/word-embedder.ts';
import { createEmbeddingClient } from './embedding-client.ts';
import { createNetworkClient, type NetworkClientOptions } from './network-client.ts';

const token = INTERNAL_TOKEN;
const PAIR = { a: 'a cat', b: 'a dog' };
const embedder = new WordEmbedder();

function connect(urls: readonly string[], options: Partial<NetworkClientOptions> = {}) {
  const settings = { urls, token, observer: watcher(), version: 'words', probeMs: 10, ...options };
  return keepOpen(createNetworkClient(settings));
}

const outcome = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error: unknown) => (error instanceof NearhitError ? error.kind : String(error)),
  );

pairNetworkConformance('over HTTP', async () => {
  const { url } = await startEmbedding({ embedder, network: createMemoryNetwork() });
  const client = connect([url]);
  await until('the network is known', () => client.version !== undefined);
  return { network: client, close: closeServices };
});

describe('createNetworkClient', () => {
  afterEach(closeServices);

  const connected = async (network: PairNetwork, options: Partial<NetworkClientOptions> = {}) => {
    const service = await startEmbedding({ embedder, network });
    const client = connect([service.url], options);
    await until('the network is known', () => client.version !== undefined);
    return { client, service };
  };

  test('says what the network itself says; many pairs go in several requests', async () => {
    const network = createMemoryNetwork();
    const { client } = await connected(network);
    const pairs = Array.from({ length: 70 }, (_, i) => ({ a: `word ${i} of a text`, b: `word ${i % 3} of another` }));
    expect(await client.score(pairs)).toEqual(await createMemoryNetwork().score(pairs));
    expect(network.calls.map(({ length }) => length)).toEqual([32, 32, 6]);
  });

  test.each<[string, PairNetwork | undefined]>([
    ['none', undefined],
    ['another', createMemoryNetwork('other')],
  ])('a service that has %s is not asked, and its embedder works', async (_, network) => {
    const { url } = await startEmbedding({ embedder, network });
    const client = connect([url]);
    expect(await outcome(client.score([PAIR], { deadlineMs: Date.now() + 10_000 }))).toBe('EMBEDDER_BUSY');
    expect(client.version).toBeUndefined();
    expect(client.replicas()).toMatchObject([{ live: false, problem: expect.stringMatching(/network/) }]);
    const embeddings = keepOpen(createEmbeddingClient({ urls: [url], token, observer: watcher(), probeMs: 10 }));
    expect(await outcome(embeddings.embed(['a cat']))).toBe('answered');
  });

  test('one that comes later, or comes back, is found', async () => {
    const network = createMemoryNetwork('other');
    const { url } = await startEmbedding({ embedder, network });
    const client = connect([url]);
    expect(await outcome(client.score([PAIR]))).toBe('EMBEDDER_BUSY');
    network.version = 'words';
    await until('it is found', () => client.version === 'words');
    expect(await outcome(client.score([PAIR]))).toBe('answered');
  });

  test('a network that fails, or is slow, takes no replica from the embedder', async () => {
    let answer: PairNetwork['score'] = () => Promise.reject(new Error('broken'));
    const { client, service } = await connected({ version: 'words', score: (...of) => answer(...of) });
    const observer = watcher();
    const embeddings = keepOpen(createEmbeddingClient({ urls: [service.url], token, observer, probeMs: 10 }));
    await embeddings.ready();
    for (let i = 0; i < 5; i++)
      expect(await outcome(client.score([PAIR], { deadlineMs: Date.now() + 5_000 }))).toBe('EMBEDDER_BUSY');
    answer = () => new Promise(() => {});
    await until('it is back', () => client.version !== undefined);
    for (let i = 0; i < 4; i++)
      expect(await outcome(client.score([PAIR], { deadlineMs: Date.now() + 30 }))).toBe('EMBEDDER_BUSY');
    expect(embeddings.replicas()).toMatchObject([{ live: true, inFlight: 0 }]);
    expect(await outcome(embeddings.embed(['a cat']))).toBe('answered');
    expect(observer.incidents).toEqual([]);
  });

  test('the deadline travels as time left', async () => {
    const leftMs: (number | undefined)[] = [];
    const { client } = await connected({
      version: 'words',
      score: async (pairs, options) => {
        leftMs.push(options?.deadlineMs === undefined ? undefined : options.deadlineMs - Date.now());
        return pairs.map(() => 1);
      },
    });
    const deadlineMs = Date.now() + 60_000;
    await client.score([PAIR], { deadlineMs });
    await client.score([PAIR]);
    expect(leftMs[0]).toBeGreaterThan(0);
    expect(leftMs[0]).toBeLessThanOrEqual(60_000);
    expect(leftMs[1]).toBeUndefined();
  });

  test('closed, it says so', async () => {
    const { client } = await connected(createMemoryNetwork());
    await client.close();
    expect(await outcome(client.score([PAIR]))).toBe('SHUTTING_DOWN');
  });

  test.each<[string, string]>([
    ['no JSON', '<html>'],
    ['another version', '{"version":"other","logits":[1]}'],
    ['too few', '{"version":"words","logits":[]}'],
    ['no numbers', '{"version":"words","logits":["1"]}'],
    ['something longer than it may be', `{"version":"words","logits":[1],"x":"${'x'.repeat(100_000)}"}`],
  ])('an answer that is %s does not count', async (_, text) => {
    const { url } = await plainServer(text);
    const client = connect([url]);
    await until('the network is known', () => client.version !== undefined);
    expect(await outcome(client.score([PAIR], { deadlineMs: Date.now() + 5_000 }))).toBe('EMBEDDER_BUSY');
  });
});

/** Says that it has the network, and answers this to whoever asks it. */
async function plainServer(scored: string): Promise<{ url: string }> {
  const json = (res: ServerResponse, text: string) => res.setHeader('content-type', 'application/json').end(text);
  const server: Server = createPlainServer((req, res) => {
    if (req.url === '/readyz') json(res, '{}');
    else if (req.method === 'GET') json(res, JSON.stringify({ ...embedder.model, network: 'words' }));
    else json(res, scored);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  keepOpen({
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('POST /internal/v1/score', () => {
  afterEach(closeServices);

  async function post(body: string, headers: Record<string, string> = {}) {
    const { url } = await startEmbedding({ embedder, network: createMemoryNetwork(), bodyBytesMax: 100_000 });
    const usual = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const reply = await request(`${url}/internal/v1/score`, {
      method: 'POST',
      headers: { ...usual, ...headers },
      body,
    });
    return {
      status: reply.statusCode,
      json: (await reply.body.json()) as { error?: { message: string; param: string } },
    };
  }
  const pairs = (...of: unknown[]) => JSON.stringify({ pairs: of });

  test('needs the internal token', async () => {
    expect((await post(pairs(PAIR), { authorization: 'Bearer guessed' })).status).toBe(401);
  });

  test('answers with the version; null where a text is too long', async () => {
    const { status, json } = await post(pairs(PAIR, { ...PAIR, b: 'word '.repeat(100) }));
    expect([status, json]).toEqual([200, { version: 'words', logits: [expect.any(Number), null] }]);
  });

  test.each<[string, string, number, string | RegExp]>([
    ['no JSON', '{', 400, /not valid JSON/],
    ['no object', '[]', 400, /body/],
    ['no pairs', '{}', 400, 'pairs'],
    ['a text missing', pairs({ a: 'x' }), 400, 'pairs[0].b'],
    ['no text', pairs({ a: 'x', b: 1 }), 400, 'pairs[0].b'],
    ['too many', pairs(...new Array(33).fill(PAIR)), 400, 'pairs'],
    ['a text too long', pairs({ a: 'x'.repeat(20_000), b: '' }), 400, 'pairs[0].a'],
    ['too large', pairs({ a: 'x'.repeat(200_000), b: '' }), 413, /100000/],
  ])('refuses %s and says what was expected', async (_, body, status, told) => {
    const answer = await post(body);
    expect([answer.status, `${answer.json.error?.message} ${answer.json.error?.param}`]).toEqual([
      status,
      typeof told === 'string' ? expect.stringContaining(told) : expect.stringMatching(told),
    ]);
  });

  test('is not there without a network', async () => {
    const { url } = await startEmbedding({ embedder });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const { statusCode, body } = await request(`${url}/internal/v1/score`, {
      method: 'POST',
      headers,
      body: pairs(PAIR),
    });
    await body.dump();
    expect(statusCode).toBe(404);
  });
});
