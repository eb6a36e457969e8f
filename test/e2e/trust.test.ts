import { describe, expect, test } from '@jest/globals';
import { cacheOf } from '../support/client.ts';
import { describeModes } from '../support/room.ts';
import { until } from '../support/until.ts';

const question = 'How do I reset the password of my account?';
const reworded = 'How do I reset the password for my account?';

describeModes(
  (t) => {
    let namespace = 0;
    const made = async (settings: object): Promise<Record<string, string>> => {
      const { status, json } = await t.gateway.admin('POST', '/keys', { name: 'of a test', ...settings });
      expect(status).toBe(200);
      return { authorization: `Bearer ${json.key}`, 'x-nearhit-namespace': `trust-${namespace}`, id: json.id };
    };
    const ask = async (
      text: string,
      { id: _, ...headers }: Record<string, string>,
      more: Record<string, unknown> = {},
    ) => cacheOf(await t.gateway.ask(text, more, headers));
    const fresh = () => {
      namespace += 1;
    };

    describe('a key', () => {
      test('without write trust gets hits, by meaning too, and stores for nobody, itself included', async () => {
        fresh();
        const [trusted, reader] = [await made({}), await made({ cacheWrite: false })];
        for (let n = 0; n < 2; n++) expect(await ask(question, reader)).toMatchObject({ cache: 'miss' });
        await t.gateway.flush();
        expect(await ask(question, trusted)).toMatchObject({ cache: 'miss' });
        await t.gateway.flush();
        expect(await ask(question, reader)).toMatchObject({ cache: 'hit' });
        expect(await ask(reworded, reader)).toMatchObject({ cache: 'hit', layer: 'semantic' });
        expect(t.upstream.calls).toHaveLength(3);
      });

      test('without write trust has no say in what others get', async () => {
        fresh();
        const [trusted, reader] = [await made({}), await made({ cacheWrite: false })];
        await ask(question, trusted);
        const { id: _, ...headers } = reader;
        const asked = await t.gateway.ask(question, {}, headers);
        const judged = { entryId: asked.headers['x-nearhit-entry'], verdict: 'wrong' };
        expect((await t.gateway.send('POST', '/v1/feedback', judged, headers)).status).toBe(403);
        expect(await ask(question, trusted)).toMatchObject({ cache: 'hit' });
      });

      test('without read trust is answered from upstream always, and others get what it has asked', async () => {
        fresh();
        const [trusted, writer] = [await made({}), await made({ cacheRead: false })];
        for (let n = 0; n < 2; n++)
          expect(await ask(question, writer)).toMatchObject({ cache: 'miss', reason: 'key-no-read' });
        expect(t.upstream.calls).toHaveLength(2);
        expect(await ask(question, trusted)).toMatchObject({ cache: 'hit' });
      });

      test('that loses write trust stores nothing from the next second on', async () => {
        fresh();
        const key = await made({});
        await ask(question, key);
        expect((await t.gateway.admin('PATCH', `/keys/${key.id}`, { cacheWrite: false })).json.cacheWrite).toBe(false);
        let n = 0;
        await until('nothing is stored any more', async () => {
          const text = `Which number comes after ${++n}, written in words?`;
          await ask(text, key);
          return (await ask(text, key)).cache === 'miss';
        });
        expect(await ask(question, key)).toMatchObject({ cache: 'hit' });
      });

      test('has a threshold floor that neither header nor body can go below', async () => {
        fresh();
        const [trusted, floored] = [await made({}), await made({ thresholdFloor: 0.9999 })];
        await ask(question, trusted);
        await t.gateway.flush();
        expect(await ask(reworded, trusted)).toMatchObject({ cache: 'hit', layer: 'semantic' });
        const low: [Record<string, string>, Record<string, unknown>][] = [
          [{ 'x-nearhit-threshold': '0' }, {}],
          [{}, { nearhit: { threshold: 0 } }],
          [{ 'x-nearhit-threshold': '0' }, { nearhit: { threshold: 0.1 } }],
        ];
        for (const [headers, body] of low)
          expect(await ask(reworded, { ...floored, ...headers, 'x-nearhit-cache': 'only' }, body)).toMatchObject({
            reason: 'below-threshold',
          });
      });
    });

    describe('who asks', () => {
      test('can’t name its tenant, a scope, an entry or an answer', async () => {
        fresh();
        const [victim, attacker] = [await made({ tenant: 'victim' }), await made({ tenant: 'attacker' })];
        await ask(question, victim);
        const calls = t.upstream.calls.length;
        for (const forged of [
          { tenant: 'victim' },
          { scope: { tenant: 'victim' } },
          { id: 'a'.repeat(64), answer: 'planted' },
          { fingerprint: '0'.repeat(64) },
          { namespace: 'a\r\nx-nearhit-cache: off' },
          { namespace: '../victim' },
          { tags: ['x'.repeat(257)] },
          { context: [{ id: '' }] },
          { ttl: 1e12 },
          { ttl: -1 },
          { threshold: -1 },
        ]) {
          const { id: _, ...headers } = attacker;
          const { status, json } = await t.gateway.ask(question, { nearhit: forged }, headers);
          expect([status, json.error?.type]).toEqual([400, 'invalid_request_error']);
        }
        expect(t.upstream.calls).toHaveLength(calls);
        const headers = { ...attacker, 'x-nearhit-tenant': 'victim', 'x-tenant': 'victim' };
        expect(await ask(question, headers)).toMatchObject({ cache: 'miss' });
      });

      test('can’t read, drop or bring in entries: that is the admin plane’s', async () => {
        const { authorization } = await made({});
        for (const [method, path] of [
          ['GET', '/entries'],
          ['POST', '/import'],
          ['POST', '/invalidate'],
          ['POST', '/explain'],
          ['GET', '/export'],
        ] as const) {
          const { status } = await t.gateway.send(method, `/admin/v1${path}`, method === 'POST' ? {} : undefined, {
            authorization: authorization as string,
          });
          expect([path, status]).toEqual([path, 401]);
        }
      });

      test('may tag and date its own answers only: what it says of documents keeps its answers from others', async () => {
        fresh();
        const [trusted, attacker] = [await made({}), await made({})];
        const poisoned = { nearhit: { context: [{ id: 'handbook', version: 9 }], tags: ['doc:handbook'] } };
        await ask(question, attacker, poisoned);
        expect(await ask(question, trusted)).toMatchObject({ cache: 'miss' });
      });
    });
  },
  { OPENAI_API_KEY: 'sk-house', NEARHIT_AUTH: 'required' },
);
