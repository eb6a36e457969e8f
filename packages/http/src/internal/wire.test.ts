import { afterEach, describe, expect, test } from '@jest/globals';
import { MemoryNearestIndex, type UnitVector } from '@nearhit/core';
import fc from 'fast-check';
import { closeServices, INTERNAL_TOKEN, type Running, startEmbedding, startNearest } from '../../test/internal.ts';
import { WordEmbedder } from '../../test/word-embedder.ts';
import { decodeEmbeddings, encodeEmbeddings } from './embed-codec.ts';
import { decodeNeighbours, decodeQuery, encodeNeighbours, encodeQuery } from './nearest-codec.ts';
import { cutTexts, inParts } from './texts.ts';
import { DEADLINE_HEADER, MODEL_VERSION_HEADER, PATHS } from './wire.ts';

afterEach(closeServices);

const authorization = `Bearer ${INTERNAL_TOKEN}`;
const DIMENSIONS = 4;

const nearestServer = () => startNearest(new MemoryNearestIndex({ dimensions: DIMENSIONS }));
const embeddingServer = () => startEmbedding({ embedder: new WordEmbedder() });

function post({ url }: Running, path: string, body: Uint8Array | string, headers: Record<string, string> = {}) {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', ...headers },
    body,
  });
}

async function errorOf(response: Response) {
  const { error } = (await response.json()) as {
    error: { message: string; type: string; param: string; code: string };
  };
  return { status: response.status, ...error };
}

const good = () =>
  encodeQuery({
    k: 3,
    partition: 'p' as never,
    fingerprint: 'ab'.repeat(32) as never,
    vector: Float32Array.of(1, 0, 0, 0) as UnitVector,
  });

describe('the internal token', () => {
  test.each([
    ['none', undefined],
    ['a wrong one', 'Bearer wrong'],
    ['the right one with more', `${authorization}x`],
    ['no bearer', INTERNAL_TOKEN],
  ])('%s opens nothing but the operations', async (_name, given) => {
    const [nearest, embedding] = await Promise.all([nearestServer(), embeddingServer()]);
    const headers: Record<string, string> = given === undefined ? {} : { authorization: given };
    const closed = [
      [nearest, 'POST', PATHS.nearest],
      [nearest, 'GET', PATHS.position],
      [nearest, 'GET', PATHS.stats],
      [embedding, 'POST', PATHS.embed],
      [embedding, 'GET', PATHS.model],
      [embedding, 'POST', '/v1/embeddings'],
    ] as const;
    for (const [{ url }, method, path] of closed) {
      const error = await errorOf(await fetch(`${url}${path}`, { method, headers }));
      expect([path, error.status, error.code]).toEqual([path, 401, 'invalid_api_key']);
      expect(error.message).not.toContain(INTERNAL_TOKEN);
    }
    for (const { url } of [nearest, embedding]) {
      for (const path of ['/healthz', '/readyz', '/metrics']) {
        expect((await fetch(`${url}${path}`, { headers })).status).toBe(200);
      }
    }
  });

  test('must not be empty', async () => {
    await expect(startNearest(new MemoryNearestIndex({ dimensions: 4 }), { token: '' })).rejects.toThrow(TypeError);
  });
});

describe('POST /internal/v1/nearest', () => {
  test('is 503 at once when the deadline has passed, and no search is made', async () => {
    const index = new MemoryNearestIndex({ dimensions: DIMENSIONS });
    let searches = 0;
    const counting = {
      nearest: (query: Parameters<typeof index.nearest>[0]) => {
        searches += 1;
        return index.nearest(query);
      },
      position: () => index.position(),
      stats: () => index.stats(),
    };
    const server = await startNearest(counting);
    for (const left of ['0', '-5']) {
      const error = await errorOf(await post(server, PATHS.nearest, good(), { [DEADLINE_HEADER]: left }));
      expect([error.status, error.code]).toEqual([503, 'store_unavailable']);
    }
    expect(searches).toBe(0);
    expect((await post(server, PATHS.nearest, good(), { [DEADLINE_HEADER]: '1000' })).status).toBe(200);
    expect(searches).toBe(1);
    for (const left of ['soon', '', 'Infinity']) {
      const error = await errorOf(await post(server, PATHS.nearest, good(), { [DEADLINE_HEADER]: left }));
      expect([error.status, error.param]).toEqual([400, DEADLINE_HEADER]);
    }
  });

  test.each([
    ['nothing', Buffer.alloc(0), 'body'],
    ['a byte less', good().subarray(1), 'body'],
    ['a byte more', Buffer.concat([good(), Buffer.alloc(1)]), 'body'],
    ['NaN in the vector', withFloat(Number.NaN), 'vector'],
    ['infinity in the vector', withFloat(Number.NEGATIVE_INFINITY), 'vector'],
    ['a vector of length 2', withFloat(2), 'vector'],
    ['a huge k', withK(0xffff_ffff), 'k'],
    ['a partition key that is not UTF-8', Buffer.concat([good().subarray(0, -1), Buffer.of(0xff)]), 'partition'],
  ])('refuses %s', async (_name, body, param) => {
    const error = await errorOf(await post(await nearestServer(), PATHS.nearest, body));
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', param });
  });

  test('a body over the limit is refused', async () => {
    expect((await post(await nearestServer(), PATHS.nearest, Buffer.alloc(500_000))).status).toBe(413);
  });

  test('any bytes get an answer that is not 500, and the server goes on', async () => {
    const server = await nearestServer();
    const statuses = new Set<number>();
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 })).map(([at, value]) => {
        const body = good();
        body[at % body.length] = value;
        return body;
      }),
      fc.nat(60).map((length) => good().subarray(0, length)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (body) => {
        const response = await post(server, PATHS.nearest, body);
        statuses.add(response.status);
        if (response.status !== 200) expect(await errorOf(response)).toMatchObject({ status: 400 });
        else expect(decodeNeighbours(Buffer.from(await response.arrayBuffer()))).toEqual([]);
      }),
      { numRuns: 300 },
    );
    expect([...statuses].sort()).toEqual([200, 400]);
    expect(server.lines).toEqual([]);
  });
});

describe('POST /internal/v1/embed', () => {
  test('answers binary, with the version of the model', async () => {
    const response = await post(await embeddingServer(), PATHS.embed, JSON.stringify({ texts: ['a cat', 'x'] }));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get(MODEL_VERSION_HEADER)).toBe('words-1');
    const embeddings = decodeEmbeddings(Buffer.from(await response.arrayBuffer()), 2, 64);
    expect(embeddings).toEqual(await new WordEmbedder().embed(['a cat', 'x']));
  });

  test('is 503 when the deadline has passed', async () => {
    const server = await embeddingServer();
    const late = { [DEADLINE_HEADER]: '0' };
    const error = await errorOf(await post(server, PATHS.embed, '{"texts":["a"]}', late));
    expect([error.status, error.code]).toEqual([503, 'embedder_busy']);
  });

  test.each([
    ['', null],
    ['[]', 'texts'],
    ['null', 'texts'],
    ['{}', 'texts'],
    ['{"texts":"a"}', 'texts'],
    ['{"texts":["a",7]}', 'texts[1]'],
    [JSON.stringify({ texts: Array(257).fill('a') }), 'texts'],
  ])('refuses the body %j', async (body, param) => {
    const error = await errorOf(await post(await embeddingServer(), PATHS.embed, body));
    expect(error).toMatchObject({ status: 400, param });
  });

  test('any bytes get an answer that is not 500, and the server goes on', async () => {
    const server = await embeddingServer();
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.json().map((text) => Buffer.from(text)),
      fc.record({ texts: fc.oneof(fc.array(fc.string({ unit: 'binary' })), fc.anything()) }).map(asJson),
    );
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        expect([200, 400]).toContain((await post(server, PATHS.embed, body)).status);
      }),
      { numRuns: 200 },
    );
    expect(server.lines).toEqual([]);
  });
});

describe('the embedding service as OpenAI’s', () => {
  test('answers for its model, and knows no other', async () => {
    const server = await embeddingServer();
    const ask = (model: string) => post(server, '/v1/embeddings', JSON.stringify({ model, input: 'a cat' }));
    const answer = (await (await ask('word-embedder')).json()) as { data: { embedding: number[] }[] };
    expect(answer.data[0]?.embedding).toHaveLength(64);
    expect(await errorOf(await ask('gpt-4o'))).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
  });

  test('says what model it has', async () => {
    const { url } = await embeddingServer();
    const response = await fetch(`${url}${PATHS.model}`, { headers: { authorization } });
    expect(await response.json()).toEqual(new WordEmbedder().model);
  });

  test('other paths are 404, other methods 405', async () => {
    const { url } = await embeddingServer();
    expect((await fetch(`${url}/internal/v1/nothing`, { headers: { authorization } })).status).toBe(404);
    expect((await fetch(`${url}${PATHS.embed}`, { headers: { authorization } })).status).toBe(405);
  });
});

describe('codecs', () => {
  const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
  const floats = fc.float32Array({ maxLength: 40, noNaN: true, noDefaultInfinity: true });

  test('a query comes back as it was', () => {
    const query = fc.record({ k: fc.nat(10_000), partition: fc.string(), fingerprint: digest, vector: floats });
    fc.assert(fc.property(query, (one) => expect(decodeQuery(encodeQuery(one as never))).toEqual(one)));
  });

  test('neighbours come back as they were; other bytes are none', () => {
    const neighbours = fc.array(fc.record({ id: digest, similarity: fc.double() }), { maxLength: 20 });
    fc.assert(fc.property(neighbours, (all) => expect(decodeNeighbours(encodeNeighbours(all as never))).toEqual(all)));
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void decodeNeighbours(Buffer.from(bytes))));
    expect(decodeNeighbours(Buffer.from([1, 0, 0, 0]))).toBeUndefined();
  });

  test('embeddings come back as they were, for the count and the dimensions asked for', () => {
    const all = [1, 2, 3].map((n) => {
      return { vector: Float32Array.of(n, -n, 0.1) as UnitVector, tokens: n * 1000, truncated: n === 2 };
    });
    const bytes = encodeEmbeddings(all, 3);
    expect(decodeEmbeddings(bytes, 3, 3)).toEqual(all);
    expect(decodeEmbeddings(bytes, 2, 3)).toBeUndefined();
    expect(decodeEmbeddings(bytes, 3, 4)).toBeUndefined();
    expect(() => encodeEmbeddings(all, 4)).toThrow(RangeError);
  });

  test('texts are cut between characters, and parts keep the order', () => {
    const { texts, was } = cutTexts([`x${'😀'.repeat(40_000)}`, 'short'], 256);
    expect(was).toEqual([true, false]);
    expect(texts[0]).toBe(`x${'😀'.repeat(32_767)}`);
    const many = Array.from({ length: 100 }, (_, i) => 'y'.repeat(i * 200));
    expect(inParts(many).flat()).toEqual(many);
    expect(Math.max(...inParts(many).map((part) => part.length))).toBeLessThanOrEqual(32);
    expect(inParts([])).toEqual([]);
  });
});

function withFloat(value: number): Buffer {
  const body = good();
  body.writeFloatLE(value, 40);
  return body;
}

function withK(k: number): Buffer {
  const body = good();
  body.writeUInt32LE(k, 0);
  return body;
}

function asJson(value: unknown): Buffer {
  return Buffer.from(
    JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? String(one) : one)) ?? 'null',
  );
}
