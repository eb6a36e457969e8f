import { afterEach, describe, expect, test } from '@jest/globals';
import { fits } from '../../test/fits.ts';
import { closeAll, start } from '../../test/start.ts';
import * as schemas from './policy-schemas.ts';

afterEach(closeAll);

describe('policies', () => {
  test('inherit field by field, and say from where', async () => {
    const { admin } = await start();
    await admin('put', '/policies/support').send({ threshold: 0.93 }).expect(200);
    const answer = await admin('put', '/policies/support/meta-llama%2FLlama-3').send({ guard: 'strict' });
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
    const plain = await admin('get', '/policies/support/meta-llama/Llama-3');
    expect(plain.body).toEqual(answer.body);
    const list = await admin('get', '/policies');
    fits(schemas.policiesAnswer, list.body);
    expect(list.body.policies.map((p: schemas.PolicyAnswer) => [p.namespace, p.model])).toEqual([
      ['default', null],
      ['support', null],
      ['support', 'meta-llama/Llama-3'],
    ]);
  });

  test('PUT replaces, PATCH changes, null in PATCH removes, DELETE forgets', async () => {
    const { admin, policies } = await start();
    await admin('put', '/policies/a').send({ threshold: 0.8, mode: 'shadow' });
    await admin('patch', '/policies/a').send({ threshold: null, semantic: false });
    expect(policies.own('a')).toEqual({ mode: 'shadow', semantic: false });
    const put = await admin('put', '/policies/a').send({ guard: 'off' });
    expect(put.body.own).toEqual({ guard: 'off' });
    expect((await admin('delete', '/policies/a')).status).toBe(204);
    const gone = await admin('get', '/policies/a');
    expect([gone.body.own, gone.body.guard]).toEqual([{}, 'standard']);
    expect((await admin('delete', '/policies/a')).status).toBe(404);
    expect((await admin('delete', '/policies/a/b')).status).toBe(404);
  });

  test('take entriesMax and bytesMax for maxEntries and maxBytes', async () => {
    const { admin } = await start();
    const put = await admin('put', '/policies/a').send({ entriesMax: 10, bytesMax: 4096 });
    expect(put.body).toMatchObject({ maxEntries: 10, maxBytes: 4096, own: { maxEntries: 10, maxBytes: 4096 } });
    const patch = await admin('patch', '/policies/a').send({ entriesMax: null });
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
    const { admin, policyStore } = await start();
    const answer = await admin('put', '/policies/a').set('content-type', 'application/json').send(JSON.stringify(body));
    expect([answer.status, answer.body.error.param]).toEqual([400, param]);
    expect(answer.body.error.message).toMatch(message);
    expect(policyStore.records).toEqual([]);
  });

  test.each(['{"threshold": NaN}', '{"threshold": Infinity}', '{threshold: 1}', '', '{'])(
    'refuse the text %j',
    async (text) => {
      const { admin } = await start();
      const answer = await admin('put', '/policies/a').set('content-type', 'application/json').send(text);
      expect([answer.status, answer.body.error.code]).toEqual([400, 'invalid_json']);
    },
  );

  test('refuse a number beyond what a number can hold', async () => {
    const { admin } = await start();
    const answer = await admin('put', '/policies/a')
      .set('content-type', 'application/json')
      .send('{"threshold":1e999}');
    expect([answer.status, answer.body.error.param]).toEqual([400, 'threshold']);
  });

  test('name every fault at once, path and body alike', async () => {
    const { admin } = await start();
    const answer = await admin('put', '/policies/bad%20name').send({ threshold: 2, guard: 'lax', extra: 1 });
    expect(answer.status).toBe(400);
    for (const word of ['namespace', 'threshold', 'guard', 'extra'])
      expect(answer.body.error.message).toContain(`'${word}'`);
  });

  test.each(['a%20b', 'a%2Fb', '%00', 'x'.repeat(129), '%F0%9F%98%80'])(
    'refuse the namespace %s',
    async (namespace) => {
      const { admin } = await start();
      const answer = await admin('get', `/policies/${namespace}`);
      expect([answer.status, answer.body.error.param]).toEqual([400, 'namespace']);
    },
  );

  test.each(['%00', 'a%0Ab', 'x'.repeat(257)])('refuse the model %s', async (model) => {
    const { admin } = await start();
    const answer = await admin('get', `/policies/a/${model}`);
    expect([answer.status, answer.body.error.param]).toEqual([400, 'model']);
  });

  test('refuse another content type', async () => {
    const { admin } = await start();
    const answer = await admin('put', '/policies/a').set('content-type', 'text/yaml').send('threshold: 0.9');
    expect(answer.status).toBe(415);
  });

  test('names that objects have by nature are names like others', async () => {
    const { admin } = await start();
    for (const name of ['constructor', '__proto__', 'toString']) {
      await admin('put', `/policies/${name}/${name}`).send({ threshold: 0.5 }).expect(200);
      expect((await admin('get', `/policies/${name}/${name}`)).body.threshold).toBe(0.5);
    }
    expect((await admin('get', '/policies/other')).body.threshold).toBe(0.9);
  });
});
