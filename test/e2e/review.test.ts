import { describe, expect, test } from '@jest/globals';
import { ADMIN_TOKEN, cacheOf } from '../support/client.ts';
import { answerPlainly, chunk, completion, lastUserText, sendJson, sseHead } from '../support/fake-upstream.ts';
import { describeModes } from '../support/room.ts';
import { gate, SseReader } from '../support/sse-reader.ts';

describeModes((t) => {
  /** A reply that begins, and ends when the gate is passed. */
  function heldBack() {
    const open = gate();
    t.upstream.script = async (call, res) => {
      if (call.body.stream !== true) {
        await open.passed;
        return answerPlainly(call, res, 1);
      }
      sseHead(res);
      res.write(chunk(call, { role: 'assistant', content: 'begun ' }));
      await open.passed;
      res.write(chunk(call, { content: lastUserText(call.body) }, 'stop'));
      if (call.body.stream_options?.include_usage === true) {
        const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
        res.write(chunk(call, {}, null, { choices: [], usage }));
      }
      res.end('data: [DONE]\n\n');
    };
    return open;
  }

  describe('who shares an upstream call', () => {
    test.each([true, false])(
      'streams that end differently share it, each with its own end (leader: %s)',
      async (asked) => {
        const question = `How does it end when ${asked}?`;
        const open = heldBack();
        const usage = (include: boolean) => ({ stream_options: { include_usage: include } });
        const leader = await SseReader.ask(t.gateway.url, question, usage(asked));
        await leader.until('begun');
        const follower = t.gateway.ask(question, { stream: true, ...usage(!asked) });
        await t.gateway.admin('GET', '/providers');
        open.pass();
        const [led, followed] = [await leader.end(), (await follower).text];
        expect(t.upstream.calls).toHaveLength(1);
        for (const text of [led, followed]) expect(text).toContain('[DONE]');
        expect([led.includes('"choices":[]'), followed.includes('"choices":[]')]).toEqual([asked, !asked]);
        expect([led.includes('"total_tokens"'), followed.includes('"total_tokens"')]).toEqual([asked, !asked]);
      },
    );

    test('contextMatch subset: an answer that rests on other documents is not shared while it is made', async () => {
      await t.gateway.admin('PUT', '/policies/subset', { contextMatch: 'subset' });
      const about = (id: string) => ({ nearhit: { namespace: 'subset', context: [{ id, version: 1 }] } });
      const open = heldBack();
      const asked = ['A', 'A', 'B'].map((id) => t.gateway.ask('What do the documents say?', about(id)));
      await t.upstream.called(2);
      open.pass();
      for (const { status } of await Promise.all(asked)) expect(status).toBe(200);
      expect(t.upstream.calls).toHaveLength(2);
    });

    test('a follower does not get the refusal of what is no part of its own request', async () => {
      const open = gate();
      t.upstream.script = async (call, res) => {
        await open.passed;
        if (call.body.metadata === undefined) answerPlainly(call, res, 1);
        else
          sendJson(
            res,
            { error: { message: 'metadata?', type: 'invalid_request_error', param: null, code: null } },
            400,
          );
      };
      const leader = t.gateway.ask('Whose fault is it?', { metadata: { wrong: 'yes' } });
      await t.upstream.called(1);
      const followers = Array.from({ length: 5 }, () => t.gateway.ask('Whose fault is it?'));
      await t.gateway.admin('GET', '/providers');
      open.pass();
      expect((await leader).status).toBe(400);
      for (const { status } of await Promise.all(followers)) expect(status).toBe(200);
      expect(t.upstream.calls).toHaveLength(2);
    });

    test('of an answer too long to be kept, each who waited gets one of its own at once', async () => {
      await t.gateway.admin('PUT', '/policies/long', { answerBytesMax: 2048 });
      const more = { nearhit: { namespace: 'long' } };
      const open = gate();
      t.upstream.script = async (call, res) => {
        await open.passed;
        sendJson(res, completion(call, 'long '.repeat(1000)));
      };
      const asked = Array.from({ length: 4 }, () => t.gateway.ask('How long is it?', more));
      await t.upstream.called(1);
      await t.gateway.admin('GET', '/providers');
      open.pass();
      for (const { status, json } of await Promise.all(asked)) {
        expect([status, json.choices[0].message.content.length]).toEqual([200, 5000]);
      }
      expect(cacheOf(await t.gateway.ask('How long is it?', more))).toMatchObject({ cache: 'miss' });
    });
  });

  describe('invalidation', () => {
    test('an answer that was being made when its document was invalidated is given out, not stored', async () => {
      const tagged = (tag: string) => ({ nearhit: { tags: [tag] } });
      const open = heldBack();
      const asked = [
        t.gateway.ask('What does the manual say?', tagged('doc:42@v3')),
        t.gateway.ask('And what does the law say?', tagged('doc:7')),
      ];
      await t.upstream.called(2);
      await t.gateway.admin('POST', '/invalidate', { tags: ['doc:42'] });
      await t.gateway.admin('POST', '/invalidate', { tags: ['doc:42'], dryRun: false });
      await t.gateway.admin('POST', '/invalidate', { tags: ['doc:7'] });
      open.pass();
      for (const { status } of await Promise.all(asked)) expect(status).toBe(200);
      // A replica hears of its own invalidation too, and empties its memory: the store has the other answer.
      await t.gateway.flush();
      expect(cacheOf(await t.gateway.ask('What does the manual say?'))).toMatchObject({ cache: 'miss' });
      expect(cacheOf(await t.gateway.ask('And what does the law say?'))).toMatchObject({ cache: 'hit' });
    });
  });

  test('only-if-cached never goes upstream, whatever the policy', async () => {
    for (const mode of ['on', 'off', 'shadow'] as const) {
      await t.gateway.admin('PUT', `/policies/only-${mode}`, { mode });
      const reply = await t.gateway.ask(
        'Is it there?',
        {},
        { 'x-nearhit-namespace': `only-${mode}`, 'cache-control': 'only-if-cached' },
      );
      expect([reply.status, reply.json.error.code]).toEqual([504, 'cache_miss']);
    }
    expect(t.upstream.calls).toHaveLength(0);
  });

  test('what the provider had cached of a prompt costs what the price list says', async () => {
    const priced = await t.gateway.beside(
      [
        `providers: [{ id: openai, baseUrl: '${t.upstream.url}' }]`,
        'models: [{ id: m, price: { inputUsdPerMTok: 10, cachedInputUsdPerMTok: 1, outputUsdPerMTok: 100 } }]',
      ].join('\n'),
    );
    const usage = { prompt_tokens: 1000, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 900 } };
    t.upstream.script = (call, res) => sendJson(res, { ...completion(call, 'cheap'), usage });
    expect((await priced.ask('How cheap is it?')).headers['x-nearhit-cost-usd']).toBe('0.0029');
    const { headers } = await priced.ask('How cheap is it?');
    expect([headers['x-nearhit-cost-usd'], headers['x-nearhit-saved-usd']]).toEqual(['0', '0.0029']);
  });

  test('a provider that has no connection left says when to come again', async () => {
    const narrow = await t.gateway.beside(
      `providers: [{ id: narrow, kind: openai, baseUrl: '${t.upstream.url}', concurrencyMax: 1 }]`,
    );
    const open = heldBack();
    const asked = Array.from({ length: 12 }, (_, i) => narrow.ask(`Is it full yet, number ${i}?`));
    const busy = await Promise.race(asked);
    expect([busy.status, busy.json.error.code, busy.headers['retry-after']]).toEqual([503, 'upstream_busy', '1']);
    open.pass();
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 503)).toHaveLength(1);
  });

  describe('what the provider gets and sends', () => {
    test("a client's own credential, but never the admin token", async () => {
      t.upstream.script = (call, res) => sendJson(res, completion(call, 'yours'));
      const headers = (token: string) => ({ authorization: `Bearer ${token}` });
      await t.gateway.ask('Whose key is it?', {}, headers('sk-own'));
      await t.gateway.ask('Whose key is it?', {}, headers(ADMIN_TOKEN));
      await t.gateway.send('POST', '/v1/embeddings', { model: 'other', input: 'text' }, headers(ADMIN_TOKEN));
      expect(t.upstream.calls.map((call) => call.headers.authorization)).toEqual([
        'Bearer sk-own',
        undefined,
        undefined,
      ]);
    });

    test("without nearhit's own object every other byte of a field is as the client wrote it", async () => {
      const fields =
        '"model":"m","seed":9007199254740993,"top_p":1.0,"messages":[{"role":"user","content":"How exact?"}]';
      const reply = await t.gateway.send('POST', '/v1/chat/completions', `{"nearhit":{"namespace":"exact"},${fields}}`);
      expect(cacheOf(reply)).toMatchObject({ cache: 'bypass', reason: 'not-cacheable:unsafe-number' });
      expect(t.upstream.calls[0]?.raw.toString()).toBe(`{${fields}}`);
    });

    test('a stream cut in the middle of a line still ends in an event that can be read', async () => {
      t.upstream.script = (call, res) => {
        sseHead(res);
        res.write(chunk(call, { role: 'assistant', content: 'whole' }));
        res.write('data: {"id":"chatcmpl-s","object":"chat.comp', () => setTimeout(() => res.destroy(), 20));
      };
      const { text } = await t.gateway.ask('Where is the rest?', { stream: true });
      const events = text.split('\n\n').filter((event) => event.trim() !== '');
      expect(events).toHaveLength(2);
      expect(JSON.parse(events[0]?.replace('data: ', '') ?? '').choices[0].delta.content).toBe('whole');
      const [name, data] = events[1]?.trim().split('\n') ?? [];
      expect(name).toBe('event: error');
      expect(JSON.parse(data?.replace('data: ', '') ?? '').error.code).toBe('upstream_ended_early');
    });
  });
}, {});
