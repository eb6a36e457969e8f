import { afterEach, describe, expect, test } from '@jest/globals';
import { NOW_MS } from '../../test/entry.ts';
import { fits } from '../../test/fits.ts';
import { closeAll, start } from '../../test/start.ts';
import * as schemas from './key-schemas.ts';

afterEach(closeAll);

async function startWithKeys() {
  const parts = await start();
  const create = async (body: object) => (await parts.admin('post', '/keys').send(body).expect(200)).body;
  return { ...parts, create };
}

describe('API keys', () => {
  test('are made, shown once with their secret, and never again', async () => {
    const { admin, create } = await startWithKeys();
    const made = await create({
      ...{ name: 'support bot', tenant: 'acme', models: ['gpt-4o*'], namespaces: ['support'], features: ['chat'] },
      ...{ rpm: 60, tpm: 10_000, concurrent: 4, budgetUsdDay: 0.5, budgetUsdMonth: 10, thresholdFloor: 0.9 },
      ...{ routing: { policy: 'cost' }, expiresAt: '2027-01-31T12:00:00+02:00', upstreamKeys: { openai: 'sk-theirs' } },
    });
    fits(schemas.madeKeyAnswer, made);
    const { key, ...rest } = made;
    expect(key).toBe('nh_secret1');
    expect(rest).toMatchObject({
      ...{ name: 'support bot', tenant: 'acme', status: 'active', models: ['gpt-4o*'], rpm: 60, budgetUsdMonth: 10 },
      ...{ expiresAt: '2027-01-31T10:00:00.000Z', upstreamKeys: ['openai'], revokedAt: null, graceUntil: null },
      use: { requestsThisMinute: 1.5, spentUsdDay: 0.25, reservedUsd: 0, inFlight: 2 },
    });
    const one = await admin('get', `/keys/${made.id}`).expect(200);
    fits(schemas.keyAnswer, one.body);
    expect(one.body).toEqual(rest);
    const list = await admin('get', '/keys').expect(200);
    fits(schemas.keysAnswer, list.body);
    expect(list.body).toEqual({ keys: [rest] });
    for (const text of [one.text, list.text]) expect(text).not.toMatch(/nh_secret|sk-theirs/);
  });

  test('that say nothing are limited by nothing', async () => {
    const { create } = await startWithKeys();
    expect(await create({ name: 'n' })).toMatchObject({
      ...{ tenant: 'default', models: null, namespaces: null, features: null, rpm: null, tpm: null },
      ...{ thresholdFloor: null, routing: null, expiresAt: null, upstreamKeys: [] },
      ...{ cacheRead: true, cacheWrite: true },
    });
  });

  test('that may not read or write the cache stay so until they may again', async () => {
    const { admin, create } = await startWithKeys();
    const made = await create({ name: 'n', models: ['a'], cacheRead: false, cacheWrite: false });
    expect(made).toMatchObject({ cacheRead: false, cacheWrite: false });
    const change = async (patch: object) => (await admin('patch', `/keys/${made.id}`).send(patch)).body;
    expect(await change({ rpm: 5 })).toMatchObject({ cacheRead: false, cacheWrite: false });
    expect(await change({ cacheRead: true })).toMatchObject({ cacheRead: true, cacheWrite: false, models: ['a'] });
    expect(await change({ cacheWrite: null })).toMatchObject({ cacheRead: true, cacheWrite: true });
  });

  test('are changed field by field; null takes a limit off', async () => {
    const { admin, create } = await startWithKeys();
    const { id } = await create({ name: 'n', rpm: 5, tpm: 7, models: ['a'], thresholdFloor: 0.9 });
    const changed = await admin('patch', `/keys/${id}`).send({
      rpm: null,
      concurrent: 2,
      models: null,
      namespaces: [],
    });
    fits(schemas.keyAnswer, changed.body);
    expect(changed.body).toMatchObject({
      rpm: null,
      tpm: 7,
      concurrent: 2,
      models: null,
      namespaces: [],
      thresholdFloor: 0.9,
    });
    const revoked = await admin('patch', `/keys/${id}`).send({ revoked: true, thresholdFloor: null });
    expect(revoked.body).toMatchObject({
      status: 'revoked',
      revokedAt: new Date(NOW_MS).toISOString(),
      thresholdFloor: null,
    });
    const expired = await create({ name: 'e' });
    const past = await admin('patch', `/keys/${expired.id}`).send({ expiresAt: '2001-01-01' });
    expect(past.body).toMatchObject({ status: 'expired', expiresAt: '2001-01-01T00:00:00.000Z' });
  });

  test('are rotated and deleted', async () => {
    const { admin, create } = await startWithKeys();
    const { id } = await create({ name: 'n' });
    const rotated = await admin('post', `/keys/${id}/rotate`).send({ graceSeconds: 60 }).expect(200);
    fits(schemas.madeKeyAnswer, rotated.body);
    expect(rotated.body).toMatchObject({ id, key: 'nh_secret2', graceUntil: new Date(NOW_MS + 60_000).toISOString() });
    const again = await admin('post', `/keys/${id}/rotate`).expect(200);
    expect(again.body).toMatchObject({ key: 'nh_secret3', graceUntil: null });
    await admin('delete', `/keys/${id}`).expect(204);
    for (const gone of [
      admin('delete', `/keys/${id}`),
      admin('get', `/keys/${id}`),
      admin('patch', `/keys/${id}`).send({}),
    ]) {
      const { status, body } = await gone;
      expect([status, body.error.code]).toEqual([404, 'not_found']);
    }
  });

  test('are listed by pages and by tenant', async () => {
    const { admin, create } = await startWithKeys();
    for (const n of [1, 2, 3]) await create({ name: `n${n}`, tenant: n === 2 ? 'b' : 'a' });
    const first = await admin('get', '/keys?limit=2').expect(200);
    const second = await admin('get', `/keys?limit=2&cursor=${first.body.cursor}`).expect(200);
    const names = ({ body }: typeof first) => body.keys.map(({ name }: { name: string }) => name);
    expect([names(first), names(second), second.body.cursor]).toEqual([['n3', 'n2'], ['n1'], undefined]);
    expect(names(await admin('get', '/keys?tenant=b'))).toEqual(['n2']);
  });

  test.each([
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: 'a\nb' }, 'name'],
    [{ name: 'n', rpm: -1 }, 'rpm'],
    [{ name: 'n', rpm: 1.5 }, 'rpm'],
    [{ name: 'n', tpm: '5' }, 'tpm'],
    [{ name: 'n', budgetUsdDay: -0.01 }, 'budgetUsdDay'],
    [{ name: 'n', budgetUsdMonth: null }, 'budgetUsdMonth'],
    [{ name: 'n', thresholdFloor: 1.1 }, 'thresholdFloor'],
    [{ name: 'n', cacheWrite: 'no' }, 'cacheWrite'],
    [{ name: 'n', namespaces: ['a b'] }, 'namespaces[0]'],
    [{ name: 'n', features: ['everything'] }, 'features[0]'],
    [{ name: 'n', models: 'gpt-4o' }, 'models'],
    [{ name: 'n', expiresAt: 'tomorrow' }, 'expiresAt'],
    [{ name: 'n', expiresAt: '2001-01-01' }, 'expiresAt'],
    [{ name: 'n', upstreamKeys: { openai: 'a b' } }, 'upstreamKeys.openai'],
    [{ name: 'n', routing: { policy: 'best' } }, 'routing.policy'],
    [{ name: 'n', key: 'nh_mine' }, 'key'],
    [[], 'body'],
  ])('refuse %j', async (body, param) => {
    const { admin, keys } = await startWithKeys();
    const answer = await admin('post', '/keys').send(body);
    expect([answer.status, answer.body.error.param]).toEqual([400, param]);
    expect(keys.records).toEqual([]);
  });

  test.each([{ tenant: 'b' }, { revoked: false }, { id: 'x' }])('can’t be changed by %j', async (body) => {
    const { admin, create } = await startWithKeys();
    const { id } = await create({ name: 'n' });
    expect((await admin('patch', `/keys/${id}`).send(body)).status).toBe(400);
  });

  test('need the admin token', async () => {
    const { call } = await startWithKeys();
    for (const path of ['/keys', '/keys/key_1', '/tenants'])
      expect((await call.get(`/admin/v1${path}`)).status).toBe(401);
  });
});

describe('tenants', () => {
  test('show what is in force, what is set here, and what is used', async () => {
    const { admin } = await startWithKeys();
    const put = await admin('put', '/tenants/acme%2Feu').send({
      tpm: null,
      concurrent: 3,
      routing: { policy: 'cost' },
    });
    fits(schemas.tenantAnswer, put.body);
    expect(put.body).toMatchObject({
      ...{ id: 'acme/eu', rpm: 100, tpm: null, concurrent: 3, budgetUsdDay: null, routing: { policy: 'cost' } },
      ...{ own: { tpm: null, concurrent: 3, routing: { policy: 'cost' } }, use: null },
    });
    const list = await admin('get', '/tenants').expect(200);
    fits(schemas.tenantsAnswer, list.body);
    expect(list.body.tenants).toEqual([put.body]);
    await admin('delete', '/tenants/acme%2Feu').expect(204);
    expect((await admin('delete', '/tenants/acme%2Feu')).status).toBe(404);
    const one = await admin('get', '/tenants/acme%2Feu').expect(200);
    expect(one.body).toMatchObject({ rpm: 100, tpm: 50, concurrent: null, own: null });
  });

  test.each([{ rpm: -1 }, { rpm: '5' }, { name: 'x' }])('refuse %j', async (body) => {
    const { admin } = await startWithKeys();
    expect((await admin('put', '/tenants/a').send(body)).status).toBe(400);
  });
});
