import { describe, expect, test } from '@jest/globals';
import { assembleStream, type JsonObject, renderSse } from '@nearhit/core';
import { anthropicReply } from './reply.ts';
import { toAnthropicRequest } from './request.ts';

const OPTIONS = { model: 'claude-x', includeUsage: true };
const USAGE = {
  input_tokens: 10,
  cache_read_input_tokens: 5,
  cache_creation_input_tokens: 3,
  cache_creation: { ephemeral_5m_input_tokens: 3 },
  output_tokens: 20,
  service_tier: 'standard',
  server_tool_use: { web_search_requests: 1 },
};
const CITATION = { type: 'web_search_result_location', url: 'https://a.example', title: 'A', cited_text: 'a' };
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-x-1',
  container: { id: 'c1' },
  content: [
    { type: 'thinking', thinking: 'Let me see.', signature: 'sig' },
    { type: 'redacted_thinking', data: 'secret' },
    { type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: { query: 'a' } },
    { type: 'web_search_tool_result', tool_use_id: 'srv_1', content: [] },
    { type: 'text', text: 'Hello ' },
    { type: 'text', text: 'Zoë 👋', citations: [CITATION] },
    { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 'ä', b: [1] }, caller: { type: 'direct' } },
    { type: 'tool_use', id: 'toolu_2', name: 'g', input: {} },
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: USAGE,
};

function whole(message: JsonObject, status = 200): JsonObject {
  const reply = anthropicReply({ ...OPTIONS, stream: false });
  expect(reply.head(status, { date: 'Thu, 01 Jan 1970 00:00:09 GMT' })).toBeUndefined();
  reply.data(Buffer.from(JSON.stringify(message)));
  return JSON.parse(reply.end().data.toString());
}

function streamed(text: string): string {
  const reply = anthropicReply({ ...OPTIONS, stream: true });
  reply.head(200, { 'content-type': 'text/event-stream', date: 'Thu, 01 Jan 1970 00:00:09 GMT' });
  const data = reply.data(Buffer.from(text));
  return Buffer.concat([data, reply.end().data]).toString();
}

const event = (type: string, value: JsonObject) => `event: ${type}\ndata: ${JSON.stringify({ type, ...value })}\n\n`;
const block = (index: number, content_block: JsonObject, ...deltas: JsonObject[]) =>
  event('content_block_start', { index, content_block }) +
  deltas.map((delta) => event('content_block_delta', { index, delta })).join('') +
  event('content_block_stop', { index });

const EVENTS = [
  event('message_start', {
    message: { ...MESSAGE, content: [], stop_reason: null, usage: { ...USAGE, output_tokens: 1 } },
  }),
  event('ping', {}),
  block(
    0,
    { type: 'thinking', thinking: '', signature: '' },
    { type: 'thinking_delta', thinking: 'Let me' },
    { type: 'thinking_delta', thinking: ' see.' },
    { type: 'signature_delta', signature: 'sig' },
  ),
  block(1, { type: 'redacted_thinking', data: 'secret' }),
  block(2, { ...MESSAGE.content[2], input: {} }, { type: 'input_json_delta', partial_json: '{"query":"a"}' }),
  block(3, MESSAGE.content[3] ?? {}),
  block(4, { type: 'text', text: '' }, { type: 'text_delta', text: 'Hello ' }),
  block(
    5,
    { type: 'text', text: '' },
    { type: 'text_delta', text: 'Zoë ' },
    { type: 'text_delta', text: '👋' },
    { type: 'citations_delta', citation: CITATION },
  ),
  block(
    6,
    { ...MESSAGE.content[6], input: {} },
    { type: 'input_json_delta', partial_json: '' },
    { type: 'input_json_delta', partial_json: '{"a":"ä",' },
    { type: 'input_json_delta', partial_json: '"b":[1]}' },
  ),
  block(7, { ...MESSAGE.content[7], input: {} }),
  event('a_kind_of_event_to_come', { x: 1 }),
  event('message_delta', { delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 20 } }),
  event('message_stop', {}),
].join('');

function assembled(text: string) {
  const result = assembleStream(Buffer.from(text));
  if (result.kind !== 'complete') throw new Error(result.why);
  return result.answer;
}

describe('an answer', () => {
  test('everything it carries has its place', () => {
    expect(whole(MESSAGE)).toEqual({
      id: 'msg_1',
      object: 'chat.completion',
      created: 9,
      model: 'claude-x-1',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Hello Zoë 👋',
            refusal: null,
            reasoning_content: 'Let me see.',
            thinking_blocks: [MESSAGE.content[0], MESSAGE.content[1]],
            native_blocks: [MESSAGE.content[2], MESSAGE.content[3]],
            tool_calls: [
              {
                id: 'toolu_1',
                type: 'function',
                function: { name: 'f', arguments: '{"a":"ä","b":[1]}' },
                extra_content: { anthropic: { caller: { type: 'direct' } } },
              },
              { id: 'toolu_2', type: 'function', function: { name: 'g', arguments: '{}' } },
            ],
            citations: [CITATION],
            annotations: [
              {
                type: 'url_citation',
                url_citation: { url: 'https://a.example', title: 'A', start_index: 6, end_index: 12 },
              },
            ],
          },
          logprobs: null,
          finish_reason: 'tool_calls',
        },
      ],
      usage: {
        prompt_tokens: 18,
        completion_tokens: 20,
        total_tokens: 38,
        prompt_tokens_details: { cached_tokens: 5 },
        completion_tokens_details: { reasoning_tokens: 0 },
        cache_creation_input_tokens: 3,
        cache_creation: { ephemeral_5m_input_tokens: 3 },
        server_tool_use: { web_search_requests: 1 },
      },
      service_tier: 'standard',
      container: { id: 'c1' },
    });
  });

  test('its stream comes together to the same answer, thoughts included', () => {
    const rendered = Buffer.concat(renderSse(Buffer.from(JSON.stringify(whole(MESSAGE))), { includeUsage: true }));
    expect(assembled(streamed(EVENTS))).toEqual(assembled(rendered.toString()));
  });

  test('given back, it is the assistant’s turn that Anthropic had sent', () => {
    const [choice] = whole(MESSAGE).choices as { message: JsonObject }[];
    const body = { model: 'x', messages: [{ role: 'user', content: 'q' }, choice?.message ?? {}] };
    const { messages } = JSON.parse(
      toAnthropicRequest(Buffer.from(JSON.stringify(body)), { model: 'claude-x' }).toString(),
    );
    const [thinking, redacted, search, found, , , f, g] = MESSAGE.content;
    expect(messages[1].content).toEqual([
      ...[thinking, redacted, search, found],
      { type: 'text', text: 'Hello Zoë 👋' },
      ...[f, g],
    ]);
  });

  test.each([
    ['end_turn', null, { finish_reason: 'stop' }],
    ['stop_sequence', 'END', { finish_reason: 'stop', stop_sequence: 'END' }],
    ['max_tokens', null, { finish_reason: 'length' }],
    ['pause_turn', null, { finish_reason: 'length', native_finish_reason: 'pause_turn' }],
    ['refusal', null, { finish_reason: 'content_filter', native_finish_reason: 'refusal' }],
    [
      'model_context_window_exceeded',
      null,
      { finish_reason: 'length', native_finish_reason: 'model_context_window_exceeded' },
    ],
    ['constructor', null, { finish_reason: 'constructor' }],
  ])('stop reason %s', (stop_reason, stop_sequence, expected) => {
    const { choices } = whole({ ...MESSAGE, content: [], stop_reason, stop_sequence });
    expect((choices as unknown[])[0]).toEqual({
      index: 0,
      message: { role: 'assistant', content: null, refusal: null },
      logprobs: null,
      ...expected,
    });
  });

  test('errors in OpenAI’s shape', () => {
    const error = { type: 'overloaded_error', message: 'Overloaded' };
    expect(whole({ type: 'error', error }, 529)).toEqual({
      error: { message: 'Overloaded', type: 'server_error', param: null, code: 'overloaded' },
    });
    expect(whole({ error: { type: 'not_found_error', message: 'model: x' } }, 404).error).toMatchObject({
      code: 'model_not_found',
    });
    expect(whole({ hello: 1 }, 418).error).toMatchObject({ message: 'The provider answered with status 418.' });
  });
});

describe('odd streams', () => {
  test('a message that is there from the start; a second start', () => {
    const message = { id: 'm', model: 'claude-x', stop_reason: 'tool_use', content: [{ type: 'text', text: 'a' }] };
    const start = event('message_start', { message });
    expect(assembled(streamed(start + start + event('message_stop', {}))).choices).toMatchObject([
      { message: { content: 'a' }, finish_reason: 'tool_calls' },
    ]);
  });

  test('no start, no usage, deltas of blocks that never began', () => {
    const text =
      event('content_block_delta', { index: 9, delta: { type: 'text_delta', text: 'lost' } }) +
      block(0, { type: 'text', text: 'a' }) +
      event('content_block_stop', { index: 4 }) +
      event('message_delta', { delta: { stop_reason: 'end_turn' } }) +
      event('message_stop', {});
    const answer = assembled(streamed(text));
    expect(answer).toMatchObject({ model: 'claude-x', choices: [{ message: { content: 'a' } }] });
    expect(answer).not.toHaveProperty('usage');
  });

  test('an error of Anthropic’s; events without their line', () => {
    const failed = streamed(event('error', { error: { type: 'rate_limit_error', message: 'Slow.' } }));
    expect(failed).toBe(
      'data: {"error":{"message":"Slow.","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}\n\n',
    );
    expect(assembled(streamed(EVENTS.replace(/^event: .*\n/gm, '')))).toEqual(assembled(streamed(EVENTS)));
  });
});
