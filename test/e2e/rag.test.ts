import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { cacheOf } from '../support/client.ts';
import { describeModes } from '../support/room.ts';

const SECRET = 'a-secret-of-the-cms';
const QUESTION = 'How long is the warranty of the kettle?';
const REWORDED = 'What is the warranty period of the kettle?';

describeModes(
  (t) => {
    const ask = (
      namespace: string,
      documents: object[],
      more: { query?: string; prompt?: string; cache?: string } = {},
    ) => {
      const { query = QUESTION, prompt = `Passages of today: ${JSON.stringify(documents)}\n${query}`, ...rest } = more;
      return t.gateway.ask(prompt, { nearhit: { namespace, query, context: documents, ...rest } });
    };
    const stored = async (...of: Parameters<typeof ask>) => {
      const reply = await ask(...of);
      await t.gateway.flush();
      return reply;
    };
    const found = async (...[namespace, documents, more]: Parameters<typeof ask>) =>
      cacheOf(await ask(namespace, documents, { ...more, cache: 'only' }));
    const doc = (id: string, version?: number | string) => ({ id, version });

    describe('nearhit.query', () => {
      test('is what is matched on, exactly and by meaning, whatever stands around it', async () => {
        await stored('query', [doc('a', 1)], { prompt: `First passage.\n${QUESTION}` });
        const other = { prompt: `The passages in another order.\n${QUESTION}` };
        expect(await found('query', [doc('a', 1)], other)).toMatchObject({ cache: 'hit' });
        expect(await found('query', [doc('a', 1)], { query: REWORDED, prompt: 'x' })).toMatchObject({
          ...{ cache: 'hit', layer: 'semantic' },
        });
        expect(t.upstream.calls).toHaveLength(1);
        const body = t.upstream.calls[0]?.body as { nearhit?: unknown; messages: { content: string }[] };
        expect(body.nearhit).toBeUndefined();
        expect(body.messages[0]?.content).toContain('First passage.');
      });
    });

    describe('contextMatch', () => {
      test('exact: other documents, and other versions of them, are another question; their order is not', async () => {
        await stored('exact', [doc('a', 1), doc('b', 2)]);
        expect(await found('exact', [doc('b', 2), doc('a', 1)])).toMatchObject({ cache: 'hit' });
        for (const documents of [[doc('a', 1)], [doc('a', 2), doc('b', 2)], [], [doc('a', 1), doc('b', 2), doc('c')]])
          expect(await found('exact', documents)).toMatchObject({ cache: 'miss', reason: 'no-candidate' });
        expect(await found('exact', [doc('a', 2), doc('b', 2)], { query: REWORDED })).toMatchObject({ cache: 'miss' });
      });

      test('subset: an answer is served where all that it rests on is given', async () => {
        await t.gateway.admin('PUT', '/policies/subset', { contextMatch: 'subset' });
        await stored('subset', [doc('a', 1)]);
        expect(await found('subset', [doc('b', 2), doc('a', 1)])).toMatchObject({ cache: 'hit' });
        expect(await found('subset', [doc('a', 1), doc('c')], { query: REWORDED })).toMatchObject({
          layer: 'semantic',
        });
        for (const documents of [[doc('b', 2)], [doc('a', 2)], []]) {
          expect(await found('subset', documents)).toMatchObject({ cache: 'miss', reason: 'context' });
          expect(await found('subset', documents, { query: REWORDED })).toMatchObject({
            cache: 'miss',
            reason: 'context',
          });
        }
      });

      test('ignore: the documents do not count, and are kept all the same', async () => {
        await t.gateway.admin('PUT', '/policies/ignore', { contextMatch: 'ignore' });
        await stored('ignore', [doc('a', 1)]);
        expect(await found('ignore', [doc('z', 9)])).toMatchObject({ cache: 'hit' });
        expect(await found('ignore', [], { query: REWORDED })).toMatchObject({ layer: 'semantic' });
        const { json } = await t.gateway.admin('POST', '/invalidate', { namespace: 'ignore', context: { id: 'a' } });
        expect(json).toMatchObject({ dryRun: true, matched: 1, deleted: 0 });
      });
    });

    describe('invalidation by document', () => {
      test('reports first; drops older versions and those without one, by number and by name', async () => {
        const versions = [1, 2, 10, 'v9', undefined].map((version) => [doc('manual', version)]);
        for (const documents of versions) await stored('versions', documents);
        const filter = { namespace: 'versions', context: { id: 'manual', versionBelow: 9 } };
        const dry = await t.gateway.admin('POST', '/invalidate', filter);
        expect(dry.json).toMatchObject({ dryRun: true, matched: 3, deleted: 0 });
        expect(dry.json.ids).toHaveLength(3);
        for (const documents of versions) expect(await found('versions', documents)).toMatchObject({ cache: 'hit' });
        const wet = await t.gateway.admin('POST', '/invalidate', { ...filter, dryRun: false });
        expect(wet.json).toMatchObject({ dryRun: false, matched: 3, deleted: 3 });
        const left = await Promise.all(versions.map(async (documents) => (await found('versions', documents)).cache));
        expect(left).toEqual(['miss', 'miss', 'hit', 'hit', 'miss']);
      });
    });

    describe('the webhook', () => {
      const tell = (events: unknown, secret = SECRET) => {
        const body = JSON.stringify(events);
        const seconds = Math.floor(Date.now() / 1000);
        const hex = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
        return t.gateway.send('POST', '/admin/v1/webhooks/documents', body, {
          'x-nearhit-signature': `t=${seconds},sha256=${hex}`,
        });
      };

      test('drops what an event outdates, once', async () => {
        for (const documents of [[doc('price', 1)], [doc('price', 2)], [doc('terms', 1)]])
          await stored('hook', documents);
        const updated = { id: 'evt-1', event: 'document.updated', document: doc('price', 2), namespaces: ['hook'] };
        expect((await tell(updated, 'another-secret-than-it')).status).toBe(401);
        expect((await tell(updated)).json).toMatchObject({ events: 1, duplicates: 0, matched: 1, deleted: 1 });
        expect(await found('hook', [doc('price', 1)])).toMatchObject({ cache: 'miss' });
        expect(await found('hook', [doc('price', 2)])).toMatchObject({ cache: 'hit' });
        await stored('hook', [doc('price', 1)]);
        expect((await tell(updated)).json).toMatchObject({ events: 1, duplicates: 1, matched: 0, deleted: 0 });
        expect(await found('hook', [doc('price', 1)])).toMatchObject({ cache: 'hit' });
        const rest = [
          { event: 'document.deleted', document: { id: 'terms' }, namespaces: ['elsewhere'] },
          { event: 'document.deleted', document: { id: 'price' } },
        ];
        expect((await t.gateway.admin('POST', '/webhooks/documents', rest)).json).toMatchObject({
          matched: 2,
          deleted: 2,
        });
        expect(await found('hook', [doc('terms', 1)])).toMatchObject({ cache: 'hit' });
      });
    });
  },
  { OPENAI_API_KEY: 'sk-house', NEARHIT_WEBHOOK_SECRET: SECRET },
);
