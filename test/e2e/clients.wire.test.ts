import { describe, expect, test } from '@jest/globals';
import { schemaFaults } from '../fixtures/openai-schema/validate.ts';
import { cacheOf, type Reply } from '../support/client.ts';
import { chunk, sendJson, sseHead } from '../support/fake-upstream.ts';
import { describeEmbedded } from '../support/room.ts';

const eventsOf = ({ text }: Reply) => [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data ?? ''));

describeEmbedded((t) => {
  describe('OpenAI’s schema accepts what goes over the wire', () => {
    test.each([false, true])('a chat completion: miss, l1, l2, semantic (stream: %s)', async (stream) => {
      const more = stream ? { stream, stream_options: { include_usage: true } } : {};
      const headers = { 'x-nearhit-namespace': `wire-${stream}` };
      const ask = (question: string) => t.gateway.ask(question, more, headers);
      const question = 'How do I reset the password of my account?';
      const seen: unknown[] = [];
      const check = (reply: Reply) => {
        seen.push(cacheOf(reply).layer ?? cacheOf(reply).cache);
        expect(reply.status).toBe(200);
        if (!stream) expect(schemaFaults('CreateChatCompletionResponse', reply.json)).toEqual([]);
        else {
          const events = eventsOf(reply);
          expect(events.length).toBeGreaterThan(3);
          for (const event of events) expect(schemaFaults('CreateChatCompletionStreamResponse', event)).toEqual([]);
        }
      };
      check(await ask(question));
      check(await ask(question));
      await t.gateway.afresh();
      check(await ask(question));
      check(await ask('How can I reset my account password?'));
      expect(seen).toEqual(['miss', 'l1', 'l2', 'semantic']);
      expect(t.upstream.calls).toHaveLength(1);
    });

    test.each(['float', 'base64'])('embeddings of the local model: %s', async (encoding_format) => {
      const body = { model: 'all-MiniLM-L6-v2', input: ['one', 'two'], encoding_format };
      const { json } = await t.gateway.send('POST', '/v1/embeddings', body);
      const faults = schemaFaults('CreateEmbeddingResponse', json);
      // The document describes the float form only.
      if (encoding_format === 'float') expect(faults).toEqual([]);
      else expect(faults).toEqual(['/data/0/embedding must be array', '/data/1/embedding must be array']);
    });

    test('models', async () => {
      const { json } = await t.gateway.send('GET', '/v1/models');
      expect(schemaFaults('ListModelsResponse', json)).toEqual([]);
      for (const { id } of json.data) {
        const one = await t.gateway.send('GET', `/v1/models/${id}`);
        expect(schemaFaults('Model', one.json)).toEqual([]);
      }
    });

    test.each<[string, () => Promise<Reply>, number]>([
      ['a body that is no JSON', () => t.gateway.send('POST', '/v1/chat/completions', '{'), 400],
      [
        'a body of another type',
        () => t.gateway.send('POST', '/v1/chat/completions', 'x', { 'content-type': 'text/plain' }),
        415,
      ],
      ['no messages', () => t.gateway.ask('q', { messages: [] }), 400],
      ['a wrong control', () => t.gateway.ask('q', {}, { 'x-nearhit-threshold': '2' }), 400],
      ['nothing in the cache', () => t.gateway.ask('q', {}, { 'x-nearhit-cache': 'only' }), 504],
      [
        'nothing in the cache, streaming',
        () => t.gateway.ask('q', { stream: true }, { 'x-nearhit-cache': 'only' }),
        504,
      ],
      ['embeddings without input', () => t.gateway.send('POST', '/v1/embeddings', { model: 'all-MiniLM-L6-v2' }), 400],
      ['an unknown model', () => t.gateway.send('GET', '/v1/models/nobody'), 404],
      ['an unknown path', () => t.gateway.send('GET', '/v1/nothing'), 404],
      ['an unknown method', () => t.gateway.send('DELETE', '/v1/chat/completions'), 405],
      ['the admin plane without its token', () => t.gateway.send('GET', '/admin/v1/stats'), 401],
    ])('an error: %s', async (_name, ask, status) => {
      const reply = await ask();
      expect(reply.status).toBe(status);
      expect(reply.headers['content-type']).toMatch(/^application\/json/);
      expect(schemaFaults('ErrorResponse', reply.json)).toEqual([]);
      expect(t.upstream.calls).toHaveLength(0);
    });

    test('an error in the middle of a stream, and one that the provider makes up', async () => {
      t.upstream.script = (call, res) => {
        sseHead(res);
        res.write(chunk(call, { role: 'assistant', content: 'half' }), () => res.destroy());
      };
      const cut = await t.gateway.ask('Cut me?', { stream: true });
      expect(schemaFaults('ErrorResponse', eventsOf(cut).at(-1))).toEqual([]);
      t.upstream.script = (_call, res) => void res.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
      const html = await t.gateway.ask('HTML?');
      expect([html.status, schemaFaults('ErrorResponse', html.json)]).toEqual([502, []]);
      t.upstream.script = (_call, res) => sendJson(res, { detail: 'not in their shape' }, 422);
      const theirs = await t.gateway.ask('Another shape?');
      expect([theirs.status, theirs.json]).toEqual([422, { detail: 'not in their shape' }]);
    });
  });

  describe('headers of the contract', () => {
    test('on a miss, a hit and a semantic hit', async () => {
      const miss = await t.gateway.ask('Which headers are there for me?');
      expect(miss.headers).toMatchObject({
        'x-nearhit-cache': 'miss',
        'x-nearhit-entry': expect.stringMatching(/^[0-9a-f]{64}$/),
        'x-nearhit-model': 'm',
        'x-nearhit-provider': 'openai',
        'x-nearhit-attempts': '1',
        'x-nearhit-overhead-ms': expect.stringMatching(/^\d+\.\d+$/),
        'x-request-id': expect.stringMatching(/./),
      });
      const hit = await t.gateway.ask('Which headers are there for me?', {}, { 'x-request-id': 'mine-1' });
      expect(hit.headers).toMatchObject({
        'x-nearhit-cache': 'hit',
        'x-nearhit-layer': 'l1',
        'x-nearhit-entry': miss.headers['x-nearhit-entry'],
        'x-nearhit-provider': 'openai',
        'x-nearhit-cost-usd': expect.stringMatching(/^0/),
        age: expect.stringMatching(/^\d+$/),
        'x-request-id': 'mine-1',
      });
      expect(hit.headers['x-nearhit-similarity']).toBeUndefined();
      expect(hit.headers['x-nearhit-reason']).toBeUndefined();
    });
  });
});
