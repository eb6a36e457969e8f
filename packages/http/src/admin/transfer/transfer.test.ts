import { request } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { entry, NOW_MS } from '../../../test/entry.ts';
import { fits } from '../../../test/fits.ts';
import { TOKEN } from '../../../test/house.ts';
import { closeAll, start } from '../../../test/start.ts';
import { exportItem, importAnswer } from './transfer-schemas.ts';

afterEach(closeAll);

const authorization = `Bearer ${TOKEN}`;
const whole = { choices: [{ index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' }] };
const line = (changes: object = {}) => ({ text: 'Is water wet?', answer: 'Yes.', model: 'm', ...changes });
const ndjson = (rows: readonly unknown[]) =>
  rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n');

/** A house, and what it says of an import. */
async function house() {
  const parts = await start();
  parts.store.entries = parts.store.entries.map((one) => ({ ...one, answer: Buffer.from(JSON.stringify(whole)) }));
  const take = (body: string | Buffer, query = '', headers: Record<string, string> = {}) =>
    parts.call
      .post(`/admin/v1/import${query}`)
      .set({ authorization, 'content-type': 'application/x-ndjson', ...headers })
      .send(body as string);
  const give = async (query = '') => {
    const { text } = await parts.call
      .get(`/admin/v1/export${query}`)
      .set({ authorization })
      .buffer(true)
      .parse((res, done) => {
        let all = '';
        res.setEncoding('utf8');
        res.on('data', (piece: string) => {
          all += piece;
        });
        res.on('end', () => {
          (res as unknown as { text: string }).text = all;
          done(null, all);
        });
      });
    return text === ''
      ? []
      : text
          .trimEnd()
          .split('\n')
          .map((row) => JSON.parse(row));
  };
  return { ...parts, take, give };
}

describe('an export', () => {
  test('has every entry and every judged pair, and is an import', async () => {
    const { give, admin, store, take, cache } = await house();
    const vector = Float32Array.from([1, 0, 0, 0, 0, 0, 0, 0]) as never;
    store.entries[0] = { ...entry(1), answer: store.entries[0]?.answer as Buffer, vector, embeddingModel: 'tiny-1' };
    await admin('post', '/pairs').send({ pairs: [{ model: 'm', a: 'A?', b: 'B?', verdict: 'wrong' }] });
    const rows = await give('?vectors=true');
    for (const row of rows) fits(exportItem, row);
    expect(rows.map(({ type }) => type)).toEqual(['entry', 'entry', 'entry', 'pair']);
    expect(rows[0]).toMatchObject({ text: 'Question 1?', answer: whole, tags: ['doc:1@v1'], embeddingModel: 'tiny-1' });
    const before = store.entries;
    store.entries = [];
    const told = await take(ndjson(rows));
    fits(importAnswer, told.body);
    expect(told.body).toEqual({ dryRun: false, lines: 4, entries: 3, pairs: 1, refused: 0, errors: [] });
    expect(cache.takenIn).toEqual([3]);
    // The form of an entry's question is made anew.
    expect(store.entries.map(({ identity: _, ...one }) => one)).toEqual(before.map((one) => ({ ...one })));
    expect(await give('?vectors=true')).toEqual(rows);
  });

  test('of questions without a text, or with one of megabytes, is an import too', async () => {
    const { give, store, take } = await house();
    store.entries = ['', 'long '.repeat(300_000)].map((query, n) => ({
      ...{ ...entry(n), query, semantic: false, identity: undefined },
      answer: Buffer.from(JSON.stringify(whole)),
    }));
    const before = store.entries;
    const rows = await give();
    store.entries = [];
    expect((await take(ndjson(rows))).body).toMatchObject({ entries: 2, refused: 0, errors: [] });
    expect(store.entries.map(({ id, query }) => [id, query])).toEqual(before.map(({ id, query }) => [id, query]));
    const bare = await take(ndjson([line({ text: '' })]));
    expect(bare.body.errors).toEqual([{ line: 1, error: expect.stringContaining("'text'") }]);
  });

  test('keeps to what is asked for', async () => {
    const { give, store } = await house();
    store.entries.push(entry(4, { scope: { ...entry(4).scope, namespace: 'support' } }));
    expect((await give('?namespace=support')).map(({ text }) => text)).toEqual(['Question 4?']);
    expect((await give('?tag=doc:2')).map(({ text }) => text)).toEqual(['Question 2?']);
    expect(await give('?namespace=empty')).toEqual([]);
  });

  test('is packed for those who accept it, and only then', async () => {
    const { url } = await house();
    const get = (headers: Record<string, string>) =>
      new Promise<{ encoding: string | undefined; bytes: Buffer }>((resolve) => {
        request(`${url}/admin/v1/export`, { headers: { authorization, ...headers } }, async (res) => {
          const pieces: Buffer[] = [];
          for await (const piece of res) pieces.push(piece as Buffer);
          resolve({ encoding: res.headers['content-encoding'], bytes: Buffer.concat(pieces) });
        }).end();
      });
    const plain = await get({});
    const packed = await get({ 'accept-encoding': 'gzip, br' });
    expect([plain.encoding, packed.encoding]).toEqual([undefined, 'gzip']);
    expect(gunzipSync(packed.bytes)).toEqual(plain.bytes);
  });

  test('that nobody reads is not read on from the store', async () => {
    const { url, store } = await house();
    const long = 'x'.repeat(100_000);
    store.entries = Array.from({ length: 2000 }, (_, n) => entry(n, { query: `${n} ${long}` }));
    let read = 0;
    const list = store.list.bind(store);
    store.list = async (filter, page) => {
      read += page.limit;
      return list(filter, page);
    };
    const response = await new Promise<import('node:http').IncomingMessage>((resolve) => {
      request(`${url}/admin/v1/export`, { headers: { authorization } }, resolve).end();
    });
    response.pause();
    let before = -1;
    while (before !== read) {
      before = read;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(read).toBeLessThan(1000);
    response.destroy();
  });
});

describe('an import', () => {
  test('makes what is not said: keys, vectors later, life, usage', async () => {
    const { take, store } = await house();
    store.entries = [];
    const told = await take(
      ndjson([line(), '', line({ query: 'What is wet?', text: undefined, answer: whole, namespace: 'b' })]),
    );
    expect(told.body).toMatchObject({ lines: 2, entries: 2, refused: 0 });
    const [first, second] = store.entries;
    expect(first).toMatchObject({
      ...{ scope: { tenant: 'default', namespace: 'default', model: 'm' }, query: 'Is water wet?', semantic: true },
      ...{ provider: 'import', upstreamModel: 'm', tags: [], context: [], createdAtMs: NOW_MS },
      ...{ expiresAtMs: NOW_MS + 600_000, usage: { estimated: true }, vector: undefined },
    });
    expect(first?.id).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.parse(String(first?.answer))).toMatchObject({
      object: 'chat.completion',
      ...whole,
      choices: [{ message: { content: 'Yes.' } }],
    });
    expect(second?.scope.namespace).toBe('b');
  });

  test('refuses bad lines one by one, says which and why, and takes the others', async () => {
    const { take, store } = await house();
    store.entries = [];
    const { body } = await take(
      ndjson([
        '{"text": ',
        line(),
        line({ model: undefined }),
        line({ colour: 'red' }),
        line({ answer: { choices: [] } }),
        line({ answer: { choices: [{ index: 0, message: { content: 'Ye' }, finish_reason: 'length' }] } }),
        line({ expiresAtMs: NOW_MS - 1, staleUntilMs: NOW_MS - 1 }),
        line({ id: 'f'.repeat(64) }),
        line({ vector: 'AAAA', embeddingModel: 'tiny-1' }),
        line({ text: 'What is the weather today?' }),
        { type: 'pair', model: 'm', a: 'A?', b: 'a', verdict: 'wrong' },
        [],
        line({ text: 'The last one?' }),
      ]),
    );
    expect(body).toMatchObject({ lines: 13, entries: 2, pairs: 0, refused: 11 });
    const errors = new Map(body.errors.map((one: { line: number; error: string }) => [one.line, one.error]));
    for (const [at, why] of [
      [1, /not JSON/],
      [3, /'model'/],
      [4, /unknown 'colour'/],
      [5, /'answer' is no whole/],
      [6, /'answer' is none that would be stored: length/],
      [7, /life is over since 2025/],
      [8, /go together/],
      [9, /'vector': expected 8/],
      [10, /not cached here: volatile/],
      [11, /say the same/],
      [12, /expected object/],
    ] as const)
      expect([at, errors.get(at)]).toEqual([at, expect.stringMatching(why)]);
  });

  test('is told of line by line, to whoever would rather have lines', async () => {
    const { take } = await house();
    const rows = Array.from({ length: 120 }, (_, n) => line({ text: `Question number ${n}?` }));
    const { text } = await take(ndjson(['nonsense', ...rows]), '', { accept: 'application/x-ndjson' })
      .buffer(true)
      .parse((res, done) => {
        let all = '';
        res.on('data', (piece) => {
          all += piece;
        });
        res.on('end', () => {
          (res as unknown as { text: string }).text = all;
          done(null, all);
        });
      });
    const told = text
      .trimEnd()
      .split('\n')
      .map((row) => JSON.parse(row));
    expect(told[0]).toEqual({ line: 1, error: 'not JSON' });
    expect(told.filter(({ progress }) => progress).map(({ progress }) => progress.entries)).toEqual([50, 100, 120]);
    expect(told.at(-1)).toMatchObject({ done: { lines: 121, entries: 120, refused: 1 } });
  });

  test('may come packed; what is no gzip, or another encoding, is refused', async () => {
    const { take, store } = await house();
    const packed = gzipSync(ndjson([line()]));
    expect((await take(packed, '', { 'content-encoding': 'gzip' })).body.entries).toBe(1);
    expect(store.entries).toHaveLength(4);
    const cut = await take(packed.subarray(0, -10), '', { 'content-encoding': 'gzip' });
    expect([cut.status, cut.body.error.message]).toEqual([400, expect.stringContaining('gzip')]);
    expect((await take('x', '', { 'content-encoding': 'gzip' })).status).toBe(400);
    expect((await take('x', '', { 'content-encoding': 'br' })).status).toBe(415);
  });

  test('only checks, where it is told to; gives another life, where it is told to', async () => {
    const { take, store } = await house();
    store.entries = [];
    expect((await take(ndjson([line(), 'x']), '?dryRun=true')).body).toMatchObject({
      dryRun: true,
      entries: 1,
      refused: 1,
    });
    expect(store.entries).toEqual([]);
    const old = line({ createdAtMs: NOW_MS - 1e9, expiresAtMs: NOW_MS - 1e8 });
    expect((await take(ndjson([old]), '?ttlSeconds=60')).body.entries).toBe(1);
    expect(store.entries[0]).toMatchObject({ createdAtMs: NOW_MS - 1e9, expiresAtMs: NOW_MS + 60_000 });
    expect((await take('', '?ttlSeconds=0')).status).toBe(400);
  });

  test('ends with the store’s refusal, and what came before stays', async () => {
    const { take, cache } = await house();
    cache.takeIn = async () => {
      throw new Error('disk full');
    };
    expect((await take(ndjson([line()]))).status).toBe(500);
  });
});
