import { describe, expect, it } from '@jest/globals';
import { chunk, complete, HEAD, messageOf, sse } from '../../fixtures/chunks.ts';
import { recordedStream } from '../../fixtures/recorded.ts';
import type { JsonObject } from './answer.ts';
import { assembleStream } from './assemble.ts';
import { splitSse } from './sse.ts';

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

  it('numbers blocks in a stream, and not in an answer', () => {
    const blocks = [
      { type: 'thinking', thinking: 'a', signature: 's' },
      { type: 'redacted_thinking', data: 'd' },
    ];
    const numbered = blocks.map((block, index) => ({ index, ...block }));
    const message = messageOf(
      { thinking_blocks: numbered.slice(0, 1), native_blocks: [{ index: 0, type: 'x', text: 'a' }] },
      { thinking_blocks: numbered.slice(1), native_blocks: [{ index: 1, type: 'x', text: 'b' }] },
    );
    expect(message.thinking_blocks).toEqual(blocks);
    expect(message.native_blocks).toEqual([
      { type: 'x', text: 'a' },
      { type: 'x', text: 'b' },
    ]);
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
