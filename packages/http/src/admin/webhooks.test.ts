import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NOW_MS } from '../../test/entry.ts';
import { fits } from '../../test/fits.ts';
import { house, TOKEN, WEBHOOK_SECRET } from '../../test/house.ts';
import { closeAll, start } from '../../test/start.ts';
import * as schemas from './schemas.ts';
import { checkSignature } from './signature.ts';
import { documentsAnswer } from './webhooks.ts';

afterEach(closeAll);

const PATH = '/admin/v1/webhooks/documents';
const EVENT = { id: 'evt_1', event: 'document.updated', document: { id: '42', version: 4 } };
const NOW_S = NOW_MS / 1000;

const sign = (body: string, seconds = NOW_S, secret = WEBHOOK_SECRET): string =>
  createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
const signature = (body: string, seconds = NOW_S, secret = WEBHOOK_SECRET): string =>
  `t=${seconds},sha256=${sign(body, seconds, secret)}`;

describe('who may tell of documents', () => {
  test('whoever has the token, or has signed the body', async () => {
    const { admin, call, cache } = await start();
    const withToken = await admin('post', '/webhooks/documents').send(EVENT);
    expect(withToken.status).toBe(200);
    const body = JSON.stringify({ ...EVENT, id: 'evt_2' });
    const signed = await call
      .post(PATH)
      .set('content-type', 'application/json')
      .set('x-nearhit-signature', signature(body))
      .send(body);
    expect(signed.status).toBe(200);
    fits(documentsAnswer, signed.body);
    expect(cache.filters).toEqual([
      { context: { id: '42', versionBelow: 4 } },
      { context: { id: '42', versionBelow: 4 } },
    ]);
  });

  test('a sender that changes its secret signs with both', async () => {
    const { call } = await start();
    const body = JSON.stringify(EVENT);
    const both = `t=${NOW_S}, sha256=${sign(body, NOW_S, 'another-secret-of-old')}, sha256=${sign(body)}`;
    expect((await call.post(PATH).type('json').set('x-nearhit-signature', both).send(body)).status).toBe(200);
  });

  const body = JSON.stringify(EVENT);
  test.each([
    ['neither', undefined, undefined],
    ['a wrong token', undefined, 'Bearer wrong'],
    ['a signature under another secret', signature(body, NOW_S, 'another-webhook-secret'), undefined],
    ['a signature of another body', signature(`${body} `), undefined],
    ['one that is too old', signature(body, NOW_S - 301), undefined],
    ['one of the future', signature(body, NOW_S + 301), undefined],
    ['one whose time was changed', `t=${NOW_S + 1},sha256=${sign(body)}`, undefined],
    ['one without a time', `sha256=${sign(body)}`, undefined],
    ['one that is cut', signature(body).slice(0, -2), undefined],
    ['an empty one', '', undefined],
    ['a wrong one beside the token', 't=1,sha256=00', `Bearer ${TOKEN}`],
  ])('%s: 401, and nothing is done', async (_what, signed, authorization) => {
    const { call, cache } = await start();
    const ask = call.post(PATH).type('json');
    if (signed !== undefined) ask.set('x-nearhit-signature', signed);
    if (authorization !== undefined) ask.set('authorization', authorization);
    const answer = await ask.send(body);
    expect(answer.status).toBe(401);
    fits(schemas.errorAnswer, answer.body);
    expect(answer.text).not.toContain(WEBHOOK_SECRET);
    expect(cache.filters).toEqual([]);
  });

  test('without a secret only the token counts; a signature opens nothing else', async () => {
    const { deps } = house();
    const { call, admin } = await start({ admin: { ...deps.admin, webhookSecret: undefined } });
    const signed = signature(body);
    expect((await call.post(PATH).type('json').set('x-nearhit-signature', signed).send(body)).status).toBe(401);
    expect((await admin('post', '/webhooks/documents').set('x-nearhit-signature', signed).send(EVENT)).status).toBe(
      200,
    );
    const other = await start();
    const flush = other.call.post('/admin/v1/flush').type('json').set('x-nearhit-signature', signature('{}'));
    expect((await flush.send('{}')).status).toBe(401);
  });
});

describe('what is told', () => {
  test('one event or several; counts of each and of all; an event that comes again does nothing', async () => {
    const { admin, cache } = await start();
    const tell = (events: unknown) => admin('post', '/webhooks/documents').send(events as object);
    const gone = { id: 'evt_2', event: 'document.deleted', document: { id: '7', title: 'of the sender' }, more: 1 };
    const first = await tell([{ ...EVENT, namespaces: ['a', 'b'] }, gone, EVENT]);
    expect(first.body).toEqual({
      ...{ events: 3, duplicates: 1, matched: 3, deleted: 3 },
      results: [
        { id: 'evt_1', event: 'document.updated', document: '42', duplicate: false, matched: 0, deleted: 0 },
        { id: 'evt_2', event: 'document.deleted', document: '7', duplicate: false, matched: 3, deleted: 3 },
        { id: 'evt_1', event: 'document.updated', document: '42', duplicate: true, matched: 0, deleted: 0 },
      ],
    });
    expect(cache.filters).toEqual([
      { context: { id: '42', versionBelow: 4 }, namespace: 'a' },
      { context: { id: '42', versionBelow: 4 }, namespace: 'b' },
      { context: { id: '7' } },
    ]);
    expect((await tell(EVENT)).body).toMatchObject({ events: 1, duplicates: 1, matched: 0 });
    expect(cache.filters).toHaveLength(3);
  });

  test.each([
    [{}],
    [[]],
    ['text'],
    [{ ...EVENT, event: 'document.read' }],
    [{ ...EVENT, document: {} }],
    [{ ...EVENT, document: { id: '' } }],
    [{ ...EVENT, document: { id: '1', version: null } }],
    [{ ...EVENT, id: '' }],
    [{ ...EVENT, namespaces: [] }],
    [{ ...EVENT, namespaces: ['a b'] }],
    [[EVENT, { event: 'document.updated' }]],
    [Array.from({ length: 101 }, () => EVENT)],
  ])('%j is refused, and nothing is done', async (body) => {
    const { admin, cache } = await start();
    const answer = await admin('post', '/webhooks/documents').type('json').send(JSON.stringify(body));
    expect(answer.status).toBe(400);
    fits(schemas.errorAnswer, answer.body);
    expect(cache.filters).toEqual([]);
  });

  test('more than a megabyte is not read', async () => {
    const { call } = await start();
    const long = JSON.stringify({ ...EVENT, filler: 'x'.repeat(1_048_577) });
    const answer = await call.post(PATH).type('json').set('x-nearhit-signature', signature(long)).send(long);
    expect(answer.status).toBe(413);
  });
});

test('no signature but the right one is taken, whatever its form', () => {
  const body = Buffer.from('{}');
  const right = signature('{}');
  expect(() => checkSignature(right, body, { secret: WEBHOOK_SECRET, nowMs: NOW_MS })).not.toThrow();
  const piece = fc.oneof(
    fc.constantFrom('t=', 'sha256=', ',', String(NOW_S), '='),
    fc.string(),
    fc.stringMatching(/^[0-9a-f]{64}$/),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const given = pieces.join('');
      expect(() => checkSignature(given, body, { secret: WEBHOOK_SECRET, nowMs: NOW_MS })).toThrow('signature');
    }),
  );
});
