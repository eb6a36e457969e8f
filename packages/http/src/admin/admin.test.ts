import type { Server } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { DecisionRecord } from '@nearhit/core';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { Router } from 'express';
import request from 'supertest';
import type { z } from 'zod';
import { entry, house, listen, NOW_MS, TOKEN } from '../../test/house.ts';
import { createApp } from '../app.ts';
import { closeServer, createServer } from '../server.ts';
import { createAdminRouter } from './router.ts';
import * as schemas from './schemas.ts';

const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => closeServer(server, 0)));
});

type Method = 'get' | 'put' | 'post' | 'patch' | 'delete';

async function start() {
  const parts = house();
  const server = createServer(createApp(parts.deps));
  servers.push(server);
  const url = await listen(server);
  const bare = request(url);
  const call = (method: Method, path: string) =>
    bare[method](`/admin/v1${path}`).set('authorization', `Bearer ${TOKEN}`);
  return { ...parts, url, bare, call };
}

/** The answer is all that the schema promises, and nothing beside it. */
function fits(schema: z.ZodType, body: unknown): void {
  expect(schema.parse(body)).toEqual(body);
}

const decision = (changes: Partial<DecisionRecord> = {}): DecisionRecord => ({
  requestId: 'r',
  atMs: NOW_MS,
  tenant: 'default',
  namespace: 'default',
  model: 'm',
  outcome: 'miss',
  reason: 'below-threshold',
  similarity: 0.81,
  threshold: 0.9,
  candidate: { entryId: entry(1).id, query: 'Question 1?' },
  query: 'q',
  stream: false,
  status: 200,
  usage: { promptTokens: 10, completionTokens: 20 },
  costUsd: 0.5,
  savedUsd: 0,
  latencyMs: 120,
  firstByteMs: 50,
  overheadMs: 0.3,
  ...changes,
});

describe('the token', () => {
  test.each([
    ['no header', undefined],
    ['another token', 'Bearer the-admin-tokem'],
    ['the beginning of it', 'Bearer the-admin'],
    ['more than it', `Bearer ${TOKEN}x`],
    ['another scheme', `Basic ${TOKEN}`],
    ['nothing after the scheme', 'Bearer '],
  ])('%s: 401 in OpenAI’s shape', async (_what, authorization) => {
    const { bare } = await start();
    for (const path of ['/admin/v1/policies', '/admin/v1/nowhere']) {
      const ask = bare.get(path);
      const answer = await (authorization === undefined ? ask : ask.set('authorization', authorization));
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
      fits(schemas.errorAnswer, answer.body);
      expect(answer.body.error).toMatchObject({ type: 'authentication_error', code: 'invalid_api_key' });
      expect(answer.text).not.toContain(TOKEN);
    }
  });

  test('lets in, whatever the case of the scheme', async () => {
    const { bare } = await start();
    expect((await bare.get('/admin/v1/policies').set('authorization', `bearer ${TOKEN}`)).status).toBe(200);
  });

  test('may not be empty', () => {
    const { deps } = house();
    const { upstream, log } = deps;
    expect(() => createAdminRouter({ ...deps.admin, upstream, log, token: '' })).toThrow('empty');
  });

  test('known, an unknown path is 404 and an unknown method 405', async () => {
    const { call } = await start();
    expect((await call('get', '/nowhere')).status).toBe(404);
    const answer = await call('delete', '/stats');
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
    expect(answer.headers['cache-control']).toBe('no-store');
  });
});

describe('policies', () => {
  test('inherit field by field, and say from where', async () => {
    const { call } = await start();
    await call('put', '/policies/support').send({ threshold: 0.93 }).expect(200);
    const answer = await call('put', '/policies/support/meta-llama%2FLlama-3').send({ guard: 'strict' });
    expect(answer.status).toBe(200);
    fits(schemas.policyAnswer, answer.body);
    expect(answer.body).toMatchObject({
      namespace: 'support',
      model: 'meta-llama/Llama-3',
      threshold: 0.93,
      guard: 'strict',
      ttlSeconds: 600,
      mode: 'on',
      own: { guard: 'strict' },
      origin: {
        threshold: 'admin:support',
        guard: 'admin:support/meta-llama/Llama-3',
        ttlSeconds: 'file:default',
        mode: 'built-in',
      },
    });
    const plain = await call('get', '/policies/support/meta-llama/Llama-3');
    expect(plain.body).toEqual(answer.body);
    const list = await call('get', '/policies');
    fits(schemas.policiesAnswer, list.body);
    expect(list.body.policies.map((p: schemas.PolicyAnswer) => [p.namespace, p.model])).toEqual([
      ['default', null],
      ['support', null],
      ['support', 'meta-llama/Llama-3'],
    ]);
  });

  test('PUT replaces, PATCH changes, null in PATCH removes, DELETE forgets', async () => {
    const { call, policies } = await start();
    await call('put', '/policies/a').send({ threshold: 0.8, mode: 'shadow' });
    await call('patch', '/policies/a').send({ threshold: null, semantic: false });
    expect(policies.own('a')).toEqual({ mode: 'shadow', semantic: false });
    const put = await call('put', '/policies/a').send({ guard: 'off' });
    expect(put.body.own).toEqual({ guard: 'off' });
    expect((await call('delete', '/policies/a')).status).toBe(204);
    const gone = await call('get', '/policies/a');
    expect([gone.body.own, gone.body.guard]).toEqual([{}, 'standard']);
    expect((await call('delete', '/policies/a')).status).toBe(404);
    expect((await call('delete', '/policies/a/b')).status).toBe(404);
  });

  test('take entriesMax and bytesMax for maxEntries and maxBytes', async () => {
    const { call } = await start();
    const put = await call('put', '/policies/a').send({ entriesMax: 10, bytesMax: 4096 });
    expect(put.body).toMatchObject({ maxEntries: 10, maxBytes: 4096, own: { maxEntries: 10, maxBytes: 4096 } });
    const patch = await call('patch', '/policies/a').send({ entriesMax: null });
    expect(patch.body.own).toEqual({ maxBytes: 4096 });
  });

  test.each([
    [{ threshold: -0.1 }, 'threshold', />=0/],
    [{ threshold: 1.01 }, 'threshold', /<=1/],
    [{ threshold: '0.9' }, 'threshold', /expected number/],
    [{ threshold: null }, 'threshold', /expected number/],
    [{ ttlSeconds: 1.5 }, 'ttlSeconds', /int/],
    [{ guard: 'lax' }, 'guard', /"off"/],
    [{ tresholt: 0.9 }, 'tresholt', /unknown 'tresholt' \(known: threshold, /],
    [{ __proto_: 1 }, '__proto_', /unknown/],
    [[], 'body', /expected object/],
    ['text', 'body', /expected object/],
  ])('refuse %j', async (body, param, message) => {
    const { call, policyStore } = await start();
    const answer = await call('put', '/policies/a').set('content-type', 'application/json').send(JSON.stringify(body));
    expect([answer.status, answer.body.error.param]).toEqual([400, param]);
    expect(answer.body.error.message).toMatch(message);
    expect(policyStore.records).toEqual([]);
  });

  test.each(['{"threshold": NaN}', '{"threshold": Infinity}', '{threshold: 1}', '', '{'])(
    'refuse the text %j',
    async (text) => {
      const { call } = await start();
      const answer = await call('put', '/policies/a').set('content-type', 'application/json').send(text);
      expect([answer.status, answer.body.error.code]).toEqual([400, 'invalid_json']);
    },
  );

  test('refuse a number beyond what a number can hold', async () => {
    const { call } = await start();
    const answer = await call('put', '/policies/a').set('content-type', 'application/json').send('{"threshold":1e999}');
    expect([answer.status, answer.body.error.param]).toEqual([400, 'threshold']);
  });

  test('name every fault at once, path and body alike', async () => {
    const { call } = await start();
    const answer = await call('put', '/policies/bad%20name').send({ threshold: 2, guard: 'lax', extra: 1 });
    expect(answer.status).toBe(400);
    for (const word of ['namespace', 'threshold', 'guard', 'extra'])
      expect(answer.body.error.message).toContain(`'${word}'`);
  });

  test.each(['a%20b', 'a%2Fb', '%00', 'x'.repeat(129), '%F0%9F%98%80'])(
    'refuse the namespace %s',
    async (namespace) => {
      const { call } = await start();
      const answer = await call('get', `/policies/${namespace}`);
      expect([answer.status, answer.body.error.param]).toEqual([400, 'namespace']);
    },
  );

  test.each(['%00', 'a%0Ab', 'x'.repeat(257)])('refuse the model %s', async (model) => {
    const { call } = await start();
    const answer = await call('get', `/policies/a/${model}`);
    expect([answer.status, answer.body.error.param]).toEqual([400, 'model']);
  });

  test('refuse another content type', async () => {
    const { call } = await start();
    const answer = await call('put', '/policies/a').set('content-type', 'text/yaml').send('threshold: 0.9');
    expect(answer.status).toBe(415);
  });

  test('names that objects have by nature are names like others', async () => {
    const { call } = await start();
    for (const name of ['constructor', '__proto__', 'toString']) {
      await call('put', `/policies/${name}/${name}`).send({ threshold: 0.5 }).expect(200);
      expect((await call('get', `/policies/${name}/${name}`)).body.threshold).toBe(0.5);
    }
    expect((await call('get', '/policies/other')).body.threshold).toBe(0.9);
  });
});

describe('stats', () => {
  test('count, with what is stored beside it', async () => {
    const { call, stats } = await start();
    stats.record(decision());
    stats.record(decision({ namespace: 'support', outcome: 'hit', layer: 'semantic', costUsd: 0, savedUsd: 0.1 }));
    const all = await call('get', '/stats?window=5m');
    expect(all.status).toBe(200);
    fits(schemas.statsAnswer, all.body);
    expect(all.body).toMatchObject({
      window: '5m',
      requests: 2,
      hits: 1,
      misses: 1,
      hitRate: 0.5,
      entries: 5,
      bytes: 500,
    });
    const one = await call('get', '/stats?window=24h&namespace=support&model=');
    expect(one.body).toMatchObject({ requests: 1, namespace: 'support', model: null, entries: 2, bytes: 200 });
    expect((await call('get', '/stats')).body.window).toBe('1h');
  });

  test.each(['window=2h', 'namespace=a%20b', 'since=1', 'window=5m&window=1h'])('refuse %s', async (query) => {
    const { call } = await start();
    const answer = await call('get', `/stats?${query}`);
    expect([answer.status, answer.body.error.type]).toEqual([400, 'invalid_request_error']);
  });
});

describe('decisions', () => {
  test('are paged and filtered, near misses with their candidate', async () => {
    const { call, stats } = await start();
    for (let i = 0; i < 5; i += 1) stats.record(decision({ requestId: `r${i}`, namespace: i < 4 ? 'default' : 'b' }));
    const first = await call('get', '/decisions?outcome=miss&namespace=default&limit=3');
    fits(schemas.decisionsAnswer, first.body);
    expect(first.body.decisions.map((d: DecisionRecord) => d.requestId)).toEqual(['r3', 'r2', 'r1']);
    expect(first.body.decisions[0].candidate).toEqual({ entryId: entry(1).id, query: 'Question 1?' });
    const next = await call('get', `/decisions?outcome=miss&namespace=default&limit=3&cursor=${first.body.cursor}`);
    expect(next.body.decisions.map((d: DecisionRecord) => d.requestId)).toEqual(['r0']);
    expect(next.body.cursor).toBeUndefined();
  });

  test.each(['outcome=maybe', 'limit=0', 'limit=1001', 'limit=ten', 'limit=1.5', 'limit=-1', 'cursor=!!', 'page=2'])(
    'refuse %s',
    async (query) => {
      const { call } = await start();
      const answer = await call('get', `/decisions?${query}`);
      expect([answer.status, answer.body.error.param]).toEqual([400, query.split('=')[0]]);
    },
  );
});

describe('entries', () => {
  test('are listed without, and shown with their answers', async () => {
    const { call, store } = await start();
    store.entries.push(entry(4, { scope: { ...entry(4).scope, namespace: 'support' }, expiresAtMs: NOW_MS }));
    const list = await call('get', '/entries?limit=2');
    fits(schemas.entriesAnswer, list.body);
    expect(list.body.entries).toHaveLength(2);
    expect(list.text).not.toContain('chat.completion');
    const rest = await call('get', `/entries?limit=2&cursor=${list.body.cursor}`);
    expect(rest.body.entries.map((e: schemas.EntrySummary) => [e.query, e.expired])).toEqual([
      ['Question 3?', false],
      ['Question 4?', true],
    ]);
    expect((await call('get', '/entries?namespace=support')).body.entries).toHaveLength(1);
    expect((await call('get', '/entries?tag=doc:2')).body.entries).toHaveLength(1);
    expect((await call('get', '/entries?text=QUESTION%203')).body.entries).toHaveLength(1);
    const one = await call('get', `/entries/${entry(1).id}`);
    fits(schemas.entryAnswer, one.body);
    expect(one.body).toMatchObject({
      query: 'Question 1?',
      answer: { id: 'a1' },
      embeddingModel: null,
      embedded: false,
    });
  });

  test('are dropped one by one', async () => {
    const { call } = await start();
    expect((await call('delete', `/entries/${entry(1).id}`)).status).toBe(204);
    expect((await call('delete', `/entries/${entry(1).id}`)).status).toBe(404);
    expect((await call('get', `/entries/${entry(1).id}`)).status).toBe(404);
  });

  test.each(['nonsense', 'F'.repeat(64), '../policies'])('refuse the id %s', async (id) => {
    const { call } = await start();
    expect((await call('get', `/entries/${encodeURIComponent(id)}`)).status).toBe(400);
  });

  test.each(['limit=0', 'cursor=garbage', 'namespace=%20', 'color=red'])('refuse the query %s', async (query) => {
    const { call } = await start();
    const answer = await call('get', `/entries?${query}`);
    expect([answer.status, answer.body.error.param]).toEqual([400, query.split('=')[0]]);
  });
});

describe('invalidate', () => {
  test('reports first, drops when told to', async () => {
    const { call, store } = await start();
    const dry = await call('post', '/invalidate').send({ tags: ['doc:2'] });
    fits(schemas.invalidateAnswer, dry.body);
    expect(dry.body).toEqual({ dryRun: true, matched: 1, deleted: 0, ids: [entry(2).id] });
    expect(store.entries).toHaveLength(3);
    const wet = await call('post', '/invalidate').send({ tags: ['doc:2'], dryRun: false });
    expect(wet.body).toMatchObject({ dryRun: false, matched: 1, deleted: 1 });
    expect(store.entries).toHaveLength(2);
  });

  test('hands every criterion on', async () => {
    const { call, cache } = await start();
    await call('post', '/invalidate').send({
      tags: ['a'],
      namespace: 'n',
      model: 'm',
      context: { id: '42', versionBelow: 4 },
      prefix: 'How',
      text: 'refund',
      olderThanSeconds: 60,
    });
    await call('post', '/invalidate').send({ age: 2 });
    expect(cache.filters).toEqual([
      {
        tags: ['a'],
        namespace: 'n',
        model: 'm',
        context: { id: '42', versionBelow: 4 },
        prefix: 'How',
        text: 'refund',
        createdBeforeMs: NOW_MS - 60_000,
      },
      { createdBeforeMs: NOW_MS - 2000 },
    ]);
  });

  test.each([
    [{}, /at least one/],
    [{ dryRun: false }, /at least one/],
    [{ tags: [] }, /tags/],
    [{ tags: 'doc:42' }, /expected array/],
    [{ tag: 'doc:42' }, /unknown 'tag' \(known: tags, /],
    [{ context: { id: 42 } }, /'context\.id'/],
    [{ context: { id: '42', version: 4 } }, /unknown 'context\.version'/],
    [{ age: -1 }, /age/],
    [{ tags: ['a'], dryRun: 'no' }, /dryRun/],
  ])('refuses %j and drops nothing', async (body, message) => {
    const { call, store, cache } = await start();
    const answer = await call('post', '/invalidate').send(body);
    expect(answer.status).toBe(400);
    expect(answer.body.error.message).toMatch(message);
    expect([store.entries.length, cache.filters]).toEqual([3, []]);
  });
});

describe('the rest', () => {
  test('explain hands on body and headers, and refuses as the data plane does', async () => {
    const { call } = await start();
    const answer = await call('post', '/explain').set('x-nearhit-threshold', '0.7').send({ model: 'm', messages: [] });
    expect([answer.status, answer.body]).toEqual([200, { decision: { kind: 'miss' }, threshold: '0.7' }]);
    expect((await call('post', '/explain').send({ model: 'm' })).status).toBe(400);
    expect((await call('post', '/explain').set('content-type', 'text/plain').send('x')).status).toBe(415);
  });

  test('flush waits for the writes', async () => {
    const { call, cache } = await start();
    const answer = await call('post', '/flush');
    fits(schemas.flushAnswer, answer.body);
    expect(cache.flushes).toBe(1);
  });

  test('providers and models', async () => {
    const { call } = await start();
    const providers = await call('get', '/providers');
    fits(schemas.providersAnswer, providers.body);
    expect(providers.body.providers[0]).toMatchObject({ id: 'main', requests: 3, errors: 1 });
    const models = await call('get', '/models');
    fits(schemas.modelsAnswer, models.body);
    expect(models.body.models.map((m: { price: unknown }) => m.price)).toEqual([
      { inputUsdPerMTok: 2.5, outputUsdPerMTok: 10 },
      null,
    ]);
  });

  test('calls without parameters refuse those they do not know', async () => {
    const { call } = await start();
    expect((await call('get', '/policies?verbose=1')).status).toBe(400);
    expect((await call('post', '/flush?now=1')).status).toBe(400);
  });
});

describe('the OpenAPI document', () => {
  test('is valid OpenAPI 3.1 and needs no token', async () => {
    const { bare } = await start();
    const { status, body } = await bare.get('/admin/v1/openapi.json');
    expect(status).toBe(200);
    expect(body.openapi).toBe('3.1.0');
    const result = await new Validator().validate(body);
    expect(result).toMatchObject({ valid: true });
  });

  test('has exactly the router’s routes', async () => {
    const { deps } = house();
    const { upstream, log } = deps;
    const router = createAdminRouter({ ...deps.admin, upstream, log });
    const { bare } = await start();
    const { body } = await bare.get('/admin/v1/openapi.json');
    const documented = Object.entries(body.paths as Record<string, object>).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    );
    expect(documented.sort()).toEqual(
      routesOf(router)
        .filter((route) => route !== 'get /openapi.json')
        .sort(),
    );
    const ids = Object.values(body.paths as Record<string, Record<string, { operationId: string }>>).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('says what the schemas say', async () => {
    const { bare } = await start();
    const { paths } = (await bare.get('/admin/v1/openapi.json')).body;
    const limit = paths['/decisions'].get.parameters.find((p: { name: string }) => p.name === 'limit');
    expect(limit).toMatchObject({
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 1000, default: 50 },
    });
    expect(paths['/policies/{namespace}/{model}'].put.parameters).toMatchObject([
      { name: 'namespace', in: 'path', required: true },
      { name: 'model', in: 'path', required: true },
    ]);
    const put = paths['/policies/{namespace}'].put.requestBody.content['application/json'].schema;
    expect(put).toMatchObject({
      additionalProperties: false,
      properties: { threshold: { type: 'number', minimum: 0, maximum: 1 } },
    });
    expect(paths['/entries/{id}'].delete.responses).toHaveProperty('204');
  });
});

interface Layer {
  readonly handle: { readonly stack?: Layer[] };
  readonly route?: { readonly path: string; readonly methods: Record<string, boolean> };
}

/** What express itself has been told, written as OpenAPI writes paths. */
function routesOf(router: Router): string[] {
  const walk = (layers: readonly Layer[]): string[] =>
    layers.flatMap(({ route, handle }) => {
      if (route === undefined) return walk(handle.stack ?? []);
      const path = route.path.replaceAll(/[:*](\w+)/g, '{$1}');
      return Object.keys(route.methods)
        .filter((method) => method !== '_all')
        .map((method) => `${method} ${path}`);
    });
  return walk(router.stack as unknown as Layer[]);
}
