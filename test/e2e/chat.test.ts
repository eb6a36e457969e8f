import { describe, expect, test } from '@jest/globals';
import { cacheOf } from '../support/client.ts';
import { answerPlainly } from '../support/fake-upstream.ts';
import { describeReplicas } from '../support/room.ts';

describeReplicas((t) => {
  describe('the main job', () => {
    test('asked, asked again, paraphrased, with a changed number, from the store', async () => {
      const question = 'How do I reset the password of my account?';
      const first = await t.gateway.ask(question);
      expect([first.status, cacheOf(first)]).toEqual([
        200,
        { cache: 'miss', layer: undefined, reason: 'no-candidate' },
      ]);
      expect(first.json.choices[0].message.content).toBe(`answer to: ${question}`);

      const again = await t.gateway.ask(question);
      expect(cacheOf(again)).toEqual({ cache: 'hit', layer: 'l1', reason: undefined });
      expect(again.text).toBe(first.text);
      expect(again.headers['x-nearhit-entry']).toBe(first.headers['x-nearhit-entry']);

      await t.gateway.flush();
      const paraphrased = await t.gateway.ask('How can I reset my account password?');
      expect(cacheOf(paraphrased)).toEqual({ cache: 'hit', layer: 'semantic', reason: undefined });
      expect(Number(paraphrased.headers['x-nearhit-similarity'])).toBeGreaterThan(0.9);
      expect(paraphrased.text).toBe(first.text);

      await t.gateway.ask('What is 15% of 200 dollars?');
      await t.gateway.flush();
      const changed = await t.gateway.ask('What is 15% of 300 dollars?');
      expect(cacheOf(changed)).toEqual({ cache: 'miss', layer: undefined, reason: 'guard:number' });
      expect(t.upstream.calls).toHaveLength(3);

      await t.gateway.afresh();
      const restarted = await t.gateway.ask(question);
      expect(cacheOf(restarted)).toEqual({ cache: 'hit', layer: 'l2', reason: undefined });
      expect(restarted.text).toBe(first.text);
      expect(cacheOf(await t.gateway.ask('How can I reset the password for my account?'))).toMatchObject({
        cache: 'hit',
        layer: 'semantic',
      });
      expect(t.upstream.calls).toHaveLength(3);
    });

    test('the same question, JSON first and then streamed, and the other way round', async () => {
      const json = await t.gateway.ask('What colour is the sky on Mars?');
      const streamed = await t.gateway.ask('What colour is the sky on Mars?', { stream: true });
      expect(cacheOf(streamed)).toMatchObject({ cache: 'hit', layer: 'l1' });
      expect(streamed.headers['content-type']).toMatch(/^text\/event-stream/);
      const pieces = streamed.text
        .split('\n\n')
        .filter((event) => event.startsWith('data: {'))
        .map((event) => JSON.parse(event.slice(6)));
      expect(pieces.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(
        json.json.choices[0].message.content,
      );
      expect(pieces.length).toBeGreaterThan(3);
      expect(streamed.text.endsWith('data: [DONE]\n\n')).toBe(true);

      const first = await t.gateway.ask('What colour is the sky on Venus?', {
        stream: true,
        stream_options: { include_usage: true },
      });
      expect(cacheOf(first)).toMatchObject({ cache: 'miss' });
      const whole = await t.gateway.ask('What colour is the sky on Venus?');
      expect(cacheOf(whole)).toMatchObject({ cache: 'hit', layer: 'l1' });
      expect(whole.json).toMatchObject({
        object: 'chat.completion',
        system_fingerprint: 'fp_fake',
        choices: [
          {
            message: { role: 'assistant', content: 'answer to: What colour is the sky on Venus?' },
            finish_reason: 'stop',
          },
        ],
        usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
      });
      expect(t.upstream.calls).toHaveLength(2);
    });

    test('a stream passes through byte for byte', async () => {
      const bytes =
        ': hello\r\n\r\ndata: {"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"hé"},"finish_reason":"stop"}],"odd": 1.50}\r\n\r\ndata: [DONE]\n\n';
      t.upstream.script = (_call, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        res.end(bytes);
      };
      const reply = await t.gateway.ask('byte for byte?', { stream: true });
      expect(reply.text).toBe(bytes);
    });

    test('what goes upstream is what came, byte for byte, without our own object', async () => {
      const raw =
        '{ "messages":[{"content":"odd  spacing?","role":"user"}],\n "model":"m", "x_vendor": {"b":1,"a":2.50} }';
      await t.gateway.send('POST', '/v1/chat/completions', raw);
      expect(t.upstream.calls[0]?.raw.toString()).toBe(raw);
      expect(t.upstream.calls[0]?.headers.authorization).toBe('Bearer sk-house');
      await t.gateway.ask('with controls', { nearhit: { namespace: 'n1', tags: ['a'] }, x_vendor: 1 });
      expect(t.upstream.calls[1]?.body).toEqual({
        model: 'm',
        messages: [{ role: 'user', content: 'with controls' }],
        x_vendor: 1,
      });
    });
  });

  describe('request controls', () => {
    test('off, refresh, only, shadow', async () => {
      const ask = (cache: string) => t.gateway.ask('Which controls are there?', {}, { 'x-nearhit-cache': cache });
      const only = await ask('only');
      expect([only.status, only.json.error.code]).toEqual([504, 'cache_miss']);
      expect(cacheOf(await ask('off'))).toEqual({ cache: 'bypass', layer: undefined, reason: 'cache-off' });
      expect(cacheOf(await ask('only'))).toMatchObject({ cache: 'miss' });
      expect(cacheOf(await ask('on'))).toMatchObject({ cache: 'miss' });
      expect(cacheOf(await ask('only'))).toMatchObject({ cache: 'hit', layer: 'l1' });
      expect(cacheOf(await ask('refresh'))).toMatchObject({ cache: 'miss', reason: 'refresh' });
      expect(cacheOf(await ask('shadow'))).toMatchObject({ cache: 'miss', reason: 'shadow:l1' });
      expect(t.upstream.calls).toHaveLength(4);
    });

    test.each([
      ['no-store', { cache: 'bypass', layer: undefined, reason: 'cache-off' }],
      ['no-cache', { cache: 'miss', layer: undefined, reason: 'refresh' }],
      ['max-age=0', { cache: 'miss', layer: undefined, reason: 'expired' }],
      ['max-age=600', { cache: 'hit', layer: 'l1', reason: undefined }],
    ])('Cache-Control: %s', async (header, expected) => {
      await t.gateway.ask('Does HTTP count?');
      await new Promise((resolve) => setTimeout(resolve, 2));
      expect(cacheOf(await t.gateway.ask('Does HTTP count?', {}, { 'cache-control': header }))).toEqual(expected);
    });

    test('only-if-cached', async () => {
      const reply = await t.gateway.ask('Nobody asked this before.', {}, { 'cache-control': 'only-if-cached' });
      expect([reply.status, reply.json.error]).toMatchObject([
        504,
        { code: 'cache_miss', type: 'cache_error', param: null },
      ]);
      expect(t.upstream.calls).toHaveLength(0);
    });

    test('namespaces never mix', async () => {
      await t.gateway.ask('Is it mine?', {}, { 'x-nearhit-namespace': 'a' });
      await t.gateway.flush();
      expect(cacheOf(await t.gateway.ask('Is it mine?', {}, { 'x-nearhit-namespace': 'b' }))).toMatchObject({
        cache: 'miss',
        reason: 'no-candidate',
      });
      expect(cacheOf(await t.gateway.ask('Is it mine?', {}, { 'x-nearhit-namespace': 'a' }))).toMatchObject({
        cache: 'hit',
      });
    });

    test('a threshold of one request', async () => {
      await t.gateway.ask('How tall is the Eiffel tower?');
      await t.gateway.flush();
      const strict = await t.gateway.ask(
        'What is the height of the Eiffel tower?',
        {},
        { 'x-nearhit-threshold': '0.999' },
      );
      expect(cacheOf(strict)).toMatchObject({ cache: 'miss', reason: 'below-threshold' });
      expect(Number(strict.headers['x-nearhit-similarity'])).toBeGreaterThan(0.8);
    });

    test('ttl 0 stores nothing, ttl 1 expires', async () => {
      await t.gateway.ask('Keep this?', { nearhit: { ttl: 0 } });
      expect(cacheOf(await t.gateway.ask('Keep this?'))).toMatchObject({ cache: 'miss' });
    });

    test('RAG: matched on the bare question, kept apart by the documents', async () => {
      const ask = (passages: string, query: string, version: number) =>
        t.gateway.ask(`Use this: ${passages}\n\n${query}`, {
          nearhit: { query, context: [{ id: '42', version }], tags: ['doc:42'] },
        });
      await ask('passage one, long', 'How long is the warranty?', 1);
      await t.gateway.flush();
      expect(cacheOf(await ask('passage one, cut differently', 'How long is the warranty?', 1))).toMatchObject({
        cache: 'hit',
      });
      expect(cacheOf(await ask('passage one, long', 'How long is the warranty?', 2))).toMatchObject({ cache: 'miss' });
    });
  });

  describe('never stored, or never by meaning', () => {
    test.each([
      ['status 500', 500, { error: { message: 'boom', type: 'server_error', param: null, code: null } }],
      ['status 429', 429, { error: { message: 'slow down', type: 'rate_limit_error', param: null, code: null } }],
    ])('%s comes back as it is', async (name, status, body) => {
      t.upstream.script = (_call, res) => {
        res
          .writeHead(status, { 'content-type': 'application/json', 'retry-after': '7', 'retry-after-ms': '1' })
          .end(JSON.stringify(body));
      };
      const reply = await t.gateway.ask(name);
      expect([reply.status, reply.json]).toEqual([status, body]);
      expect(reply.headers['retry-after']).toBe('7');
      t.upstream.script = answerPlainly;
      expect(cacheOf(await t.gateway.ask(name))).toMatchObject({ cache: 'miss' });
    });

    test.each([
      ['length', { content: 'cut', role: 'assistant' }, 'length'],
      ['filtered', { content: 'no', role: 'assistant' }, 'content_filter'],
      ['empty', { content: '', role: 'assistant' }, 'stop'],
    ])('an answer that is %s', async (name, message, finish_reason) => {
      t.upstream.script = ({ body }, res) => {
        const answer = {
          id: 'x',
          object: 'chat.completion',
          created: 1,
          model: body.model,
          choices: [{ index: 0, message, finish_reason }],
        };
        res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      };
      for (let turn = 0; turn < 2; turn++)
        expect(cacheOf(await t.gateway.ask(`ends ${name}`))).toMatchObject({ cache: 'miss' });
      expect(t.upstream.calls).toHaveLength(2);
    });

    test('a high temperature and a question about now', async () => {
      expect(cacheOf(await t.gateway.ask('Tell a story', { temperature: 1.5 }))).toMatchObject({
        cache: 'bypass',
        reason: 'not-cacheable:temperature',
      });
      expect(cacheOf(await t.gateway.ask('What is the weather in Paris today?'))).toMatchObject({
        cache: 'bypass',
        reason: 'not-cacheable:volatile',
      });
    });

    test('requests that offer tools are matched exactly only', async () => {
      const tools = [{ type: 'function', function: { name: 'f' } }];
      await t.gateway.ask('How do I open a ticket?', { tools });
      await t.gateway.flush();
      expect(cacheOf(await t.gateway.ask('How do I open a ticket?', { tools }))).toMatchObject({
        cache: 'hit',
        layer: 'l1',
      });
      expect(cacheOf(await t.gateway.ask('How can I open a ticket?', { tools }))).toMatchObject({
        cache: 'miss',
        reason: 'no-candidate',
      });
    });
  });
});
