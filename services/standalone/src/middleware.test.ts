import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { type Nearhit, type NearhitOptions, nearhit } from './middleware.ts';

// Without types of its own; it is the handler's that count.
const { default: express4 } = (await import('express4' as string)) as { default: typeof express };

const config: NearhitOptions['config'] = {
  auth: 'optional',
  providers: [{ id: 'demo', kind: 'demo' }],
  cache: { lookupTimeoutMs: 10_000 },
};
const ask = (content: string, more: object = {}) => ({ model: 'demo', messages: [{ role: 'user', content }], ...more });

let dir: string;
let gateway: Nearhit;
let token: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-middleware-'));
  gateway = nearhit({ config, dataDir: dir, env: {}, log: false });
  ({ adminToken: token } = await gateway.ready);
}, 60_000);
afterAll(async () => {
  await gateway.close();
  rmSync(dir, { recursive: true, force: true });
});

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('nearhit() in %s', (name, framework) => {
  const mounted = () => {
    const app = framework();
    app.get('/', (_req, res) => void res.send('the app’s own'));
    app.use('/v1', gateway);
    app.use('/admin/v1', gateway.admin);
    app.use('/nearhit', gateway.ops);
    app.use(gateway.dashboard);
    app.use((_req, res) => void res.status(404).send('the app’s 404'));
    return request(app);
  };

  test('serves answers and hits below its path, and nothing else of the app', async () => {
    const app = mounted();
    const question = `How do I reset my password in ${name}?`;
    const first = await app.post('/v1/chat/completions').send(ask(question));
    expect([first.status, first.headers['x-nearhit-cache']]).toEqual([200, 'miss']);
    const again = await app.post('/v1/chat/completions').send(ask(question));
    expect([again.status, again.headers['x-nearhit-cache']]).toEqual([200, 'hit']);
    expect(again.body.choices).toEqual(first.body.choices);
    const stream = await app.post('/v1/chat/completions').send(ask(question, { stream: true }));
    expect(stream.text).toMatch(/^data: \{.*\n\n[\s\S]*data: \[DONE\]\n\n$/);
    expect((await app.get('/v1/models')).body.data).toContainEqual(expect.objectContaining({ id: 'demo' }));
    expect((await app.get('/')).text).toBe('the app’s own');
    expect((await app.get('/elsewhere')).text).toBe('the app’s 404');
    expect((await app.get('/nearhit/healthz')).status).toBe(200);
    expect((await app.get('/nearhit/metrics')).text).toContain('nearhit_');
  });

  test('answers in its own words where there is nothing, and where a request is wrong', async () => {
    const app = mounted();
    expect((await app.get('/v1/nothing')).body.error).toMatchObject({ code: 'not_found' });
    const wrong = await app.post('/v1/chat/completions').set('content-type', 'application/json').send('{"model":');
    expect([wrong.status, wrong.body.error.code]).toEqual([400, 'invalid_json']);
  });

  test('takes what the app’s own parser has read before', async () => {
    const app = framework();
    app.use(express.json(), express.text(), express.raw({ type: 'application/vnd+json' }));
    app.use('/v1', gateway);
    const sent = ask('Which parser was first?');
    const json = await request(app).post('/v1/chat/completions').send(sent);
    expect(json.status).toBe(200);
    const raw = await request(app).post('/v1/chat/completions').type('application/vnd+json').send(JSON.stringify(sent));
    expect([raw.status, raw.headers['x-nearhit-cache']]).toEqual([200, 'hit']);
  });

  test('says so when somebody has read the body and left nothing', async () => {
    const app = framework();
    app.use((req, _res, next) => void req.resume().on('end', next));
    app.use('/v1', gateway);
    const { status, body } = await request(app).post('/v1/chat/completions').send(ask('Who took it?'));
    expect([status, body.error.message]).toEqual([400, expect.stringMatching(/read before/)]);
  });

  test('has its admin plane behind the token', async () => {
    const app = mounted();
    expect((await app.get('/admin/v1/policies')).status).toBe(401);
    const bearer = `Bearer ${token}`;
    expect((await app.get('/admin/v1/policies').set('authorization', bearer)).status).toBe(200);
    expect((await app.get('/dashboard/')).text).toContain('<div id="root"');
    const login = await app.post('/dashboard/session').send({ token });
    const [cookie = ''] = (login.headers['set-cookie'] as unknown as string[] | undefined) ?? [];
    expect((await app.get('/admin/v1/policies').set('cookie', cookie.split(';')[0] ?? '')).status).toBe(200);
    const put = app.put('/admin/v1/policies/team').set('authorization', bearer).send({ threshold: 0.93 });
    expect((await put).body).toMatchObject({ threshold: 0.93 });
  });
});

describe('nearhit()', () => {
  test('serves a bare node:http server', async () => {
    const server = createServer((req, res) => {
      req.url = req.url?.replace(/^\/llm/, '');
      gateway(req, res, () => res.writeHead(404).end());
    });
    const { status } = await request(server).post('/llm/chat/completions').send(ask('Who needs Express?'));
    expect(status).toBe(200);
  });

  test('refuses a wrong configuration when it is made, with the place', () => {
    expect(() => nearhit({ config: { policies: { default: { threshold: 2 } } }, env: {} })).toThrow(
      /policies\.default\.threshold/,
    );
    expect(() => nearhit({ config: 'polices: {}', env: {} })).toThrow(/polices/);
  });

  test('wants keys unless the app says that it need not', async () => {
    const other = mkdtempSync(join(tmpdir(), 'nearhit-middleware-'));
    const guarded = nearhit({
      config: { providers: [{ id: 'demo', kind: 'demo' }] },
      dataDir: other,
      env: {},
      log: false,
    });
    try {
      const app = express().use('/v1', guarded);
      const { status, body } = await request(app).post('/v1/chat/completions').send(ask('May I?'));
      expect([status, body.error.code]).toEqual([401, 'invalid_api_key']);
      expect(readdirSync(other)).toContain('admin-token');
    } finally {
      await guarded.close();
      rmSync(other, { recursive: true, force: true });
    }
  });

  test('says at each request why it could not open', async () => {
    const taken = nearhit({ config, dataDir: join(dir, 'admin-token', 'no-folder'), env: {}, log: false });
    await expect(taken.ready).rejects.toThrow();
    const app = express().use('/v1', taken);
    app.use(((error, _req, res, _next) => void res.status(503).send(error.message)) as express.ErrorRequestHandler);
    expect((await request(app).post('/v1/chat/completions').send(ask('Anybody?'))).status).toBe(503);
    await taken.close();
  });
});
