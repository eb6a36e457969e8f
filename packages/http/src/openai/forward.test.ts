import { createServer as createOrigin, type RequestListener } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { DecisionRecord } from '@nearhit/core';
import { listen } from '../../test/house.ts';
import { closeAll, keep, start } from '../../test/start.ts';

afterEach(closeAll);

const origin = (listener: RequestListener): Promise<string> => listen(keep(createOrigin(listener)));

describe('/v1/embeddings, upstream', () => {
  const text = '{ "model":"text-embedding-3-small",\n "input":"caf\u00e9", "input":"b", "extra":1.0 }';

  test('goes and comes back byte for byte', async () => {
    const reply = Buffer.from('{ "object":"list",  "data":[1.50] }\n');
    const { call, upstream, url } = await start();
    const bodies: Buffer[] = [];
    upstream.origin = await origin((req, res) => {
      req.on('data', (chunk) => bodies.push(chunk));
      req.on('end', () => {
        res
          .writeHead(201, { 'content-type': 'application/json', 'x-own': 'kept', 'x-request-id': 'theirs' })
          .end(reply);
      });
    });
    const answer = await fetch(`${url}/v1/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer sk-own', 'x-request-id': 'mine' },
      body: text,
    });
    expect(answer.status).toBe(201);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(reply);
    expect(Buffer.concat(bodies).toString()).toBe(text);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-own': 'kept',
      'x-request-id': 'mine',
      'x-nearhit-cache': 'bypass',
      'x-nearhit-provider': 'origin',
      'x-nearhit-attempts': '1',
    });
    expect(upstream.calls[0]).toMatchObject({
      path: '/embeddings',
      model: 'text-embedding-3-small',
      credential: 'sk-own',
    });
    expect((await call.get('/healthz')).status).toBe(200);
  });

  test('a large reply reaches a slow client whole', async () => {
    const { upstream, url } = await start();
    const reply = Buffer.alloc(8_000_000, 'abcdefgh');
    upstream.origin = await origin((_req, res) => void res.end(reply));
    const answer = await fetch(`${url}/v1/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: text,
    });
    expect(Buffer.from(await answer.arrayBuffer()).equals(reply)).toBe(true);
  });

  test('a provider that cannot be reached is a 502', async () => {
    const { call, upstream } = await start();
    upstream.origin = 'http://127.0.0.1:1';
    const answer = await call.post('/v1/embeddings').send({ model: 'text-embedding-3-small', input: 'a' });
    expect([answer.status, answer.body.error.code]).toEqual([502, 'upstream_unreachable']);
  });

  test('a client that leaves cancels the call', async () => {
    const { upstream, url } = await start();
    let arrived = (): void => {};
    const called = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    let cancelled = (): void => {};
    const gone = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    upstream.origin = await origin((req, res) => {
      res.on('close', () => cancelled());
      req.resume();
      arrived();
    });
    const leaving = new AbortController();
    const answer = fetch(`${url}/v1/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: text,
      signal: leaving.signal,
    });
    await called;
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await gone;
    expect(upstream.aborted).toBe(1);
  });
});

describe('/v1/embeddings is told of', () => {
  async function observed() {
    const records: DecisionRecord[] = [];
    const started = await start({ observer: { record: (record) => void records.push(record) } });
    const until = async (count: number) => {
      while (records.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
      return records;
    };
    return { ...started, until };
  }
  const vectors = Array.from({ length: 2000 }, (_, n) => n / 7);

  test.each([
    ['usage last', { object: 'list', data: [{ embedding: vectors }], usage: { prompt_tokens: 12, total_tokens: 12 } }],
    ['usage first', { usage: { prompt_tokens: 12, total_tokens: 12 }, data: [{ embedding: vectors }] }],
    ['usage in the middle of a short one', { data: [], usage: { prompt_tokens: 12 }, object: 'list' }],
  ])('with the provider’s count and price: %s', async (_, reply) => {
    const { call, upstream, until } = await observed();
    upstream.origin = await origin((_req, res) => {
      const text = JSON.stringify(reply);
      res.write(text.slice(0, 7));
      res.end(text.slice(7));
    });
    await call.post('/v1/embeddings').set('x-request-id', 'mine').send({ model: 'gpt-4o', input: 'a' });
    const [record] = await until(1);
    expect(record).toMatchObject({
      ...{ requestId: 'mine', endpoint: 'embeddings', model: 'gpt-4o', provider: 'origin', upstreamModel: 'gpt-4o' },
      ...{ outcome: 'bypass', reason: 'not-cacheable:endpoint', status: 200, attempts: 1, query: '' },
      ...{ usage: { promptTokens: 12, completionTokens: 0 }, costUsd: 0.00003, tenant: 'default' },
    });
    expect(record?.id).toBe(upstream.calls[0]?.callId);
    expect(upstream.calls[0]?.account).toMatchObject({ requestId: 'mine', endpoint: 'embeddings' });
  });

  test('with a guess where it counted nothing, with nothing where it refused or could not be reached', async () => {
    const { call, upstream, until } = await observed();
    upstream.origin = await origin((_req, res) => res.end('{"data":[]}'));
    await call.post('/v1/embeddings').send({ model: 'gpt-4o', input: 'x'.repeat(1000) });
    upstream.origin = await origin((_req, res) => res.writeHead(429).end('{"error":{"message":"slow down"}}'));
    await call.post('/v1/embeddings').send({ model: 'gpt-4o', input: 'a' });
    upstream.origin = 'http://127.0.0.1:1';
    await call.post('/v1/embeddings').send({ model: 'gpt-4o', input: 'a' });
    const [guessed, refused, away] = await until(3);
    expect(guessed?.usage).toMatchObject({ promptTokens: expect.any(Number), estimated: true });
    expect(guessed?.usage?.promptTokens).toBeGreaterThan(200);
    expect(refused).toMatchObject({ outcome: 'bypass', status: 429, costUsd: 0, usage: undefined });
    expect(away).toMatchObject({ outcome: 'error', status: 502, usage: undefined });
  });

  test('once, also when the client leaves', async () => {
    const { upstream, url, until } = await observed();
    let begun = (): void => {};
    const head = new Promise<void>((resolve) => {
      begun = resolve;
    });
    upstream.origin = await origin((_req, res) => {
      res.write('{"data":[');
      begun();
    });
    const leaving = new AbortController();
    const body = '{"model":"gpt-4o","input":"a"}';
    const headers = { 'content-type': 'application/json' };
    const answer = fetch(`${url}/v1/embeddings`, { method: 'POST', headers, body, signal: leaving.signal });
    const reading = answer.then((response) => response.text());
    await head;
    while (upstream.calls.length === 0) await new Promise(setImmediate);
    await answer;
    leaving.abort();
    await expect(reading).rejects.toThrow();
    const records = await until(1);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ outcome: 'error', status: 200, usage: { estimated: true } });
  });

  test('of the local model too, for nothing', async () => {
    const { call, until } = await observed();
    await call.post('/v1/embeddings').send({ model: 'tiny-embedder', input: ['abc', 'de'] });
    expect((await until(1))[0]).toMatchObject({
      ...{ provider: 'nearhit', upstreamModel: 'tiny-embedder', usage: { promptTokens: 5 }, costUsd: 0, attempts: 0 },
    });
  });
});
