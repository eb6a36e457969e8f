import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { assembleStream, type JsonObject, renderSse } from '@nearhit/core';
import type { ProviderConfig } from '../config.ts';
import { createUpstream, type Gateway } from '../upstream.ts';
import { gateway, openAi } from './config.ts';
import { dialectFaults } from './dialect.faults.ts';
import { type FakeDialect, HELLO, MODEL, type Said, saying } from './fake-dialect.ts';
import { type Origin, startOrigin } from './origin.ts';
import { chatCall, type Recording, record } from './recorder.ts';

const TOOLS = [
  {
    type: 'function',
    function: {
      name: 'weather',
      description: 'Of a town',
      parameters: { type: 'object', properties: { town: { type: 'string' } }, required: ['town'] },
    },
  },
  {
    type: 'function',
    function: { name: 'time', parameters: { type: 'object', properties: { zone: { type: 'string' } } } },
  },
];
const CALLS = [
  { id: 'call_a1', name: 'weather', args: { town: 'Köln', days: 2 } },
  { id: 'call_b2', name: 'time', args: { zone: 'UTC' } },
];

/** What a client sees of every provider, whatever API that speaks: over real sockets, against a fake of it. */
export function dialectConformance(dialect: FakeDialect, config: (origin: Origin) => Partial<ProviderConfig>): void {
  describe(`dialect conformance: ${dialect.kind}`, () => {
    let origin: Origin;
    let upstream: Gateway;

    beforeEach(async () => {
      origin = await startOrigin(saying(dialect, HELLO));
      upstream = createUpstream(gateway([openAi('', { kind: dialect.kind, apiKeys: ['key-1'], ...config(origin) })]));
    });
    afterEach(async () => {
      await upstream.close();
      await origin.close();
    });

    const ask = (fields: JsonObject = {}, headers = {}): Promise<Recording> => {
      const { messages = [{ role: 'user', content: 'Hi' }], ...rest } = fields;
      const stream = rest.stream === true;
      const options = stream ? { stream_options: { include_usage: true } } : {};
      const body = Buffer.from(JSON.stringify({ model: MODEL, messages, ...options, ...rest }));
      return record(upstream, chatCall({ model: MODEL, body, stream, headers })).done;
    };
    const heard = () => {
      const call = origin.calls.at(-1);
      if (call === undefined) throw new Error('nothing was asked');
      return dialect.hear(call);
    };
    /** The answer in its canonical form, asked for whole and as a stream: both must be one. */
    const answer = async (said: Said | Said[], fields: JsonObject = {}) => {
      origin.script(saying(dialect, said));
      const whole = canonical(renderSse(Buffer.from((await ask(fields)).text()), { includeUsage: true }));
      const streamed = canonical([Buffer.from((await ask({ ...fields, stream: true })).text())]);
      expect({ ...streamed, created: 0 }).toEqual({ ...whole, created: 0 });
      return whole;
    };

    test('text, the same whole and streamed, in OpenAI’s form', async () => {
      const { id, object, model, choices } = await answer(HELLO);
      expect({ id: typeof id, object, model }).toEqual({ id: 'string', object: 'chat.completion', model: MODEL });
      expect(choices).toMatchObject([
        { index: 0, message: { role: 'assistant', content: HELLO.text, refusal: null }, finish_reason: 'stop' },
      ]);
    });

    test('what it is asked: model, system, turns, limits, key', async () => {
      await ask({
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'One' },
          { role: 'assistant', content: 'Two' },
          { role: 'user', content: [{ type: 'text', text: 'Three' }] },
        ],
        max_tokens: 77,
        temperature: 0.5,
        stop: ['END'],
      });
      expect(heard()).toMatchObject({
        ...{ model: MODEL, stream: false, system: 'Be brief.', maxTokens: 77, temperature: 0.5, stop: ['END'] },
        turns: ['user: One', 'assistant: Two', 'user: Three'],
        key: 'key-1',
      });
    });

    test('tools go out, calls come back, whole and streamed', async () => {
      const { choices } = await answer({ calls: CALLS, end: 'calls' }, { tools: TOOLS, tool_choice: 'required' });
      expect(heard().tools).toEqual([
        { name: 'weather', properties: ['town'] },
        { name: 'time', properties: ['zone'] },
      ]);
      const { message, finish_reason } = choices[0] as { message: JsonObject; finish_reason: string };
      expect(finish_reason).toBe('tool_calls');
      expect(message.content).toBeNull();
      expect(message.tool_calls).toEqual(
        CALLS.map(({ id, name, args }) => ({
          id,
          type: 'function',
          function: { name, arguments: JSON.stringify(args) },
        })),
      );
    });

    test.each([
      ['auto', 'auto'],
      ['none', 'none'],
      ['required', 'required'],
      [{ type: 'function', function: { name: 'time' } }, 'time'],
    ])('tool_choice %j', async (tool_choice, expected) => {
      await ask({ tools: TOOLS, tool_choice });
      expect(heard().toolChoice).toBe(expected);
    });

    test('calls and their results in the history', async () => {
      const tool_calls = CALLS.map(({ id, name, args }) => ({
        id,
        type: 'function',
        function: { name, arguments: JSON.stringify(args) },
      }));
      await ask({
        tools: TOOLS,
        messages: [
          { role: 'user', content: 'Weather and time?' },
          { role: 'assistant', content: null, tool_calls },
          { role: 'tool', tool_call_id: 'call_a1', content: 'rain' },
          { role: 'tool', tool_call_id: 'call_b2', content: [{ type: 'text', text: '12:00' }] },
        ],
      });
      expect(heard().calls).toEqual(CALLS.map(({ name, args }) => ({ name, args })));
      expect(heard().results).toEqual([
        { of: 'weather', text: 'rain' },
        { of: 'time', text: '12:00' },
      ]);
    });

    test('images, inline and by link', async () => {
      const image = (url: string) => ({ type: 'image_url', image_url: { url } });
      const content = [
        { type: 'text', text: 'What is it?' },
        image('data:image/png;base64,iVBORw0KGgo='),
        image('https://example.com/cat.jpg'),
      ];
      await ask({ messages: [{ role: 'user', content }] });
      expect(heard().images).toEqual(['image/png iVBORw0KGgo=', 'https://example.com/cat.jpg']);
      expect(heard().turns).toEqual(['user: What is it?']);
    });

    test.each([
      ['stop', 'stop'],
      ['length', 'length'],
      ['filtered', 'content_filter'],
    ] as const)('an answer that ends by %s', async (end, finish_reason) => {
      expect((await answer({ text: 'So far', end })).choices).toMatchObject([{ finish_reason }]);
    });

    test('thoughts are reasoning_content, whole and streamed', async () => {
      const { choices } = await answer({ thought: 'Let me see: 1 + 1.', text: 'Two' });
      expect(choices).toMatchObject([{ message: { reasoning_content: 'Let me see: 1 + 1.', content: 'Two' } }]);
    });

    test('usage, to the token', async () => {
      const usage = { input: 1_234, cached: 1_000, output: 321, thought: 200 };
      expect((await answer({ ...HELLO, usage })).usage).toMatchObject({
        prompt_tokens: 1_234,
        completion_tokens: 321,
        total_tokens: 1_555,
        prompt_tokens_details: { cached_tokens: 1_000 },
        completion_tokens_details: { reasoning_tokens: 200 },
      });
    });

    test('fields that no dialect knows survive, both ways', async () => {
      const field = { deep: [1, { a: null }] };
      expect(await answer({ ...HELLO, extra: { x_vendor: field } }, { x_client: field })).toMatchObject({
        x_vendor: field,
      });
      expect(heard().body.x_client).toEqual(field);
    });

    test('several choices, or a clear no', async () => {
      const many = [HELLO, { text: 'Good day.' }];
      if (dialect.choices) {
        const { choices } = await answer(many, { n: 2 });
        expect(choices.map(({ index, message }) => [index, (message as JsonObject).content])).toEqual([
          [0, HELLO.text],
          [1, 'Good day.'],
        ]);
        return;
      }
      const { error, events } = await ask({ n: 2 });
      expect(events).toEqual(['error']);
      expect(error).toMatchObject({ kind: 'INVALID_REQUEST', param: 'n', status: 400 });
      expect(origin.calls).toHaveLength(0);
    });

    dialectFaults(dialect, () => origin, ask);

    test('no usage is asked for: none comes in a stream', async () => {
      const { text } = await ask({ stream: true, stream_options: { include_usage: false } });
      if (!dialect.passes) expect(text()).not.toContain('"usage"');
      expect(assembleStream(Buffer.from(text())).kind).toBe('complete');
    });

    test('its models', async () => {
      const { path, body, ids } = dialect.list;
      origin.script((call, response) => {
        response.writeHead(call.path === path ? 200 : 404, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      });
      expect((await upstream.models()).map(({ id }) => id)).toEqual(ids);
    });

    test('a key of the client where the house has none, never a nearhit key; headers of the operator win', async () => {
      const headers = { 'X-Team': 'blue', 'x-request-id': 'operators' };
      upstream.reconfigure(gateway([openAi('', { kind: dialect.kind, headers, ...config(origin) })]));
      const call = (credential: string) =>
        record(upstream, chatCall({ model: MODEL, credential, headers: { 'x-request-id': 'clients' } })).done;
      await call('sk-client');
      expect(heard().key).toBe('sk-client');
      expect(origin.calls.at(-1)?.headers).toMatchObject({ 'x-team': 'blue', 'x-request-id': 'operators' });
      await call('nh_secret');
      expect(JSON.stringify(origin.calls.at(-1)?.headers)).not.toContain('nh_secret');
    });
  });
}

function canonical(events: Buffer[]) {
  const assembled = assembleStream(Buffer.concat(events));
  if (assembled.kind !== 'complete') throw new Error(`incomplete: ${assembled.why}`);
  return assembled.answer;
}
