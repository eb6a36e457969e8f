import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { Router } from 'express';
import { fits } from '../../test/fits.ts';
import { house, TOKEN } from '../../test/house.ts';
import { closeAll, start } from '../../test/start.ts';
import { createAdminRouter } from './router.ts';
import * as schemas from './schemas.ts';

afterEach(closeAll);

describe('the token', () => {
  test.each([
    ['no header', undefined],
    ['another token', 'Bearer the-admin-tokem'],
    ['the beginning of it', 'Bearer the-admin'],
    ['more than it', `Bearer ${TOKEN}x`],
    ['another scheme', `Basic ${TOKEN}`],
    ['nothing after the scheme', 'Bearer '],
  ])('%s: 401 in OpenAI’s shape', async (_what, authorization) => {
    const { call } = await start();
    for (const path of ['/admin/v1/policies', '/admin/v1/nowhere']) {
      const ask = call.get(path);
      const answer = await (authorization === undefined ? ask : ask.set('authorization', authorization));
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
      fits(schemas.errorAnswer, answer.body);
      expect(answer.body.error).toMatchObject({ type: 'authentication_error', code: 'invalid_api_key' });
      expect(answer.text).not.toContain(TOKEN);
    }
  });

  test('lets in, whatever the case of the scheme', async () => {
    const { call } = await start();
    expect((await call.get('/admin/v1/policies').set('authorization', `bearer ${TOKEN}`)).status).toBe(200);
  });

  test('may not be empty', () => {
    const { deps } = house();
    const { upstream, log } = deps;
    expect(() => createAdminRouter({ ...deps.admin, upstream, log, readiness: deps.readiness, token: '' })).toThrow(
      'empty',
    );
  });

  test('known, an unknown path is 404 and an unknown method 405', async () => {
    const { admin } = await start();
    expect((await admin('get', '/nowhere')).status).toBe(404);
    const answer = await admin('delete', '/stats');
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
    expect(answer.headers['cache-control']).toBe('no-store');
  });
});

describe('the OpenAPI document', () => {
  test('is valid OpenAPI 3.1 and needs no token', async () => {
    const { call } = await start();
    const { status, body } = await call.get('/admin/v1/openapi.json');
    expect(status).toBe(200);
    expect(body.openapi).toBe('3.1.0');
    const result = await new Validator().validate(body);
    expect(result).toMatchObject({ valid: true });
  });

  test('has exactly the router’s routes', async () => {
    const { deps } = house();
    const { upstream, log } = deps;
    const router = createAdminRouter({ ...deps.admin, upstream, log, readiness: deps.readiness });
    const { call } = await start();
    const { body } = await call.get('/admin/v1/openapi.json');
    const here = Object.entries(body.paths as Record<string, object>).filter(([path]) => path !== '/dashboard/session');
    const documented = here.flatMap(([path, item]) => Object.keys(item).map((method) => `${method} ${path}`));
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

  test('and docs/admin-api.md name the same calls', async () => {
    const docs = await readFile(new URL('../../../../docs/admin-api.md', import.meta.url), 'utf8');
    const { body } = await (await start()).call.get('/admin/v1/openapi.json');
    const calls = Object.entries(body.paths as Record<string, object>).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const told = [...docs.matchAll(/^\| `([A-Z]+ \/\S+)` \|/gm)].map(([, call]) => call);
    expect(told.sort()).toEqual(calls.sort());
  });

  test('says what the schemas say', async () => {
    const { call } = await start();
    const { paths } = (await call.get('/admin/v1/openapi.json')).body;
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
