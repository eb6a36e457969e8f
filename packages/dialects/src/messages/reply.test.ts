import { describe, expect, test } from '@jest/globals';
import { NearhitError } from '@nearhit/core';
import { chunksOf, eventsOf, streamed } from '../../test/replies.ts';
import { messagesDialect } from './dialect.ts';
import { answer, gathered, replies, text, whole } from './reply.samples.ts';

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
