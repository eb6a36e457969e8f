import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { recordedStream } from '../../fixtures/recorded.ts';
import type { ChatAnswer, JsonObject } from './answer.ts';
import { type Assembled, assembleStream, readJsonAnswer } from './assemble.ts';
import { splitSse } from './sse.ts';

const HEAD = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 7, model: 'm' };

function sse(...chunks: unknown[]): Buffer {
  return Buffer.from(
    chunks.map((chunk) => `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`).join(''),
  );
}

function chunk(choice: JsonObject, rest: JsonObject = {}): JsonObject {
  return { ...HEAD, choices: [{ index: 0, ...choice }], ...rest };
}

function complete(read: Assembled): ChatAnswer {
  if (read.kind === 'incomplete') throw new Error(`incomplete: ${read.why}`);
  return read.answer;
}

/** The answer that deltas of one choice make. */
function ofDeltas(...deltas: JsonObject[]): ChatAnswer {
  const last = chunk({ delta: {}, finish_reason: 'stop' });
  return complete(assembleStream(sse(...deltas.map((delta) => chunk({ delta })), last, '[DONE]')));
}

function messageOf(...deltas: JsonObject[]): JsonObject {
  return ofDeltas(...deltas).choices[0]?.message as JsonObject;
}

function callsOf(...fragments: JsonObject[]): unknown {
  return messageOf(...fragments.map((fragment) => ({ tool_calls: [fragment] }))).tool_calls;
}

describe('assembleStream: recorded streams', () => {
  const chunksOf = (name: string) =>
    splitSse(recordedStream(name))
      .filter((event) => event.data !== '[DONE]')
      .map((event) => JSON.parse(event.data));

  it('OpenAI text', () => {
    const name = 'vercel-ai_openai-text.chunks.txt';
    const chunks = chunksOf(name);
    const content = chunks.map((each) => each.choices[0]?.delta.content ?? '').join('');
    expect(content.length).toBeGreaterThan(1000);
    expect(complete(assembleStream(recordedStream(name)))).toEqual({
      id: 'chatcmpl-D8Z5oo6uDh67AD85p73ksdT1KxhE0',
      object: 'chat.completion',
      created: 1770933892,
      model: 'gpt-4.1-nano-2025-04-14',
      service_tier: 'default',
      system_fingerprint: 'fp_de604bd877',
      choices: [
        { index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' },
      ],
      usage: chunks.at(-1).usage,
    });
  });

  it('Azure: a first chunk that says nothing, filter results on every choice', () => {
    const name = 'vercel-ai_azure-model-router.1.chunks.txt';
    const chunks = chunksOf(name);
    expect(complete(assembleStream(recordedStream(name)))).toEqual({
      id: 'chatcmpl-CYPS1lijGoK8gd9lYzY3r9Sx50nbt',
      object: 'chat.completion',
      created: 1762317021,
      model: 'gpt-5-nano-2025-08-07',
      system_fingerprint: null,
      prompt_filter_results: chunks[0].prompt_filter_results,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Capital of Denmark.', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
          content_filter_results: chunks[2].choices[0].content_filter_results,
        },
      ],
      usage: chunks.at(-1).usage,
    });
  });

  it('xAI: reasoning, then a whole tool call', () => {
    const name = 'vercel-ai_xai-tool-call.chunks.txt';
    const chunks = chunksOf(name);
    const reasoning = chunks.map((each) => each.choices[0]?.delta.reasoning_content ?? '').join('');
    expect(reasoning).toMatch(/^First, the user is asking about the weather in San Francisco\./);
    const answer = complete(assembleStream(recordedStream(name)));
    expect(answer.usage).toEqual(chunks.at(-1).usage);
    expect(answer.choices).toEqual([
      {
        index: 0,
        message: {
          role: 'assistant',
          content: null,
          refusal: null,
          reasoning_content: reasoning,
          tool_calls: [
            {
              id: 'call_79382389',
              type: 'function',
              function: { name: 'weather', arguments: '{"location":"San Francisco"}' },
            },
          ],
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ]);
  });

  it('Anthropic: text, then a tool call with index 1, and no blank line after [DONE]', () => {
    const answer = complete(assembleStream(recordedStream('vercel-ai_anthropic-fallback-tool-call.sse')));
    expect(answer.choices[0]?.message).toEqual({
      role: 'assistant',
      content: 'Reading it.',
      refusal: null,
      tool_calls: [
        {
          id: 'toolu_sanitized',
          type: 'function',
          function: { name: 'read_file', arguments: '{"path": "a.txt"}' },
        },
      ],
    });
  });
});

describe('assembleStream: fields', () => {
  it('keeps several choices apart, in order of their index', () => {
    const answer = complete(
      assembleStream(
        sse(
          { ...HEAD, choices: [1, 0].map((index) => ({ index, delta: { role: 'assistant', content: `${index}` } })) },
          chunk({ index: 1, delta: { content: '!' }, finish_reason: 'stop' }),
          chunk({ index: 0, delta: { content: '?' }, finish_reason: 'length' }),
          '[DONE]',
        ),
      ),
    );
    expect(answer.choices.map((choice) => [choice.message.content, choice.finish_reason])).toEqual([
      ['0?', 'length'],
      ['1!', 'stop'],
    ]);
  });

  it('joins refusal, reasoning, function call and audio', () => {
    expect(
      messageOf(
        { role: 'assistant', content: null, refusal: 'I can', reasoning: 'a', reasoning_content: 'x' },
        { refusal: 'not', reasoning: 'b', reasoning_content: null, function_call: { name: 'f', arguments: '{"a"' } },
        { function_call: { arguments: ':1}' }, audio: { id: 'au', data: 'AAA=', transcript: 'Hi' } },
        { audio: { id: 'au', data: 'BBB=', transcript: ' you' } },
        { audio: { expires_at: 9 } },
      ),
    ).toEqual({
      role: 'assistant',
      content: null,
      refusal: 'I cannot',
      reasoning: 'ab',
      reasoning_content: 'x',
      function_call: { name: 'f', arguments: '{"a":1}' },
      audio: { id: 'au', data: 'AAA=BBB=', transcript: 'Hi you', expires_at: 9 },
    });
  });

  it('joins surrogates that were cut apart', () => {
    expect(messageOf({ content: 'a\ud83c' }, { content: '\udf89' }).content).toBe('a🎉');
  });

  it('merges items with one index and type, and appends the others', () => {
    const text = { type: 'reasoning.text', index: 0, format: 'v1', signature: null };
    const secret = { type: 'reasoning.encrypted', index: 0, data: 'abc' };
    expect(
      messageOf(
        { reasoning_details: [{ ...text, text: 'Let' }], annotations: [{ n: 1 }] },
        { reasoning_details: [{ ...text, text: ' me', signature: 's' }], annotations: [{ n: 2 }] },
        { reasoning_details: [secret] },
        { reasoning_details: [{ ...text, index: 1, text: 'see' }] },
      ),
    ).toMatchObject({
      reasoning_details: [{ ...text, text: 'Let me', signature: 's' }, secret, { ...text, index: 1, text: 'see' }],
      annotations: [{ n: 1 }, { n: 2 }],
    });
  });

  it('keeps fields it does not know and drops padding', () => {
    const message = messageOf(
      { note: 'ab', n: 1, flag: false, deep: { text: 'x', list: [1] }, obfuscation: 'zz' },
      { note: 'cd', n: 2, flag: true, deep: { text: 'y', list: [2], more: null }, obfuscation: 'z' },
    );
    expect(message).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
      note: 'abcd',
      n: 2,
      flag: true,
      deep: { text: 'xy', list: [1, 2], more: null },
    });
  });

  it('takes fields with names of object machinery for data', () => {
    const delta = '{"__proto__":{"polluted":"yes"},"constructor":"c","toString":"t"}';
    const body = `data: {"choices":[{"index":0,"delta":${delta},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;
    const message = complete(assembleStream(Buffer.from(body))).choices[0]?.message as JsonObject;
    expect(({} as JsonObject).polluted).toBeUndefined();
    expect(JSON.parse(JSON.stringify(message))).toEqual(
      JSON.parse(`{"role":"assistant","content":null,"refusal":null,${delta.slice(1)}`),
    );
  });

  it('joins log probabilities and keeps what a choice says about itself', () => {
    const token = (text: string) => ({ token: text, logprob: -0.1, bytes: null, top_logprobs: [] });
    const answer = complete(
      assembleStream(
        sse(
          chunk({ delta: { content: '' }, logprobs: { content: [], refusal: null }, matched_stop: null }),
          chunk({ delta: { content: 'a' }, logprobs: { content: [token('a')], refusal: null }, token_ids: [1] }),
          chunk({ delta: { content: 'b' }, logprobs: { content: [token('b')], refusal: null }, token_ids: [2] }),
          chunk({ delta: {}, logprobs: null, finish_reason: 'stop', matched_stop: 5 }),
          '[DONE]',
        ),
      ),
    );
    expect(answer.choices[0]).toMatchObject({
      logprobs: { content: [token('a'), token('b')], refusal: null },
      matched_stop: 5,
      token_ids: [1, 2],
    });
  });

  it('takes the last usage, and the last word on what chunks state', () => {
    const answer = complete(
      assembleStream(
        sse(
          chunk({ delta: { content: 'a' } }, { usage: { prompt_tokens: 1 }, citations: ['u'], x_groq: { id: 'r' } }),
          chunk({ delta: {}, finish_reason: 'stop' }, { usage: null, citations: ['u', 'v'], system_fingerprint: 'fp' }),
          { ...HEAD, id: 'other', choices: [], usage: { prompt_tokens: 2 }, system_fingerprint: null },
          chunk({ delta: {} }, { usage: null, citations: [], x_groq: { usage: { n: 1 } } }),
          '[DONE]',
        ),
      ),
    );
    expect(answer).toMatchObject({
      id: 'chatcmpl-1',
      usage: { prompt_tokens: 2 },
      citations: ['u', 'v'],
      x_groq: { id: 'r', usage: { n: 1 } },
      system_fingerprint: 'fp',
    });
  });

  it('reads a message that comes instead of a delta, not beside it', () => {
    const body = sse(
      chunk({ delta: { content: 'a' }, message: { role: 'assistant', content: 'a' } }),
      chunk({ delta: { content: 'b' }, message: { role: 'assistant', content: 'ab' }, finish_reason: 'stop' }),
      '[DONE]',
    );
    expect(complete(assembleStream(body)).choices[0]?.message.content).toBe('ab');
    const whole = sse(chunk({ message: { role: 'assistant', content: 'ab' }, finish_reason: 'stop' }), '[DONE]');
    expect(complete(assembleStream(whole)).choices[0]?.message.content).toBe('ab');
  });

  it('joins content of text and of parts', () => {
    const thinking = { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] };
    expect(messageOf({ content: '' }, { content: [thinking] }, { content: 'a' }, { content: 'b' }).content).toEqual([
      thinking,
      { type: 'text', text: 'ab' },
    ]);
    expect(messageOf({ content: 'a' }, { content: [thinking] }).content).toEqual([
      { type: 'text', text: 'a' },
      thinking,
    ]);
  });
});

describe('assembleStream: tool calls', () => {
  const f = (name: string, args: string, rest: JsonObject = {}) => ({
    ...rest,
    type: 'function',
    function: { name, arguments: args },
  });

  it('joins arguments by index, from 1 too, and sorts', () => {
    expect(
      callsOf(
        { index: 2, id: 'b', ...f('g', '') },
        { index: 1, id: 'a', ...f('f', '{') },
        { index: 2, function: { arguments: '[]' } },
        { index: 1, id: '', function: { name: null, arguments: '}' } },
      ),
    ).toEqual([f('f', '{}', { id: 'a' }), f('g', '[]', { id: 'b' })]);
  });

  it('does without an index', () => {
    expect(
      callsOf(
        { id: 'a', ...f('f', '{') },
        { function: { arguments: '}' } },
        { id: 'b', ...f('g', '[') },
        { id: 'a', function: { arguments: ' ' } },
        { id: 'b', function: { arguments: ']' } },
      ),
    ).toEqual([f('f', '{} ', { id: 'a' }), f('g', '[]', { id: 'b' })]);
    expect(callsOf(f('f', '{}'), f('g', '{}'))).toEqual([f('f', '{}'), f('g', '{}')]);
  });

  it('tells whole calls apart that all say index 0', () => {
    expect(callsOf({ index: 0, id: 'a', ...f('f', '{}') }, { index: 0, id: 'b', ...f('f', '{"x":1}') })).toEqual([
      f('f', '{}', { id: 'a' }),
      f('f', '{"x":1}', { id: 'b' }),
    ]);
  });

  it('keeps one call together whose fragments each have a fresh id', () => {
    const calls = callsOf({ index: 0, id: 'a', ...f('f', '{') }, { index: 0, id: 'b', function: { arguments: '}' } });
    expect(calls).toMatchObject([f('f', '{}')]);
  });

  it('fills in the type and the arguments that a call was sent without', () => {
    expect(callsOf({ index: 0, id: 'a', function: { name: 'now' } })).toEqual([f('now', '', { id: 'a' })]);
  });

  it('keeps custom calls, signatures and an empty list', () => {
    const extra = { google: { thought_signature: 'sig' } };
    expect(
      callsOf(
        { index: 0, id: 'a', type: 'custom', custom: { name: 'sql', input: 'SELECT' }, extra_content: extra },
        { index: 0, custom: { input: ' 1' } },
      ),
    ).toEqual([{ id: 'a', type: 'custom', custom: { name: 'sql', input: 'SELECT 1' }, extra_content: extra }]);
    expect(messageOf({ content: 'x', tool_calls: [] }).tool_calls).toEqual([]);
    expect(messageOf({ content: 'x', tool_calls: null }).tool_calls).toBeNull();
  });
});

describe('assembleStream: incomplete', () => {
  const said = chunk({ delta: { content: 'a' } });
  const stopped = chunk({ delta: {}, finish_reason: 'stop' });
  const two = { ...HEAD, choices: [0, 1].map((index) => ({ index, delta: { content: 'a' } })) };

  it.each([
    ['no-done', sse(said, stopped)],
    ['no-done', Buffer.concat([sse(said, stopped), Buffer.from('data: [DO')])],
    ['no-done', Buffer.concat([sse(said), Buffer.from(`data: ${JSON.stringify(stopped)}`)])],
    ['no-finish-reason', sse(said, '[DONE]')],
    ['no-finish-reason', sse(two, stopped, '[DONE]')],
    ['no-finish-reason', sse(chunk({ delta: { content: 'a' }, finish_reason: '' }), '[DONE]')],
    ['error-event', sse(said, { error: { message: 'overloaded' } }, '[DONE]')],
    ['error-event', Buffer.concat([sse(said), Buffer.from('event: error\ndata: oh\n\n'), sse(stopped, '[DONE]')])],
    ['malformed', sse(said, '{"choices":[{', stopped, '[DONE]')],
    ['malformed', sse({ ...HEAD, choices: 'none' }, '[DONE]')],
    ['malformed', sse({ ...HEAD, choices: [null] }, '[DONE]')],
    ['malformed', sse('42', '[DONE]')],
    ['malformed', sse(`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, '[DONE]')],
    ['malformed', Buffer.from('<html><body>Bad gateway</body></html>')],
    ['malformed', Buffer.from(JSON.stringify({ choices: [] }))],
    ['empty', sse({ ...HEAD, choices: [] }, '[DONE]')],
    ['empty', sse('[DONE]')],
    ['empty', Buffer.alloc(0)],
  ])('%s (case %#)', (why, bytes) => {
    expect(assembleStream(bytes)).toEqual({ kind: 'incomplete', why });
  });

  it('ignores comments, empty chunks and what follows [DONE]', () => {
    const bytes = Buffer.concat([Buffer.from(': ping\n\n'), sse({}, said, stopped, '[DONE]', '{broken')]);
    expect(complete(assembleStream(bytes)).choices[0]?.message.content).toBe('a');
  });

  it('never takes a stream that was cut for a complete one', () => {
    const whole = sse(said, stopped, '[DONE]');
    const needed = whole.length - 2;
    for (let end = 0; end < whole.length; end += 1) {
      expect(assembleStream(whole.subarray(0, end)).kind).toBe(end < needed ? 'incomplete' : 'complete');
    }
  });

  it('never throws on garbage', () => {
    const value = fc.jsonValue({ maxDepth: 4 });
    const field = fc.constantFrom('role', 'content', 'tool_calls', 'function_call', 'audio', 'index', '__proto__', 'x');
    const delta = fc.oneof(fc.dictionary(field, value), value);
    const choice = fc.record(
      { index: value, delta, message: delta, logprobs: value, finish_reason: value },
      { requiredKeys: [] },
    );
    const anyChunk = fc.oneof(
      value,
      fc.record({ id: value, usage: value, choices: fc.oneof(value, fc.array(fc.oneof(choice, value))), model: value }),
      fc.record({ choices: fc.array(choice) }),
    );
    const stream = fc.array(anyChunk).map((chunks) => sse(...chunks.map((each) => JSON.stringify(each)), '[DONE]'));
    const noise = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(fc.oneof(stream, noise), (bytes) => {
        for (const read of [assembleStream(bytes), readJsonAnswer(bytes)]) {
          if (read.kind === 'complete') JSON.stringify(read.answer);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('readJsonAnswer', () => {
  const answer = {
    ...HEAD,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    vendor: { x: 1 },
  };
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));

  it('takes an answer as it is', () => {
    expect(readJsonAnswer(json(answer))).toEqual({ kind: 'complete', answer });
    expect(readJsonAnswer(json({ ...answer, error: null })).kind).toBe('complete');
  });

  it.each([
    ['malformed', Buffer.from('<!doctype html><html></html>')],
    ['malformed', json(answer).subarray(0, -1)],
    ['malformed', Buffer.from([0x7b, 0xff, 0x7d])],
    ['malformed', Buffer.concat([Buffer.from('\uFEFF'), json(answer)])],
    ['malformed', json([answer])],
    ['malformed', json({ ...answer, choices: undefined })],
    ['malformed', json({ ...answer, choices: [{ index: 0, text: 'Hi', finish_reason: 'stop' }] })],
    ['error-event', json({ error: { message: 'no' } })],
    ['error-event', json({ ...answer, error: 'no' })],
    ['empty', json({ ...answer, choices: [] })],
    ['empty', Buffer.alloc(0)],
    ['no-finish-reason', json({ ...answer, choices: [{ index: 0, message: {}, finish_reason: null }] })],
  ])('%s (case %#)', (why, bytes) => {
    expect(readJsonAnswer(bytes)).toEqual({ kind: 'incomplete', why });
  });
});
