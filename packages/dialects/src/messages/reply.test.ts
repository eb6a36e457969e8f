import { describe, expect, test } from '@jest/globals';
import { type JsonObject, NearhitError } from '@nearhit/core';
import fc from 'fast-check';
import { answers, chatStream, chunksOf, cuts, eventsOf, type Heard, streamed } from '../../test/replies.ts';
import { messagesDialect } from './dialect.ts';

const { replies } = messagesDialect.read(
  Buffer.from('{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"q"}]}'),
);

const whole = (answer: object): JsonObject => JSON.parse(replies.whole(Buffer.from(JSON.stringify(answer))).toString());

/** What a client makes of the events, checking their order. */
function gathered(events: readonly Heard[]): JsonObject {
  const [start, ...rest] = events as (Heard & { index: number; delta: JsonObject; content_block: JsonObject })[];
  expect(start?.type).toBe('message_start');
  const message = { ...(start?.message as JsonObject), content: [] as JsonObject[] } as JsonObject & {
    content: JsonObject[];
  };
  let open = false;
  let json = '';
  for (const { type, index, delta, content_block, usage } of rest) {
    const block = message.content.at(-1) as JsonObject;
    if (type === 'content_block_start') {
      expect([open, index]).toEqual([false, message.content.length]);
      message.content.push({ ...content_block });
      open = true;
      json = '';
    } else if (type === 'content_block_delta') {
      expect([open, index]).toEqual([true, message.content.length - 1]);
      if (delta.type === 'text_delta') block.text = `${block.text}${delta.text}`;
      else if (delta.type === 'thinking_delta') block.thinking = `${block.thinking}${delta.thinking}`;
      else if (delta.type === 'signature_delta') block.signature = delta.signature;
      else if (delta.type === 'citations_delta') block.citations = [...((block.citations as []) ?? []), delta.citation];
      else json += delta.partial_json;
    } else if (type === 'content_block_stop') {
      expect([open, index]).toEqual([true, message.content.length - 1]);
      if (json !== '') block.input = JSON.parse(json);
      open = false;
    } else if (type === 'message_delta') Object.assign(message, delta, { usage });
    else expect(type).toBe('message_stop');
  }
  expect(events.at(-1)?.type).toBe('message_stop');
  return message;
}

const answer = (message: object, choice: object = {}, more: object = {}) => ({
  id: 'chatcmpl-1',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...choice }],
  ...more,
});

const text = (value: string) => ({ type: 'text', text: value });

describe('whole', () => {
  test('a message', () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 7,
      prompt_tokens_details: { cached_tokens: 60 },
      cache_creation_input_tokens: 30,
    };
    expect(whole(answer({ content: 'a' }, {}, { usage, service_tier: 'standard' }))).toEqual({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [text('a')],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: {
        input_tokens: 10,
        cache_creation_input_tokens: 30,
        cache_read_input_tokens: 60,
        output_tokens: 7,
        service_tier: 'standard',
      },
    });
  });

  const call = (name: string, args: string) => ({
    id: `call_${name}`,
    type: 'function',
    function: { name, arguments: args },
  });
  const use = (name: string, input: unknown) => ({ type: 'tool_use', id: `call_${name}`, name, input });

  test.each<[name: string, message: object, content: unknown[]]>([
    ['nothing', { content: null }, []],
    ['an empty text', { content: '' }, []],
    ['a refusal', { content: null, refusal: 'no' }, [text('no')]],
    [
      'unsigned thoughts',
      { content: 'a', reasoning: 't' },
      [{ type: 'thinking', thinking: 't', signature: '' }, text('a')],
    ],
    [
      'signed thoughts, told once',
      {
        content: 'a',
        reasoning_content: 'onetwo',
        thinking_blocks: [
          { index: 0, type: 'thinking', thinking: 'one', signature: 's1' },
          { index: 1, type: 'redacted_thinking', data: 'r' },
          { index: 2, type: 'thinking', thinking: 'two', signature: 's2' },
        ],
      },
      [
        { type: 'thinking', thinking: 'one', signature: 's1' },
        { type: 'redacted_thinking', data: 'r' },
        { type: 'thinking', thinking: 'two', signature: 's2' },
        text('a'),
      ],
    ],
    [
      'calls',
      { content: 'a', tool_calls: [call('f', '{"x":1}'), call('g', '')] },
      [text('a'), use('f', { x: 1 }), use('g', {})],
    ],
    [
      'what providers want to see again',
      {
        content: null,
        tool_calls: [
          { ...call('f', '{}'), extra_content: { anthropic: { caller: 'c' }, google: { thought_signature: 'g' } } },
        ],
      },
      [{ ...use('f', {}), caller: 'c', extra_content: { google: { thought_signature: 'g' } } }],
    ],
    [
      'blocks of Anthropic’s own tools; Gemini’s are none',
      {
        content: 'a',
        native_blocks: [
          { type: 'server_tool_use', id: 's' },
          { type: 'executableCode', executableCode: {} },
        ],
      },
      [{ type: 'server_tool_use', id: 's' }, text('a')],
    ],
    [
      'sources',
      { content: 'a', citations: [{ type: 'page_location' }] },
      [{ ...text('a'), citations: [{ type: 'page_location' }] }],
    ],
    [
      'content in parts, as Mistral’s',
      { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 't' }] }, text('a'), text('b')] },
      [{ type: 'thinking', thinking: 't', signature: '' }, text('ab')],
    ],
    [
      'pictures',
      { content: null, images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } }] },
      [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } }],
    ],
  ])('%s', (_name, message, content) => {
    expect(whole(answer(message)).content).toEqual(content);
    expect(gathered(eventsOf(replies.replay(Buffer.from(JSON.stringify(answer(message)))))).content).toEqual(content);
  });

  test('arguments that are no JSON stay readable', () => {
    expect(whole(answer({ content: null, tool_calls: [call('f', '{"x":')] })).content).toEqual([use('f', '{"x":')]);
  });

  test.each([
    [{ finish_reason: 'stop' }, 'end_turn', null],
    [{ finish_reason: 'length' }, 'max_tokens', null],
    [{ finish_reason: 'tool_calls' }, 'tool_use', null],
    [{ finish_reason: 'content_filter' }, 'refusal', null],
    [{ finish_reason: 'length', native_finish_reason: 'pause_turn' }, 'pause_turn', null],
    [{ finish_reason: 'stop', native_finish_reason: 'STOP' }, 'end_turn', null],
    [{ finish_reason: 'stop', stop_sequence: '###' }, 'stop_sequence', '###'],
    [{ finish_reason: 'compaction' }, 'compaction', null],
    [{ finish_reason: 'eos' }, 'end_turn', null],
  ])('%j', (choice, reason, sequence) => {
    const expected = { stop_reason: reason, stop_sequence: sequence };
    expect(whole(answer({ content: 'a' }, choice))).toMatchObject(expected);
    expect(gathered(streamed(replies, chunksOf([{ content: 'a' }], choice)))).toMatchObject(expected);
  });

  test.each(['', '<html>', '[]', '{}', '{"choices":[]}', '{"choices":[{"index":0}]}', '{"error":{"message":"x"}}'])(
    '%j is no answer',
    (body) => {
      for (const render of [replies.whole, replies.replay])
        expect(() => render(Buffer.from(body))).toThrow(expect.objectContaining({ kind: 'UPSTREAM_INVALID' }));
    },
  );
});

describe('stream', () => {
  test('the events, in order', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 2 };
    const call = { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '' } };
    const deltas = [
      { role: 'assistant', content: '' },
      { reasoning_content: 'hm' },
      { thinking_blocks: [{ index: 0, type: 'thinking', thinking: 'hm', signature: 's' }] },
      { content: 'a' },
      { tool_calls: [call] },
      { tool_calls: [{ index: 0, function: { arguments: '{}' } }] },
    ];
    const zero = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
    expect(streamed(replies, chunksOf(deltas, { finish_reason: 'tool_calls' }, usage))).toEqual([
      {
        type: 'message_start',
        message: {
          ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [] },
          ...{ stop_reason: null, stop_sequence: null },
          usage: { input_tokens: 0, output_tokens: 0, ...zero },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 's' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'a' } },
      { type: 'content_block_stop', index: 1 },
      { type: 'content_block_start', index: 2, content_block: { type: 'tool_use', id: 'c', name: 'f', input: {} } },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{}' } },
      { type: 'content_block_stop', index: 2 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'tool_use', stop_sequence: null },
        usage: { input_tokens: 3, output_tokens: 2, ...zero },
      },
      { type: 'message_stop' },
    ]);
  });

  test('whole, replayed and streamed are one message', () => {
    fc.assert(
      fc.property(answers, cuts, (one, at) => {
        const message = whole(one);
        expect(gathered(eventsOf(replies.replay(Buffer.from(JSON.stringify(one)))))).toEqual(message);
        expect(gathered(streamed(replies, chatStream(one), at))).toEqual(message);
      }),
    );
  });

  test('a chat stream through the cache and back is the one that was streamed live', () => {
    const thoughts = ['one', 'two'].map((thinking, index) => ({
      index,
      type: 'thinking',
      thinking,
      signature: `s${index}`,
    }));
    const deltas = thoughts.flatMap((block) => [{ reasoning_content: block.thinking }, { thinking_blocks: [block] }]);
    const live = gathered(streamed(replies, chunksOf([...deltas, { content: 'a' }])));
    const stored = answer({ content: 'a', reasoning_content: 'onetwo', thinking_blocks: thoughts });
    expect(live.content).toEqual(whole(stored).content);
  });

  test('a comment becomes a ping', () => {
    const stream = replies.stream();
    expect(eventsOf(stream.push(Buffer.from(': still at it\n\n')))).toEqual([{ type: 'ping' }]);
  });

  test.each<[name: string, bytes: string, type: string]>([
    ['nothing at all', '', 'api_error'],
    ['no JSON', 'data: {"choices":\n\n', 'api_error'],
    [
      'an error event',
      'event: error\ndata: {"error":{"message":"m","type":"overloaded_error"}}\n\n',
      'overloaded_error',
    ],
    ['an error in the data', 'data: {"error":"m"}\n\n', 'api_error'],
    ['an end before the end', 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n', 'api_error'],
  ])('%s ends in one error event', (_name, bytes, type) => {
    const events = streamed(replies, Buffer.from(bytes));
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { type, message: expect.any(String) } });
    expect(events.filter((event) => event.type === 'error' || event.type === 'message_stop')).toHaveLength(1);
  });

  test('whatever comes after its end is not told', () => {
    const stream = replies.stream();
    stream.push(chunksOf([{ content: 'a' }]));
    expect(stream.push(chunksOf([{ content: 'b' }]))).toHaveLength(0);
    expect(stream.end()).toHaveLength(0);
    expect(stream.fail(new NearhitError('UPSTREAM_UNREACHABLE', 'gone'))).toHaveLength(0);
  });

  test('a finish reason is an end, also without [DONE]', () => {
    const bytes = chunksOf([{ content: 'a' }])
      .toString()
      .replace('data: [DONE]\n\n', '');
    expect(gathered(streamed(replies, Buffer.from(bytes))).content).toEqual([text('a')]);
  });
});

describe('errors', () => {
  test.each([
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [402, 'billing_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
    [413, 'request_too_large'],
    [422, 'invalid_request_error'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [503, 'overloaded_error'],
    [529, 'overloaded_error'],
  ])('%i', (status, type) => {
    const body = Buffer.from('{"error":{"message":"told so","type":"x","code":"y","param":null}}');
    expect(JSON.parse(replies.error(body, status).toString())).toEqual({
      type: 'error',
      error: { type, message: 'told so', code: 'y' },
    });
  });

  test.each(['<html>', '', '[]', '{"error":{}}'])('a body without words: %j', (body) => {
    const { error } = JSON.parse(replies.error(Buffer.from(body), 502).toString());
    expect(error).toEqual({ type: 'api_error', message: 'The provider answered with status 502 and no message.' });
  });

  test('nearhit’s own', () => {
    const error = new NearhitError('INVALID_REQUEST', 'wrong', { param: 'model' });
    expect(JSON.parse(messagesDialect.error(error, 400).toString())).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: 'wrong', param: 'model' },
    });
  });
});
