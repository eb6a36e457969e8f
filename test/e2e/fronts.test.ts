import { describe, expect, test } from '@jest/globals';
import { cacheOf, type GatewayClient, type Reply } from '../support/client.ts';
import { answerPlainly, chunk, sendJson, sseHead } from '../support/fake-upstream.ts';
import { describeEmbedded, describeModes } from '../support/room.ts';

const QUESTION = 'How long is a return ticket valid?';

type Stream = { readonly stream?: boolean };

const DOORS = {
  chat: {
    path: '/chat/completions',
    body: (question: string, more: Stream) => ({
      model: 'm',
      max_completion_tokens: 100,
      messages: [{ role: 'user', content: question }],
      ...(more.stream && { stream_options: { include_usage: true } }),
      ...more,
    }),
    textOf: ({ json }: Reply): string => json.choices[0].message.content,
    pieces: ({ choices }: { choices?: { delta: { content?: string } }[] }) => choices?.[0]?.delta.content,
  },
  messages: {
    path: '/messages',
    body: (question: string, more: Stream) => ({
      model: 'm',
      max_tokens: 100,
      messages: [{ role: 'user', content: question }],
      ...more,
    }),
    textOf: ({ json }: Reply): string => json.content[0].text,
    pieces: ({ delta }: { delta?: { text?: string } }) => delta?.text,
  },
  responses: {
    path: '/responses',
    body: (question: string, more: Stream) => ({ model: 'm', max_output_tokens: 100, input: question, ...more }),
    textOf: ({ json }: Reply): string => json.output[0].content[0].text,
    pieces: ({ type, delta }: { type?: string; delta?: string }) =>
      type === 'response.output_text.delta' ? delta : undefined,
  },
} as const;

type DoorName = keyof typeof DOORS;
const NAMES = Object.keys(DOORS) as DoorName[];

/** Asks by a door and reads the text, whole or out of the events. */
async function ask(
  gateway: GatewayClient,
  name: DoorName,
  question: string,
  { stream, at = '/v1', ...headers }: { stream?: boolean; at?: string; [header: string]: unknown } = {},
) {
  const door = DOORS[name];
  const body = door.body(question, stream === true ? { stream } : {});
  const reply = await gateway.send('POST', `${at}${door.path}`, body, headers as Record<string, string>);
  if (reply.status !== 200) return { reply, text: '' };
  if (stream !== true) return { reply, text: door.textOf(reply) };
  const events = reply.text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)));
  return { reply, text: events.map((event) => door.pieces(event) ?? '').join('') };
}

describeModes((t) => {
  test('one stored answer serves all doors, whole and streamed', async () => {
    for (const first of NAMES) {
      const namespace = { 'x-nearhit-namespace': `first-${first}` };
      const { reply, text } = await ask(t.gateway, first, QUESTION, namespace);
      expect([cacheOf(reply).cache, text]).toEqual(['miss', `answer to: ${QUESTION}`]);
      for (const name of NAMES) {
        for (const stream of [false, true]) {
          const again = await ask(t.gateway, name, QUESTION, { stream, ...namespace });
          expect([cacheOf(again.reply).cache, again.text]).toEqual(['hit', text]);
          expect(again.reply.headers['x-nearhit-entry']).toBe(reply.headers['x-nearhit-entry']);
        }
      }
    }
    expect(t.upstream.calls).toHaveLength(NAMES.length);
  });

  test('equal questions at the same time share one call, by whatever door they came', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    t.upstream.script = async (call, res, turn) => {
      await held;
      answerPlainly(call, res, turn);
    };
    const headers = { 'x-nearhit-namespace': 'joined' };
    const asked = NAMES.flatMap((name) =>
      [false, true].map((stream) => ask(t.gateway, name, 'All at once?', { stream, ...headers })),
    );
    await t.upstream.called(1);
    release();
    const answers = await Promise.all(asked);
    expect(answers.map(({ text }) => text)).toEqual(answers.map(() => 'answer to: All at once?'));
    expect(t.upstream.calls).toHaveLength(1);
  });
});

describeEmbedded((t) => {
  test.each(NAMES)('%s: every header of the cache, and controls in the body', async (name) => {
    const door = DOORS[name];
    const body = { ...door.body(`controls ${name}`, {}), nearhit: { namespace: `in-body-${name}`, tags: ['doc:1'] } };
    const miss = await t.gateway.send('POST', `/v1${door.path}`, body, { 'x-request-id': 'mine' });
    expect(miss.headers).toMatchObject({
      'content-type': 'application/json',
      'x-nearhit-cache': 'miss',
      'x-nearhit-reason': 'no-candidate',
      'x-nearhit-provider': 'openai',
      'x-nearhit-model': 'm',
      'x-nearhit-attempts': '1',
      'x-nearhit-cost-usd': '0',
      'x-nearhit-entry': expect.stringMatching(/^[0-9a-f]{64}$/),
      'x-nearhit-overhead-ms': expect.any(String),
      'x-request-id': 'mine',
      'content-length': String(Buffer.byteLength(miss.text)),
    });
    const hit = await t.gateway.send('POST', `/v1${door.path}`, body);
    expect(hit.headers).toMatchObject({ 'x-nearhit-cache': 'hit', 'x-nearhit-layer': 'l1', age: expect.any(String) });
    expect(hit.text).toBe(miss.text);
    expect(t.upstream.calls[0]?.body).not.toHaveProperty('nearhit');
    const off = await ask(t.gateway, name, `controls ${name}`, { 'x-nearhit-cache': 'off' });
    expect(off.reply.headers).toMatchObject({ 'x-nearhit-cache': 'bypass', 'x-nearhit-reason': 'cache-off' });
  });

  test.each(['messages', 'responses'] as const)('%s: a provider that answers a stream with JSON', async (name) => {
    t.upstream.script = (call, res, turn) => {
      const { stream: _, ...body } = call.body;
      answerPlainly({ ...call, body }, res, turn);
    };
    const { reply, text } = await ask(t.gateway, name, `JSON for a stream, ${name}`, { stream: true });
    expect(reply.headers['content-type']).toMatch(/^text\/event-stream/);
    expect(text).toBe(`answer to: JSON for a stream, ${name}`);
  });

  test.each(['messages', 'responses'] as const)('%s: a 200 that is no answer is an error it can tell', async (name) => {
    for (const garbage of ['<html>busy</html>', '{"object":"list"}', '']) {
      t.upstream.script = (_call, res) => void res.writeHead(200, { 'content-type': 'application/json' }).end(garbage);
      const { reply } = await ask(t.gateway, name, `garbage ${name} ${garbage}`);
      expect([reply.status, reply.json.error.code]).toEqual([502, 'upstream_invalid_response']);
    }
  });

  test.each(['messages', 'responses'] as const)('%s: a stream without its end says so', async (name) => {
    t.upstream.script = (call, res) => {
      sseHead(res);
      res.end(chunk(call, { content: 'half' }));
    };
    const { reply, text } = await ask(t.gateway, name, `unfinished, ${name}`, { stream: true });
    expect(text).toBe('half');
    expect(reply.text).toContain('event: error\n');
    expect(reply.text).not.toMatch(/message_stop|response\.completed/);
  });

  test('errors before there is an answer have the shape of their API', async () => {
    const messages = await t.gateway.send('POST', '/v1/messages', '{"model":');
    expect([messages.status, messages.json]).toEqual([
      400,
      { type: 'error', error: { type: 'invalid_request_error', message: expect.any(String), code: 'invalid_json' } },
    ]);
    const counted = await t.gateway.send('POST', '/v1/messages/count_tokens', { model: 'm' });
    expect([counted.status, counted.json.type, counted.json.error.param]).toEqual([400, 'error', 'messages']);
    const responses = await t.gateway.send('POST', '/v1/responses', { model: 'm' });
    expect([responses.status, responses.json.error.type, responses.json.error.param]).toEqual([
      400,
      'invalid_request_error',
      'input',
    ]);
    const wrongMethod = await t.gateway.send('GET', '/v1/messages');
    expect([wrongMethod.status, wrongMethod.headers.allow]).toEqual([405, 'POST, OPTIONS']);
    expect(wrongMethod.json).toMatchObject({ type: 'error', error: { code: 'method_not_allowed' } });
    expect((await t.gateway.send('GET', '/v1/responses/resp_1')).status).toBe(404);
  });

  describe('one provider by its path', () => {
    const two = async () => {
      const yaml = `providers: [{ id: one, baseUrl: ${t.upstream.url} }, { id: other, baseUrl: ${t.upstream.url} }]
models: [{ id: m, targets: [{ provider: one, model: m-at-one }] }]
cache: { lookupTimeoutMs: 5000 }
`;
      return t.gateway.beside(yaml);
    };

    test('whatever the model, and their answers do not mix', async () => {
      const gateway = await two();
      for (const at of ['/one/v1', '/other/v1']) {
        for (const [turn, name] of NAMES.entries()) {
          const { reply, text } = await ask(gateway, name, 'By path?', { at });
          expect(text).toBe('answer to: By path?');
          expect(cacheOf(reply).cache).toBe(turn === 0 ? 'miss' : 'hit');
          // Where the configuration knows the provider's own name for the model, that is asked for.
          const model = at === '/one/v1' ? 'm-at-one' : 'm';
          expect(reply.headers).toMatchObject({ 'x-nearhit-provider': at.split('/')[1], 'x-nearhit-model': model });
        }
      }
      expect(cacheOf((await ask(gateway, 'chat', 'By path?')).reply).cache).toBe('miss');
      expect(t.upstream.calls.map(({ body }) => body.model)).toEqual(['m-at-one', 'm', 'm-at-one']);
      const unknownModel = await gateway.send('POST', '/one/v1/chat/completions?x=1', {
        model: 'never-configured',
        messages: [{ role: 'user', content: 'x' }],
      });
      expect([unknownModel.status, t.upstream.calls.at(-1)?.body.model]).toEqual([200, 'never-configured']);
    });

    test('embeddings and models are its own', async () => {
      const gateway = await two();
      t.upstream.script = (_call, res) => sendJson(res, { object: 'list', data: [] });
      const body = { model: 'all-MiniLM-L6-v2', input: 'x' };
      const { status, headers } = await gateway.send('POST', '/other/v1/embeddings', body);
      expect([status, headers['x-nearhit-provider']]).toEqual([200, 'other']);
      expect(t.upstream.calls.map(({ body: sent }) => sent)).toEqual([body]);
      const { json } = await gateway.send('GET', '/other/v1/models');
      expect(json.data).toEqual([{ id: 'm', object: 'model', created: 0, owned_by: 'other' }]);
      expect((await gateway.send('GET', '/other/v1/models/m')).json).toMatchObject({ id: 'm' });
    });

    test('an unknown one is a 404 that names the known', async () => {
      const gateway = await two();
      for (const path of ['/nobody/v1/chat/completions', '/nobody/v1/messages', '/nobody/v1/models']) {
        const { status, json } = await gateway.send(path.endsWith('models') ? 'GET' : 'POST', path);
        expect([status, json.error.code]).toEqual([404, 'not_found']);
        expect(json.error.message).toContain('`nobody`');
        expect(json.error.message).toContain('`one`, `other`');
      }
      expect((await gateway.send('POST', '/one/v1/nothing', {})).status).toBe(404);
      expect((await gateway.send('GET', '/one/v1/messages')).status).toBe(405);
    });
  });
});
