import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  answerPlainly,
  chunk,
  completion,
  FakeUpstream,
  lastUserText,
  sendJson,
  sseHead,
} from '../support/fake-upstream.ts';
import { ADMIN_TOKEN, cacheOf, Gateway } from '../support/gateway.ts';
import { gate, SseReader } from '../support/sse-reader.ts';

let upstream: FakeUpstream;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await FakeUpstream.start();
  gateway = await Gateway.start({ OPENAI_BASE_URL: upstream.url });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
afterEach(() => {
  upstream.calls.length = 0;
  upstream.script = answerPlainly;
});

/** A reply that begins, and ends when the gate is passed. */
function heldBack() {
  const open = gate();
  upstream.script = async (call, res) => {
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
      const leader = await SseReader.ask(gateway.url, question, usage(asked));
      await leader.until('begun');
      const follower = gateway.ask(question, { stream: true, ...usage(!asked) });
      await gateway.admin('GET', '/providers');
      open.pass();
      const [led, followed] = [await leader.end(), (await follower).text];
      expect(upstream.calls).toHaveLength(1);
      for (const text of [led, followed]) expect(text).toContain('[DONE]');
      expect([led.includes('"choices":[]'), followed.includes('"choices":[]')]).toEqual([asked, !asked]);
      expect([led.includes('"total_tokens"'), followed.includes('"total_tokens"')]).toEqual([asked, !asked]);
    },
  );

  test('contextMatch subset: an answer that rests on other documents is not shared while it is made', async () => {
    await gateway.admin('PUT', '/policies/subset', { contextMatch: 'subset' });
    const about = (id: string) => ({ nearhit: { namespace: 'subset', context: [{ id, version: 1 }] } });
    const open = heldBack();
    const asked = ['A', 'A', 'B'].map((id) => gateway.ask('What do the documents say?', about(id)));
    await upstream.called(2);
    open.pass();
    for (const { status } of await Promise.all(asked)) expect(status).toBe(200);
    expect(upstream.calls).toHaveLength(2);
  });

  test('a follower does not get the refusal of what is no part of its own request', async () => {
    const open = gate();
    upstream.script = async (call, res) => {
      await open.passed;
      if (call.body.metadata === undefined) answerPlainly(call, res, 1);
      else
        sendJson(res, { error: { message: 'metadata?', type: 'invalid_request_error', param: null, code: null } }, 400);
    };
    const leader = gateway.ask('Whose fault is it?', { metadata: { wrong: 'yes' } });
    await upstream.called(1);
    const followers = Array.from({ length: 5 }, () => gateway.ask('Whose fault is it?'));
    await gateway.admin('GET', '/providers');
    open.pass();
    expect((await leader).status).toBe(400);
    for (const { status } of await Promise.all(followers)) expect(status).toBe(200);
    expect(upstream.calls).toHaveLength(2);
  });

  test('of an answer too long to be kept, each who waited gets one of its own at once', async () => {
    await gateway.admin('PUT', '/policies/long', { answerBytesMax: 2048 });
    const more = { nearhit: { namespace: 'long' } };
    const open = gate();
    upstream.script = async (call, res) => {
      await open.passed;
      sendJson(res, completion(call, 'long '.repeat(1000)));
    };
    const asked = Array.from({ length: 4 }, () => gateway.ask('How long is it?', more));
    await upstream.called(1);
    await gateway.admin('GET', '/providers');
    open.pass();
    for (const { status, json } of await Promise.all(asked)) {
      expect([status, json.choices[0].message.content.length]).toEqual([200, 5000]);
    }
    expect(cacheOf(await gateway.ask('How long is it?', more))).toMatchObject({ cache: 'miss' });
  });
});

describe('invalidation', () => {
  test('an answer that was being made when its document was invalidated is given out, not stored', async () => {
    const tagged = (tag: string) => ({ nearhit: { tags: [tag] } });
    const open = heldBack();
    const asked = [
      gateway.ask('What does the manual say?', tagged('doc:42@v3')),
      gateway.ask('And what does the law say?', tagged('doc:7')),
    ];
    await upstream.called(2);
    await gateway.admin('POST', '/invalidate', { tags: ['doc:42'] });
    await gateway.admin('POST', '/invalidate', { tags: ['doc:42'], dryRun: false });
    await gateway.admin('POST', '/invalidate', { tags: ['doc:7'] });
    open.pass();
    for (const { status } of await Promise.all(asked)) expect(status).toBe(200);
    expect(cacheOf(await gateway.ask('What does the manual say?'))).toMatchObject({ cache: 'miss' });
    expect(cacheOf(await gateway.ask('And what does the law say?'))).toMatchObject({ cache: 'hit' });
  });
});

test('only-if-cached never goes upstream, whatever the policy', async () => {
  for (const mode of ['on', 'off', 'shadow'] as const) {
    await gateway.admin('PUT', `/policies/only-${mode}`, { mode });
    const reply = await gateway.ask(
      'Is it there?',
      {},
      { 'x-nearhit-namespace': `only-${mode}`, 'cache-control': 'only-if-cached' },
    );
    expect([reply.status, reply.json.error.code]).toEqual([504, 'cache_miss']);
  }
  expect(upstream.calls).toHaveLength(0);
});

test('what the provider had cached of a prompt costs what the price list says', async () => {
  const priced = await Gateway.start(
    { OPENAI_BASE_URL: upstream.url },
    'models: [{ id: m, price: { inputUsdPerMTok: 10, cachedInputUsdPerMTok: 1, outputUsdPerMTok: 100 } }]',
  );
  const usage = { prompt_tokens: 1000, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 900 } };
  upstream.script = (call, res) => sendJson(res, { ...completion(call, 'cheap'), usage });
  try {
    expect((await priced.ask('How cheap is it?')).headers['x-nearhit-cost-usd']).toBe('0.0029');
    const { headers } = await priced.ask('How cheap is it?');
    expect([headers['x-nearhit-cost-usd'], headers['x-nearhit-saved-usd']]).toEqual(['0', '0.0029']);
  } finally {
    await priced.close();
  }
});

test('a provider that has no connection left says when to come again', async () => {
  const narrow = await Gateway.start(
    {},
    `providers: [{ id: narrow, kind: openai, baseUrl: '${upstream.url}', concurrencyMax: 1 }]`,
  );
  const open = heldBack();
  try {
    const asked = Array.from({ length: 12 }, (_, i) => narrow.ask(`Is it full yet, number ${i}?`));
    const busy = await Promise.race(asked);
    expect([busy.status, busy.json.error.code, busy.headers['retry-after']]).toEqual([503, 'upstream_busy', '1']);
    open.pass();
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 503)).toHaveLength(1);
  } finally {
    await narrow.close();
  }
});

describe('what the provider gets and sends', () => {
  test("a client's own credential, but never the admin token", async () => {
    upstream.script = (call, res) => sendJson(res, completion(call, 'yours'));
    const headers = (token: string) => ({ authorization: `Bearer ${token}` });
    await gateway.ask('Whose key is it?', {}, headers('sk-own'));
    await gateway.ask('Whose key is it?', {}, headers(ADMIN_TOKEN));
    await gateway.send('POST', '/v1/embeddings', { model: 'other', input: 'text' }, headers(ADMIN_TOKEN));
    expect(upstream.calls.map((call) => call.headers.authorization)).toEqual(['Bearer sk-own', undefined, undefined]);
  });

  test("without nearhit's own object every other byte of a field is as the client wrote it", async () => {
    const fields =
      '"model":"m","seed":9007199254740993,"top_p":1.0,"messages":[{"role":"user","content":"How exact?"}]';
    const reply = await gateway.send('POST', '/v1/chat/completions', `{"nearhit":{"namespace":"exact"},${fields}}`);
    expect(cacheOf(reply)).toMatchObject({ cache: 'bypass', reason: 'not-cacheable:unsafe-number' });
    expect(upstream.calls[0]?.raw.toString()).toBe(`{${fields}}`);
  });

  test('a stream cut in the middle of a line still ends in an event that can be read', async () => {
    upstream.script = (call, res) => {
      sseHead(res);
      res.write(chunk(call, { role: 'assistant', content: 'whole' }));
      res.write('data: {"id":"chatcmpl-s","object":"chat.comp', () => setTimeout(() => res.destroy(), 20));
    };
    const { text } = await gateway.ask('Where is the rest?', { stream: true });
    const events = text.split('\n\n').filter((event) => event.trim() !== '');
    expect(events).toHaveLength(2);
    expect(JSON.parse(events[0]?.replace('data: ', '') ?? '').choices[0].delta.content).toBe('whole');
    const [name, data] = events[1]?.trim().split('\n') ?? [];
    expect(name).toBe('event: error');
    expect(JSON.parse(data?.replace('data: ', '') ?? '').error.code).toBe('upstream_ended_early');
  });
});
