import { describe, expect, test } from '@jest/globals';
import { type JsonObject, NearhitError } from '@nearhit/core';
import fc from 'fast-check';
import { answers, chatStream, chunksOf, cuts, eventsOf, type Heard, streamed } from '../../test/replies.ts';
import { responsesDialect } from './dialect.ts';
import { openThinking } from './thinking.ts';

const repliesTo = (body: object) =>
  responsesDialect.read(Buffer.from(JSON.stringify({ model: 'm', input: 'q', ...body }))).replies;
const replies = repliesTo({});

const whole = (answer: object): JsonObject & { output: JsonObject[] } =>
  JSON.parse(replies.whole(Buffer.from(JSON.stringify(answer))).toString());

const answer = (message: object, choice: object = {}, more: object = {}) => ({
  id: 'chatcmpl-1',
  created: 7,
  model: 'm-2',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...choice }],
  ...more,
});

/**
 * The output as told by added, delta and done events; checks that their numbers rise by one, that every item's deltas
 * make what its end says, and that the last event repeats it all.
 */
function gathered(events: readonly Heard[]): JsonObject {
  const output: JsonObject[] = [];
  const texts = new Map<string, string>();
  events.forEach((event, at) => {
    expect(event.sequence_number).toBe(at);
    const { type, item_id, output_index: index, content_index: part = 0, summary_index: summary = 0, delta } = event;
    const place = `${item_id} ${part} ${summary}`;
    if (type === 'response.output_item.added') expect(index).toBe(output.length);
    else if (type === 'response.output_item.done') output.push(event.item as JsonObject);
    else if (type.endsWith('.delta')) texts.set(place, `${texts.get(place) ?? ''}${delta}`);
    else if (/(text|arguments|refusal|input)\.done$/.test(type))
      expect(event.text ?? event.arguments ?? event.refusal ?? event.input).toBe(texts.get(place) ?? '');
  });
  const { response } = events.at(-1) as Heard & { response: JsonObject };
  expect(response.output).toEqual(output);
  return response;
}

describe('whole', () => {
  test('a response repeats what was asked', () => {
    const asked = { max_output_tokens: 5, instructions: 'i', temperature: 0, metadata: { a: 'b' }, store: true };
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 4,
      prompt_tokens_details: { cached_tokens: 3 },
      completion_tokens_details: { reasoning_tokens: 1 },
    };
    const bytes = Buffer.from(JSON.stringify(answer({ content: 'a' }, {}, { usage })));
    expect(JSON.parse(repliesTo(asked).whole(bytes).toString())).toMatchObject({
      id: 'resp_1',
      object: 'response',
      created_at: 7,
      status: 'completed',
      error: null,
      incomplete_details: null,
      model: 'm-2',
      ...asked,
      // Nothing is kept here.
      store: false,
      tools: [],
      tool_choice: 'auto',
      text: { format: { type: 'text' } },
      output: [
        {
          id: 'msg_1_0',
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'a', annotations: [], logprobs: [] }],
        },
      ],
      usage: {
        input_tokens: 10,
        input_tokens_details: { cached_tokens: 3 },
        output_tokens: 4,
        output_tokens_details: { reasoning_tokens: 1 },
        total_tokens: 14,
      },
    });
  });

  const says = (text: string, more: object = {}) => ({
    type: 'message',
    status: 'completed',
    content: [{ type: 'output_text', text, annotations: [], logprobs: [], ...more }],
  });
  const image = { image_url: { url: 'data:image/png;base64,aGk=' } };

  test.each<[name: string, message: object, output: object[]]>([
    ['nothing', { content: null }, []],
    [
      'a refusal',
      { content: null, refusal: 'no' },
      [{ type: 'message', content: [{ type: 'refusal', refusal: 'no' }] }],
    ],
    [
      'thoughts and text',
      { content: 'a', reasoning_content: 't' },
      [
        { type: 'reasoning', id: 'rs_1_0', summary: [{ type: 'summary_text', text: 't' }] },
        { id: 'msg_1_1', ...says('a') },
      ],
    ],
    [
      'calls of both kinds',
      {
        content: null,
        tool_calls: [
          { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' }, extra_content: { google: { x: 1 } } },
          { id: 'd', type: 'custom', custom: { name: 'g', input: 'raw' } },
        ],
      },
      [
        {
          ...{ type: 'function_call', id: 'fc_1_0', call_id: 'c', name: 'f', arguments: '{}', status: 'completed' },
          extra_content: { google: { x: 1 } },
        },
        { type: 'custom_tool_call', id: 'ctc_1_1', call_id: 'd', name: 'g', input: 'raw' },
      ],
    ],
    [
      'sources',
      { content: 'a', annotations: [{ type: 'url_citation', url_citation: { url: 'u', start_index: 0 } }] },
      [says('a', { annotations: [{ type: 'url_citation', url: 'u', start_index: 0 }] })],
    ],
    [
      'pictures',
      { content: 'a', images: [image] },
      [says('a'), { type: 'image_generation_call', status: 'completed', result: 'aGk=' }],
    ],
  ])('%s', (_name, message, output) => {
    const one = answer(message);
    expect(whole(one).output).toMatchObject(output);
    expect(whole(one).output).toHaveLength(output.length);
    expect(gathered(eventsOf(replies.replay(Buffer.from(JSON.stringify(one)))))).toEqual(whole(one));
  });

  test('signed thoughts travel in an envelope', () => {
    const blocks = [
      { type: 'thinking', thinking: 'one', signature: 's' },
      { type: 'redacted_thinking', data: 'r' },
    ];
    const [reasoning] = whole(answer({ content: 'a', reasoning_content: 'one', thinking_blocks: blocks })).output;
    expect(reasoning).toMatchObject({ type: 'reasoning', summary: [{ type: 'summary_text', text: 'one' }] });
    expect(openThinking(reasoning?.encrypted_content)).toEqual(blocks);
    for (const other of ['gAAAA', 'nearhit-thinking-1.%%%', 'nearhit-thinking-1.e30', undefined])
      expect(openThinking(other)).toBeUndefined();
  });

  test('log probabilities, whole and live', () => {
    const content = [{ token: 'a', logprob: -0.1, bytes: [97], top_logprobs: [] }];
    const one = answer({ content: 'a' }, { logprobs: { content, refusal: null } });
    expect(whole(one).output[0]).toMatchObject({ content: [{ text: 'a', logprobs: content }] });
    const live = Buffer.from(
      chunksOf([])
        .toString()
        .replace('"delta":{}', `"delta":{"content":"a"},"logprobs":${JSON.stringify({ content })}`),
    );
    expect(gathered(streamed(replies, live)).output).toMatchObject([{ content: [{ text: 'a', logprobs: content }] }]);
  });

  test.each([
    [{ finish_reason: 'stop' }, 'completed', null],
    [{ finish_reason: 'tool_calls' }, 'completed', null],
    [{ finish_reason: 'length' }, 'incomplete', { reason: 'max_output_tokens' }],
    [{ finish_reason: 'content_filter' }, 'incomplete', { reason: 'content_filter' }],
  ])('%j', (choice, status, details) => {
    const expected = { status, incomplete_details: details, output: [{ status }] };
    expect(whole(answer({ content: 'a' }, choice))).toMatchObject(expected);
    const events = streamed(replies, chunksOf([{ content: 'a' }], choice));
    expect(events.at(-1)?.type).toBe(`response.${status}`);
    expect(gathered(events)).toMatchObject(expected);
  });

  test.each(['', '<html>', '{}', '{"choices":[]}'])('%j is no answer', (body) => {
    for (const render of [replies.whole, replies.replay])
      expect(() => render(Buffer.from(body))).toThrow(expect.objectContaining({ kind: 'UPSTREAM_INVALID' }));
  });
});

describe('stream', () => {
  test('the events, in order', () => {
    const call = { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
    const events = streamed(
      replies,
      chunksOf([{ role: 'assistant' }, { reasoning_content: 'hm' }, { content: 'a' }, { tool_calls: [call] }], {}),
    );
    expect(events.map(({ type }) => type.replace('response.', ''))).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'completed',
    ]);
    expect(events[0]).toMatchObject({ response: { id: 'resp_1', status: 'in_progress', output: [], usage: null } });
    expect(events[10]).toEqual({
      ...{ type: 'response.output_text.delta', sequence_number: 10, item_id: 'msg_1_1', output_index: 1 },
      ...{ content_index: 0, delta: 'a', logprobs: [] },
    });
  });

  test('whole, replayed and streamed are one response', () => {
    fc.assert(
      fc.property(answers, cuts, (one, at) => {
        const response = whole(one);
        expect(gathered(eventsOf(replies.replay(Buffer.from(JSON.stringify(one)))))).toEqual(response);
        expect(gathered(streamed(replies, chatStream(one), at))).toEqual(response);
      }),
    );
  });

  test('a comment stays one', () => {
    expect(replies.stream().push(Buffer.from(': still at it\n\n')).toString()).toBe(':\n\n');
  });

  test.each<[name: string, bytes: string]>([
    ['nothing at all', ''],
    ['no JSON', 'data: {"choices":\n\n'],
    ['an error event', 'event: error\ndata: {"error":{"message":"m","type":"t","code":"c"}}\n\n'],
    ['an end before the end', 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'],
  ])('%s fails, once', (_name, bytes) => {
    const events = streamed(replies, Buffer.from(bytes));
    expect(events.slice(-2)).toMatchObject([
      { type: 'error', message: expect.any(String), error: { message: expect.any(String) } },
      { type: 'response.failed', response: { status: 'failed', error: { code: expect.any(String) } } },
    ]);
    expect(events.filter(({ type }) => type === 'error')).toHaveLength(1);
  });

  test('one that broke off keeps what was told', () => {
    const stream = replies.stream();
    stream.push(chunksOf([{ content: 'half' }]).subarray(0, -40));
    const events = eventsOf(stream.fail(new NearhitError('UPSTREAM_UNREACHABLE', 'gone')));
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { output: [{ status: 'incomplete', content: [{ text: 'half' }] }], error: { message: 'gone' } },
    });
    expect(stream.end()).toHaveLength(0);
  });
});

test('errors have OpenAI’s shape, a provider’s own stay as they are', () => {
  const theirs = Buffer.from('{"error":{"message":"told so","type":"x","extra":1}}');
  expect(replies.error(theirs, 429)).toBe(theirs);
  expect(JSON.parse(replies.error(Buffer.from('<html>'), 502).toString())).toEqual({
    error: {
      message: 'The provider answered with status 502 and no message.',
      type: 'upstream_error',
      code: null,
      param: null,
    },
  });
  const own = new NearhitError('INVALID_REQUEST', 'wrong', { param: 'input' });
  expect(JSON.parse(responsesDialect.error(own, 400).toString())).toEqual({
    error: { message: 'wrong', type: 'invalid_request_error', code: null, param: 'input' },
  });
});
