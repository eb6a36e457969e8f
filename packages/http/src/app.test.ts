import { afterEach, describe, expect, test } from '@jest/globals';
import { ANYONE, NearhitError } from '@nearhit/core';
import { closeAll, start } from '../test/start.ts';

afterEach(closeAll);

describe('every answer', () => {
  test('carries the request id that came, when it is sane', async () => {
    const { call } = await start();
    for (const id of ['abc-123', 'x'.repeat(200), 'a/b:c']) {
      expect((await call.get('/healthz').set('x-request-id', id)).headers['x-request-id']).toBe(id);
    }
    const made = new Set<string>();
    for (const id of ['x'.repeat(201), 'two words', '', 'caf\xe9']) {
      const answer = await call.get('/healthz').set('x-request-id', id);
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      made.add(answer.headers['x-request-id'] as string);
    }
    expect(made.size).toBe(4);
    const refused = await call.get('/nowhere').set('x-request-id', 'mine');
    expect(refused.headers['x-request-id']).toBe('mine');
  });

  test('says nothing about what it was made with', async () => {
    const { call } = await start();
    expect((await call.get('/healthz')).headers['x-powered-by']).toBeUndefined();
  });
});

describe('errors', () => {
  test('an unknown path gets 404 in OpenAI’s shape', async () => {
    const { call } = await start();
    const answer = await call.get('/v1/nothing');
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({
      error: {
        message: 'There is nothing at GET /v1/nothing.',
        type: 'invalid_request_error',
        param: null,
        code: 'not_found',
      },
    });
  });

  test.each([
    ['get', '/v1/messages/batches'],
    ['post', '/nobody/v1/messages?beta=true'],
  ] as const)('%s %s gets 404 in Anthropic’s shape', async (method, path) => {
    const { call } = await start();
    const answer = await call[method](path);
    expect(answer.status).toBe(404);
    const error = { type: 'not_found_error', message: expect.any(String), code: 'not_found' };
    expect(answer.body).toEqual({ type: 'error', error });
  });

  test('and what only begins like it in OpenAI’s', async () => {
    const { call } = await start();
    expect((await call.get('/v1/messages-of-mine')).body).toMatchObject({ error: { code: 'not_found' } });
    expect((await call.get('/v1/messages-of-mine')).body).not.toHaveProperty('type');
  });

  test.each([
    ['get', '/v1/chat/completions', 'POST, OPTIONS'],
    ['delete', '/v1/embeddings', 'POST, OPTIONS'],
    ['post', '/v1/models', 'GET, HEAD, OPTIONS'],
    ['put', '/v1/models/gpt-4o', 'GET, HEAD, OPTIONS'],
    ['post', '/metrics', 'GET, HEAD, OPTIONS'],
  ] as const)('%s %s gets 405 with Allow', async (method, path, allow) => {
    const { call } = await start();
    const answer = await call[method](path);
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe(allow);
    expect(answer.body.error.code).toBe('method_not_allowed');
  });

  test('OPTIONS tells what is allowed, HEAD answers as GET without a body', async () => {
    const { call } = await start();
    const options = await call.options('/v1/models');
    expect([options.status, options.headers.allow]).toEqual([204, 'GET, HEAD, OPTIONS']);
    const head = await call.head('/v1/models');
    expect(head.status).toBe(200);
    expect(Number(head.headers['content-length'])).toBeGreaterThan(50);
  });

  test('a path that is not correctly encoded gets 400', async () => {
    const { call } = await start();
    const answer = await call.get('/v1/models/%E0%A4%A');
    expect(answer.status).toBe(400);
    expect(answer.body.error.message).toMatch(/percent-encoded/);
  });

  test('what nobody expected gets 500 without its detail, which is logged under the request id', async () => {
    const readiness = () => {
      throw new Error('secret of the house');
    };
    const { call, lines } = await start({ readiness });
    const answer = await call.get('/readyz').set('x-request-id', 'r1');
    expect(answer.status).toBe(500);
    expect(answer.body.error).toMatchObject({ type: 'server_error', code: 'internal_error' });
    expect(answer.text).not.toMatch(/secret|\.ts|node_modules/);
    expect(lines).toMatchObject([
      { level: 'error', detail: { requestId: 'r1', err: { message: 'secret of the house' } } },
    ]);
  });

  test('what is busy says when to come back', async () => {
    const readiness = () => {
      throw new NearhitError('EMBEDDER_BUSY', 'The embedder is busy.');
    };
    const { call } = await start({ readiness });
    const answer = await call.get('/readyz');
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
  });
});

describe('operations', () => {
  test('readiness tells ready, degraded and not ready apart', async () => {
    const { call, state } = await start();
    expect((await call.get('/readyz')).body).toEqual({ status: 'ready', ready: true, degraded: [] });
    state.readiness = { ready: true, degraded: ['embedder'] };
    const degraded = await call.get('/readyz');
    expect([degraded.status, degraded.body]).toEqual([
      200,
      { status: 'degraded', ready: true, degraded: ['embedder'] },
    ]);
    state.readiness = { ready: false, degraded: ['store'] };
    const down = await call.get('/readyz');
    expect([down.status, down.body.status]).toEqual([503, 'not-ready']);
  });

  test('metrics are served as Prometheus reads them', async () => {
    const { call } = await start();
    const answer = await call.get('/metrics');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(answer.text).toMatch(/# TYPE nearhit_requests_total counter/);
  });
});

describe('/v1/models', () => {
  test('lists the upstreams’ models and the local one', async () => {
    const { call } = await start();
    const { status, body } = await call.get('/v1/models');
    expect(status).toBe(200);
    expect(body).toEqual({
      object: 'list',
      data: [
        { id: 'gpt-4o', object: 'model', created: 1_700_000_000, owned_by: 'main' },
        { id: 'meta-llama/Llama-3.1-8B', object: 'model', created: 1_710_000_000, owned_by: 'other' },
        { id: 'tiny-embedder', object: 'model', created: 0, owned_by: 'nearhit' },
      ],
    });
  });

  test.each(['gpt-4o', 'meta-llama/Llama-3.1-8B', 'meta-llama%2FLlama-3.1-8B', 'tiny-embedder'])(
    'finds %s',
    async (id) => {
      const { call } = await start();
      const { status, body } = await call.get(`/v1/models/${id}`);
      expect([status, body.id]).toEqual([200, decodeURIComponent(id)]);
    },
  );

  test('an unknown one gets 404 model_not_found', async () => {
    const { call } = await start();
    const { status, body } = await call.get('/v1/models/gpt-9/x');
    expect(status).toBe(404);
    expect(body.error).toMatchObject({ code: 'model_not_found', param: 'model' });
    expect(body.error.message).toMatch(/gpt-9\/x.*gpt-4o/);
  });

  test('is refused to callers who may not ask', async () => {
    const authorize = (credential: string | undefined) => {
      if (credential !== 'k') throw new NearhitError('UNAUTHORIZED', 'no');
      return { ...ANYONE, credential };
    };
    const { call } = await start({ authorize });
    expect((await call.get('/v1/models')).status).toBe(401);
    expect((await call.post('/v1/embeddings').send({})).status).toBe(401);
    expect((await call.get('/v1/models').set('authorization', 'bearer k')).status).toBe(200);
  });
});
