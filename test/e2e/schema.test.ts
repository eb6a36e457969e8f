import { describe, expect, it } from '@jest/globals';
import { NearhitError, renderSse, sseError } from '@nearhit/core';
import { RECORDED_STREAMS, recordedStream } from '../../packages/core/fixtures/recorded.ts';
import { assembleStream } from '../../packages/core/src/reply/assemble.ts';
import { splitSse } from '../../packages/core/src/reply/sse.ts';
import { schemaFaults } from '../fixtures/openai-schema/validate.ts';

function chunksOf(body: Buffer): unknown[] {
  const tail = Buffer.from('\n\n');
  return splitSse(Buffer.concat([body, tail]))
    .filter((event) => event.data !== '[DONE]')
    .map((event) => JSON.parse(event.data));
}

function chunkFaults(body: Buffer): Set<string> {
  return new Set(chunksOf(body).flatMap((chunk) => schemaFaults('CreateChatCompletionStreamResponse', chunk)));
}

function assembled(body: Buffer) {
  const read = assembleStream(body);
  if (read.kind === 'incomplete') throw new Error(read.why);
  return read.answer;
}

function replay(answer: unknown, includeUsage: boolean): Buffer {
  return Buffer.concat(renderSse(Buffer.from(JSON.stringify(answer)), { includeUsage }));
}

/** What the recorded providers themselves send outside OpenAI's schema. */
const OWN_FAULTS: Readonly<Record<string, readonly string[]>> = {
  // The first chunk leaves `object` empty.
  'vercel-ai_azure-model-router.1.chunks.txt': ['/object must be equal to one of the allowed values'],
  // Chunks before the last have no `finish_reason`.
  'vercel-ai_xai-tool-call.chunks.txt': ["/choices/0 must have required property 'finish_reason'"],
};

/** Values that OpenAI's API sends and its schema does not allow: both belong to Azure's answer. */
const NULL_FINGERPRINT = '/system_fingerprint must be string';

describe.each(RECORDED_STREAMS)('OpenAI’s schema: %s', (name) => {
  const body = recordedStream(name);

  it('accepts the assembled answer', () => {
    expect(schemaFaults('CreateChatCompletionResponse', assembled(body)).filter((f) => f !== NULL_FINGERPRINT)).toEqual(
      [],
    );
  });

  it.each([true, false])('accepts the replay (usage: %s) wherever it accepts the provider', (includeUsage) => {
    const original = chunkFaults(body);
    const replayed = chunkFaults(replay(assembled(body), includeUsage));
    expect([...replayed].filter((fault) => !original.has(fault))).toEqual([]);
    expect([...replayed].filter((fault) => fault !== NULL_FINGERPRINT)).toEqual([]);
  });

  it('finds what the provider itself does otherwise', () => {
    expect([...chunkFaults(body)].filter((fault) => fault !== NULL_FINGERPRINT)).toEqual(OWN_FAULTS[name] ?? []);
  });
});

describe('OpenAI’s schema', () => {
  const tool_calls = [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"a":[1,2,3]}' } }];
  const token = { token: 'Hi', logprob: -0.1, bytes: [72, 105], top_logprobs: [] };
  const choices = [
    { index: 0, message: { role: 'assistant', content: 'Hi', refusal: null }, finish_reason: 'stop', logprobs: null },
    {
      index: 1,
      message: { role: 'assistant', content: 'Hi', refusal: null },
      finish_reason: 'stop',
      logprobs: { content: [token], refusal: null },
    },
    { index: 2, message: { role: 'assistant', content: null, refusal: 'No.' }, finish_reason: 'stop', logprobs: null },
    {
      index: 3,
      message: { role: 'assistant', content: null, refusal: null, tool_calls },
      finish_reason: 'tool_calls',
      logprobs: null,
    },
  ];
  const answer = {
    id: 'x',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices,
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    service_tier: 'default',
    system_fingerprint: 'fp',
  };

  it('accepts an answer of every kind, and its replay', () => {
    expect(schemaFaults('CreateChatCompletionResponse', answer)).toEqual([]);
    for (const includeUsage of [true, false]) expect([...chunkFaults(replay(answer, includeUsage))]).toEqual([]);
  });

  it('is able to refuse', () => {
    expect(schemaFaults('CreateChatCompletionResponse', { ...answer, object: 'x' })).not.toEqual([]);
    const chunk = chunksOf(replay(answer, true))[0] as object;
    expect(schemaFaults('CreateChatCompletionStreamResponse', { ...chunk, choices: [{ index: 0 }] })).not.toEqual([]);
    expect(schemaFaults('CreateChatCompletionStreamResponse', { ...chunk, usage: {} })).not.toEqual([]);
  });

  it('accepts the error event', () => {
    const [event] = splitSse(sseError(new NearhitError('UPSTREAM_TIMEOUT', 'The provider fell silent.')));
    expect(schemaFaults('ErrorResponse', JSON.parse(event?.data ?? ''))).toEqual([]);
  });
});
