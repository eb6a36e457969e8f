import { createServer as createOther } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ArrayQueue, deadLetter, service } from '../../test/colleagues.ts';
import { entry } from '../../test/entry.ts';
import { house, listen, TOKEN } from '../../test/house.ts';
import { closeAll, keep, start } from '../../test/start.ts';
import { AdminClientError, createAdminClient } from './admin-client.ts';

afterEach(closeAll);

async function startWithClient() {
  const parts = await start();
  return { ...parts, client: createAdminClient({ baseUrl: `${parts.url}/`, token: TOKEN }) };
}

const failure = (call: Promise<unknown>): Promise<AdminClientError> =>
  call.then(
    () => {
      throw new Error('did not fail');
    },
    (error: unknown) => {
      expect(error).toBeInstanceOf(AdminClientError);
      return error as AdminClientError;
    },
  );

describe('the admin client', () => {
  test('speaks every call', async () => {
    const { client, cache } = await startWithClient();
    const model = 'meta-llama/Llama-3 8B?';
    expect((await client.policies.put('support', model, { threshold: 0.8 })).model).toBe(model);
    expect((await client.policies.patch('support', model, { threshold: null, guard: 'off' })).own).toEqual({
      guard: 'off',
    });
    expect((await client.policies.get('support', model)).guard).toBe('off');
    expect((await client.policies.list()).policies).toHaveLength(2);
    await client.policies.delete('support', model);
    expect((await client.policies.list()).policies).toHaveLength(1);
    expect((await client.entries.list({ limit: 2, tag: 'doc:1' })).entries).toHaveLength(1);
    expect((await client.entries.get(entry(1).id)).answer).toMatchObject({ id: 'a1' });
    await client.entries.delete(entry(1).id);
    expect((await client.invalidate({ tags: ['doc:2'] })).matched).toBe(1);
    expect(await client.explain({ model: 'm', messages: [] }, { 'x-nearhit-threshold': '0.5' })).toMatchObject({
      threshold: '0.5',
    });
    expect((await client.stats({ window: '24h', namespace: 'support' })).entries).toBe(2);
    expect((await client.decisions({ limit: 1 })).decisions).toEqual([]);
    await expect(client.replay('never was', { tenant: 't' })).rejects.toMatchObject({ status: 404 });
    expect(await client.feedback({ entryId: entry(2).id, query: 'And now?', verdict: 'wrong' })).toMatchObject({
      ...{ effect: 'pair', sampled: false },
    });
    const [pair] = (await client.pairs.list({ verdict: 'wrong', limit: 1 })).pairs;
    expect(pair).toMatchObject({ namespace: 'default', model: 'm', verdict: 'wrong', source: 'feedback' });
    await client.pairs.delete(pair?.id as string);
    expect(await client.pairs.put({ pairs: [{ model: 'm', a: 'x', b: 'y', verdict: 'wrong' }] })).toMatchObject({
      count: 1,
    });
    expect(await client.calibration({ namespace: 'default', model: 'm' })).toMatchObject({ scorer: 'cosine' });
    expect((await client.flush()).flushed).toBe(true);
    expect(cache.flushes).toBe(1);
    expect((await client.flush({ timeoutMs: 20_000 })).flushed).toBe(true);
    expect((await client.providers()).providers).toHaveLength(1);
    expect((await client.models()).models).toHaveLength(2);
    expect((await client.health()).status).toBe('ok');
  });

  test('speaks the calls about services and their queue', async () => {
    const queueAdmin = new ArrayQueue();
    queueAdmin.dead = [1, 2, 3, 4].map((n) => deadLetter(n));
    const services = { list: async () => [service()] };
    const { url } = await start({ admin: { ...house().deps.admin, queueAdmin, services } });
    const client = createAdminClient({ baseUrl: url, token: TOKEN });
    expect(await client.services()).toMatchObject({ services: [{ id: 'i-1' }], queue: { dead: 4 } });
    expect((await client.queue.deadLetters({ offset: 3 })).deadLetters).toMatchObject([{ id: 'job-4' }]);
    expect(await client.queue.redrive(['job-1'])).toEqual({ count: 1 });
    expect(await client.queue.discard(['job-2'])).toEqual({ count: 1 });
    expect(await client.queue.redrive()).toEqual({ count: 2 });
    expect(await client.queue.counts()).toEqual({ waiting: 3, active: 0, delayed: 0, dead: 0 });
    expect(await client.queue.discard()).toEqual({ count: 0 });
  });

  test('speaks the calls about keys and tenants', async () => {
    const { client } = await startWithClient();
    const { id, key } = await client.keys.create({ name: 'n', rpm: 5, expiresAt: '2099-01-01' });
    expect(key).toBe('nh_secret1');
    expect(await client.keys.change(id, { rpm: null, tpm: 9 })).toMatchObject({ rpm: null, tpm: 9 });
    expect(await client.keys.get(id)).toMatchObject({ id, name: 'n', tenant: 'default' });
    expect(await client.keys.rotate(id, 60)).toMatchObject({ key: 'nh_secret2', graceUntil: expect.any(String) });
    expect((await client.keys.list({ tenant: 'default', limit: 1 })).keys).toHaveLength(1);
    await client.keys.delete(id);
    expect((await failure(client.keys.get(id))).status).toBe(404);
    expect(await client.tenants.put('a/b c', { concurrent: 2, rpm: null })).toMatchObject({ id: 'a/b c', rpm: null });
    expect((await client.tenants.list()).tenants).toHaveLength(1);
    await client.tenants.delete('a/b c');
    expect(await client.tenants.get('a/b c')).toMatchObject({ own: null, concurrent: null });
  });

  test('tells that a gateway is not ready, without failing', async () => {
    const { client, state } = await startWithClient();
    expect(await client.status()).toEqual({ status: 'ready', ready: true, degraded: [] });
    state.readiness = { ready: false, degraded: ['store'] };
    expect(await client.status()).toEqual({ status: 'not-ready', ready: false, degraded: ['store'] });
  });

  test('passes the gateway’s own words on', async () => {
    const { client, url } = await startWithClient();
    const invalid = await failure(client.policies.put('a', undefined, { threshold: 2 }));
    expect([invalid.status, invalid.message]).toEqual([400, expect.stringMatching(/'threshold'/)]);
    const missing = await failure(client.entries.get('0'.repeat(64)));
    expect([missing.status, missing.code]).toEqual([404, 'not_found']);
    const refused = await failure(createAdminClient({ baseUrl: url, token: 'wrong' }).flush());
    expect([refused.status, refused.code]).toEqual([401, 'invalid_api_key']);
    const late = await failure(client.flush({ timeoutMs: 5 }));
    expect([late.status, late.code]).toEqual([503, 'flush_timeout']);
  });

  test('says so when nobody answers, or somebody else does', async () => {
    const nobody = await failure(createAdminClient({ baseUrl: 'http://127.0.0.1:1', token: 't' }).stats());
    expect([nobody.status, nobody.message]).toEqual([
      0,
      expect.stringMatching(/No answer from http:\/\/127\.0\.0\.1:1\/admin/),
    ]);
    const other = createOther((req, res) => void res.writeHead(req.url === '/readyz' ? 200 : 500).end('<html>'));
    keep(other);
    const client = createAdminClient({ baseUrl: await listen(other), token: 't' });
    expect(await failure(client.stats())).toMatchObject({
      status: 500,
      message: expect.stringMatching(/not as nearhit does/),
    });
    expect(await failure(client.status())).toMatchObject({ status: 200, message: expect.stringMatching(/unexpected/) });
  });

  test('gives up in time', async () => {
    const silent = createOther(() => {});
    keep(silent);
    const client = createAdminClient({ baseUrl: await listen(silent), token: 't', timeoutMs: 50 });
    expect((await failure(client.flush())).status).toBe(0);
  });
});
