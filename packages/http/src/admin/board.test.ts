import { afterEach, describe, expect, test } from '@jest/globals';
import express from 'express';
import { house, TOKEN } from '../../test/house.ts';
import { closeAll, start } from '../../test/start.ts';

afterEach(closeAll);

/** A page as queue boards are: an express app of its own. */
async function startWithBoard() {
  const app = express();
  let changes = 0;
  app.get('/', (_req, res) => void res.send('<h1>queues</h1>'));
  app.use(express.json());
  app.put('/api/retry', (req, res) => {
    changes += 1;
    res.json(req.body);
  });
  const parts = await start({ admin: { ...house().deps.admin, board: app } });
  return { ...parts, changes: () => changes };
}

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

describe('the queue’s page', () => {
  test.each([
    ['a browser', basic('admin', TOKEN)],
    ['a browser whose user gave no name', basic('', TOKEN)],
    ['a program', `Bearer ${TOKEN}`],
  ])('opens for %s that has the token', async (_who, authorization) => {
    const { call } = await startWithBoard();
    const { status, text, headers } = await call.get('/admin/queues').set('authorization', authorization);
    expect([status, text]).toEqual([200, '<h1>queues</h1>']);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY' });
  });

  test.each([
    ['nothing', undefined],
    ['another password', basic('admin', `${TOKEN}x`)],
    ['the token as user', basic(TOKEN, '')],
    ['a login without colon', `Basic ${Buffer.from(TOKEN).toString('base64')}`],
    ['another bearer token', 'Bearer x'],
    ['no base64', 'Basic ???'],
  ])('asks for it when given %s', async (_what, authorization) => {
    const { call, changes } = await startWithBoard();
    for (const ask of [
      call.get('/admin/queues'),
      call.get('/admin/queues/static/x.js'),
      call.put('/admin/queues/api/retry'),
    ]) {
      const answer = await (authorization === undefined ? ask : ask.set('authorization', authorization));
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([
        401,
        'Basic realm="nearhit", charset="UTF-8"',
      ]);
      expect(answer.text).not.toContain(TOKEN);
    }
    expect(changes()).toBe(0);
  });

  test('does not let Basic open the admin plane', async () => {
    const { call } = await startWithBoard();
    expect((await call.get('/admin/v1/policies').set('authorization', basic('a', TOKEN))).status).toBe(401);
  });

  const HERE = 'HERE';
  test.each([
    [200, 'its own page', { 'sec-fetch-site': 'same-origin', origin: 'http://proxy.example' }],
    [200, 'its own page, in a browser without fetch metadata', { origin: HERE }],
    [200, 'a program', {}],
    [403, 'another site’s page', { 'sec-fetch-site': 'cross-site', origin: HERE }],
    [403, 'a page of the same site', { 'sec-fetch-site': 'same-site' }],
    [403, 'another origin', { origin: 'http://evil.example' }],
    [403, 'another port', { origin: 'http://127.0.0.1:1' }],
    [403, 'a sandboxed page', { origin: 'null' }],
  ])('%i to a change sent by %s', async (expected, _who, headers: Record<string, string>) => {
    const { call, url, changes } = await startWithBoard();
    const sent = { ...headers, ...(headers.origin === HERE && { origin: url }) };
    const answer = await call
      .put('/admin/queues/api/retry')
      .set({ ...sent, authorization: basic('a', TOKEN) })
      .send({ a: 1 });
    expect([answer.status, changes()]).toEqual([expected, expected === 200 ? 1 : 0]);
    if (expected === 200) expect(answer.body).toEqual({ a: 1 });
  });

  test('is not there when nobody made one', async () => {
    const { call } = await start();
    expect((await call.get('/admin/queues').set('authorization', `Bearer ${TOKEN}`)).status).toBe(404);
  });
});
