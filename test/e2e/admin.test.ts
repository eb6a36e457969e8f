import { describe, expect, test } from '@jest/globals';
import supertest from 'supertest';

import { ADMIN_TOKEN, cacheOf } from '../support/client.ts';
import { describeReplicas } from '../support/room.ts';
import { until } from '../support/until.ts';

const authorization = `Bearer ${ADMIN_TOKEN}`;

describeReplicas((t) => {
  const get = (path: string) => supertest(t.gateway.url).get(`/admin/v1${path}`).set({ authorization });
  const post = (path: string, body?: object) =>
    supertest(t.gateway.url).post(`/admin/v1${path}`).set({ authorization }).send(body);

  describe('the admin plane on a running gateway', () => {
    test('is closed without the token', async () => {
      await supertest(t.gateway.url)
        .get('/admin/v1/policies')
        .expect(401)
        .expect('www-authenticate', /Bearer/);
      await supertest(t.gateway.url).get('/admin/v1/policies').set({ authorization: 'Bearer wrong' }).expect(401);
      await supertest(t.gateway.url).get('/admin/v1/openapi.json').expect(200);
    });

    test('a threshold is in force at once, for its namespace only, and afresh', async () => {
      const original = 'How do I change the language of the menu?';
      const paraphrase = 'How can I change the menu language?';
      for (const namespace of ['strict', 'loose'])
        await t.gateway.ask(original, {}, { 'x-nearhit-namespace': namespace });
      await t.gateway.flush();
      const put = await supertest(t.gateway.url)
        .put('/admin/v1/policies/strict')
        .set({ authorization })
        .send({ threshold: 0.999 });
      expect(put.status).toBe(200);
      const ask = (namespace: string) =>
        t.gateway.ask(paraphrase, {}, { 'x-nearhit-namespace': namespace, 'x-nearhit-cache': 'only' });
      expect(cacheOf(await ask('strict'))).toMatchObject({ cache: 'miss', reason: 'below-threshold' });
      expect(cacheOf(await ask('loose'))).toMatchObject({ cache: 'hit', layer: 'semantic' });
      await t.gateway.afresh();
      await until('the policy is there', async () => (await get('/policies/strict')).body.threshold === 0.999);
      expect(cacheOf(await ask('strict'))).toMatchObject({ cache: 'miss', reason: 'below-threshold' });
      const { body } = await get('/policies/strict').expect(200);
      expect(body).toMatchObject({
        namespace: 'strict',
        threshold: 0.999,
        own: { threshold: 0.999 },
        guard: 'standard',
      });
      expect(body.origin).toMatchObject({ threshold: 'admin:strict', guard: 'built-in' });
    });

    test.each([[{ threshold: 2 }], [{ threshold: '0.9' }], [{ unknown: 1 }], [{ guard: 'soft' }]])(
      '%j is refused',
      async (patch) => {
        const { status, body } = await supertest(t.gateway.url)
          .patch('/admin/v1/policies/default')
          .set({ authorization })
          .send(patch);
        expect([status, body.error.type]).toEqual([400, 'invalid_request_error']);
      },
    );

    test('entries can be found, read and dropped; what is dropped is gone from every layer', async () => {
      const asked = await t.gateway.ask('Where is the invoice of order 17?', {
        nearhit: { tags: ['doc:17@v1'], namespace: 'entries' },
      });
      await t.gateway.flush();
      const id = asked.headers['x-nearhit-entry'];
      const list = await get('/entries?namespace=entries&tag=doc:17').expect(200);
      expect(list.body.entries).toMatchObject([
        { id, query: 'Where is the invoice of order 17?', tags: ['doc:17@v1'], embedded: true },
      ]);
      const one = await get(`/entries/${id}`).expect(200);
      expect(one.body.answer.choices[0].message.content).toContain('answer to:');
      await supertest(t.gateway.url).delete(`/admin/v1/entries/${id}`).set({ authorization }).expect(204);
      await get(`/entries/${id}`).expect(404);
      const again = await t.gateway.ask('Where is the invoice of order 17?', {
        nearhit: { namespace: 'entries', cache: 'only' },
      });
      expect(cacheOf(again)).toMatchObject({ cache: 'miss', reason: 'no-candidate' });
      const paraphrased = await t.gateway.ask('Where do I find the invoice for order 17?', {
        nearhit: { namespace: 'entries', cache: 'only' },
      });
      expect(cacheOf(paraphrased)).toMatchObject({ reason: 'no-candidate' });
    });

    test('invalidate tells first and drops when told to', async () => {
      const ask = (version: number) =>
        t.gateway.ask('What does the contract say?', {
          nearhit: { namespace: 'rag', context: [{ id: 'c', version }], tags: [`c@${version}`] },
        });
      for (const version of [1, 2, 3]) await ask(version);
      const filter = { namespace: 'rag', context: { id: 'c', versionBelow: 3 } };
      expect((await post('/invalidate', filter).expect(200)).body).toMatchObject({
        dryRun: true,
        matched: 2,
        deleted: 0,
      });
      expect((await post('/invalidate', { ...filter, dryRun: false }).expect(200)).body).toMatchObject({
        dryRun: false,
        matched: 2,
        deleted: 2,
      });
      expect(await Promise.all([1, 2, 3].map(async (version) => cacheOf(await ask(version)).cache))).toEqual([
        'miss',
        'miss',
        'hit',
      ]);
      await post('/invalidate', {}).expect(400);
    });

    test('explain tells everything and does nothing', async () => {
      await t.gateway.ask('What is 7% of 4000?', { nearhit: { namespace: 'explain' } });
      await t.gateway.flush();
      const { body } = await post('/explain', {
        model: 'm',
        messages: [{ role: 'user', content: 'What is 8% of 4000?' }],
        nearhit: { namespace: 'explain' },
      }).expect(200);
      expect(body).toMatchObject({
        decision: { kind: 'miss', reason: 'guard:number' },
        threshold: { value: 0.7, origin: 'floor' },
        verifier: { probabilityMin: 0.75, similarityWithout: 0.9 },
      });
      expect(body.candidates[0]).toMatchObject({ query: 'What is 7% of 4000?', verdict: 'guard:number' });
      expect(body.candidates[0].guards).toContainEqual(
        expect.objectContaining({ guard: 'number', differs: expect.any(String) }),
      );
      expect(body.fingerprint).toMatch(/^[0-9a-f]{64}$/);
      expect(t.upstream.calls).toHaveLength(1);
    });

    test('stats and decisions count what happened', async () => {
      const namespace = 'counted';
      for (let turn = 0; turn < 3; turn++) await t.gateway.ask('Count me in?', { nearhit: { namespace } });
      const { body } = await get(`/stats?window=5m&namespace=${namespace}`).expect(200);
      expect(body).toMatchObject({ requests: 3, hits: 2, misses: 1, hitsByLayer: { l1: 2, l2: 0, semantic: 0 } });
      const decisions = await get(`/decisions?namespace=${namespace}&outcome=hit`).expect(200);
      expect(decisions.body.decisions).toHaveLength(2);
      expect(decisions.body.decisions[0]).toMatchObject({
        outcome: 'hit',
        layer: 'l1',
        query: 'Count me in?',
        namespace,
      });
    });

    test('health, readiness, metrics', async () => {
      await supertest(t.gateway.url).get('/healthz').expect(200);
      expect((await supertest(t.gateway.url).get('/readyz').expect(200)).body).toMatchObject({
        ready: true,
        degraded: [],
      });
      const { text } = await supertest(t.gateway.url).get('/metrics').expect(200);
      expect(text).toMatch(/nearhit_requests_total\{[^}]*outcome="hit"[^}]*\} \d+/);
    });
  });
});
