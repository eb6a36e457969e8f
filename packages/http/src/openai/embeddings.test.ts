import { afterEach, describe, expect, test } from '@jest/globals';
import { NearhitError } from '@nearhit/core';
import { house } from '../../test/house.ts';
import { closeAll, start } from '../../test/start.ts';

afterEach(closeAll);

describe('/v1/embeddings, local', () => {
  const model = 'tiny-embedder';

  test.each([
    'tiny-embedder',
    'nearhit/tiny-embedder',
    'local/tiny-embedder',
    'sentence-transformers/tiny-embedder',
    'Xenova/tiny-embedder',
  ])('answers as %s', async (name) => {
    const { call, upstream } = await start();
    const { status, body } = await call.post('/v1/embeddings').send({ model: name, input: 'abc' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ object: 'list', model, usage: { prompt_tokens: 3, total_tokens: 3 } });
    expect(body.data).toHaveLength(1);
    expect(upstream.calls).toHaveLength(0);
  });

  test('float and base64 are the same vectors, in the order of the texts', async () => {
    const { call } = await start();
    const input = ['one', 'two', 'three'];
    const floats = (await call.post('/v1/embeddings').send({ model, input, encoding_format: 'float' })).body;
    const coded = (await call.post('/v1/embeddings').send({ model, input, encoding_format: 'base64' })).body;
    expect(floats.usage).toEqual({ prompt_tokens: 11, total_tokens: 11 });
    for (const [i, one] of floats.data.entries()) {
      expect(one).toMatchObject({ object: 'embedding', index: i });
      expect(Math.hypot(...one.embedding)).toBeCloseTo(1, 5);
      const bytes = Buffer.from(coded.data[i].embedding, 'base64');
      expect([0, 1, 2, 3, 4, 5, 6, 7].map((at) => bytes.readFloatLE(4 * at))).toEqual(one.embedding);
    }
    const single = (await call.post('/v1/embeddings').send({ model, input: 'two' })).body;
    expect(single.data[0].embedding).toEqual(floats.data[1].embedding);
  });

  test('takes 2048 texts, in batches that let others in', async () => {
    const { call, embedder } = await start();
    const input = Array.from({ length: 2048 }, (_, i) => `text ${i}`);
    const { status, body } = await call.post('/v1/embeddings').send({ model, input });
    expect([status, body.data.length, body.data[2047].index]).toEqual([200, 2048, 2047]);
    expect(Math.max(...embedder.batches)).toBeLessThanOrEqual(32);
  });

  test('says how many texts were cut', async () => {
    const { call } = await start();
    const answer = await call.post('/v1/embeddings').send({ model, input: ['short', 'x'.repeat(51)] });
    expect(answer.headers['x-nearhit-truncated']).toBe('1');
  });

  test.each([
    [{ input: 'a', dimensions: 256 }, 'dimensions', /fixed number of dimensions/],
    [{ input: 'a', encoding_format: 'hex' }, 'encoding_format', /'float' or 'base64'/],
    [{}, 'input', /a text or an array of texts/],
    [{ input: null }, 'input', /a text or an array of texts/],
    [{ input: {} }, 'input', /a text or an array of texts/],
    [{ input: '' }, 'input', /not empty/],
    [{ input: [] }, 'input', /at least one/],
    [{ input: ['a', ''] }, 'input[1]', /not empty/],
    [{ input: ['a', null] }, 'input[1]', /expected a text/],
    [{ input: [1, 2, 3] }, 'input[0]', /token ids are not supported/],
    [{ input: [[1, 2], [3]] }, 'input[0]', /token ids are not supported/],
    [{ input: 'half \ud83d' }, 'input', /surrogate/],
    [{ input: Array(2049).fill('a') }, 'input', /at most 2048/],
  ])('refuses %j', async (fields, param, message) => {
    const { call } = await start();
    const { status, body } = await call.post('/v1/embeddings').send({ model, ...fields });
    expect([status, body.error.param]).toEqual([400, param]);
    expect(body.error.message).toMatch(message);
  });

  test.each([
    ['[]', 'INVALID', 400],
    ['"text"', 'INVALID', 400],
    ['{"input":"a"}', 'model', 400],
    ['{"model":7,"input":"a"}', 'model', 400],
    ['{"model":"tiny-embedder","input":NaN}', 'invalid_json', 400],
    ['', 'invalid_json', 400],
    ['{"model":', 'invalid_json', 400],
  ])('refuses the body %j', async (text, word, status) => {
    const { call } = await start();
    const answer = await call.post('/v1/embeddings').set('content-type', 'application/json').send(text);
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body).toLowerCase()).toContain(word.toLowerCase());
  });

  test('refuses what is not UTF-8, not JSON by its type, or compressed', async () => {
    const { call } = await start();
    const post = (type: string) => call.post('/v1/embeddings').set('content-type', type);
    const latin = Buffer.from('{"model":"tiny-embedder","input":"caf\xe9"}', 'latin1');
    const notUtf8 = await fetch(`${(await start()).url}/v1/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: latin,
    });
    expect([notUtf8.status, await notUtf8.text()]).toEqual([400, expect.stringMatching(/UTF-8/)]);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1']) {
      const answer = await post(type).send('{}');
      expect([answer.status, answer.body.error.code]).toEqual([415, 'unsupported_content_type']);
    }
    expect((await post('application/json').set('content-encoding', 'gzip').send('{}')).status).toBe(415);
    expect((await post('application/vnd.api+json; charset="UTF-8"').send({ model, input: 'a' })).status).toBe(200);
  });

  test('an embedder without time is 503, not an upstream call', async () => {
    const parts = house();
    const embedder = {
      ...parts.embedder,
      embed: async () => {
        throw new NearhitError('EMBEDDER_BUSY', 'busy');
      },
    };
    const { call, upstream } = await start({ embedder });
    expect((await call.post('/v1/embeddings').send({ model, input: 'a' })).status).toBe(503);
    expect(upstream.calls).toHaveLength(0);
  });
});

describe('an embedder in another process', () => {
  test('is nameless until it has been reached, then answers under its name, and under its next one', async () => {
    const { embedder } = house();
    let id = '';
    const remote = {
      get model() {
        return { ...embedder.model, id };
      },
      embed: (texts: readonly string[]) => embedder.embed(texts),
    };
    const { call } = await start({ embedder: remote });
    const owned = async () => {
      const { body } = await call.get('/v1/models');
      return body.data
        .filter((one: { owned_by: string }) => one.owned_by === 'nearhit')
        .map(({ id }: { id: string }) => id);
    };
    expect(await owned()).toEqual([]);
    for (const name of ['early', 'late']) {
      id = name;
      expect((await call.post('/v1/embeddings').send({ model: name, input: 'a' })).body).toMatchObject({ model: name });
      expect(await owned()).toEqual([name]);
    }
  });
});
