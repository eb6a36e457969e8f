import { describe, expect, test } from '@jest/globals';
import { NearhitError } from '@nearhit/core';
import fc from 'fast-check';
import { answers, chatStream, chunksOf, cuts, eventsOf, streamed } from '../../test/replies.ts';
import { answer, gathered, replies, text, whole } from './reply.samples.ts';

describe('a stream', () => {
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
