import { type JsonObject, renderSse, SseParser } from '@nearhit/core';
import fc from 'fast-check';
import type { FrontReplies } from '../src/front.ts';

export interface Heard extends JsonObject {
  readonly type: string;
}

/** Events as a client reads them; each is named as its data says. */
export function eventsOf(bytes: Buffer): Heard[] {
  return new SseParser().push(bytes).map(({ data, event }) => {
    const value = JSON.parse(data) as Heard;
    if (value.type !== event) throw new Error(`event ${event} says it is ${value.type}`);
    return value;
  });
}

/** A live chat stream through a front, cut where `cuts` says. */
export function streamed(replies: FrontReplies, chat: Buffer, cuts: readonly number[] = []): Heard[] {
  const stream = replies.stream();
  const ends = [...new Set(cuts.map((cut) => cut % (chat.length + 1)))].sort((a, b) => a - b);
  const out: Buffer[] = [];
  let from = 0;
  for (const end of [...ends, chat.length]) {
    out.push(stream.push(chat.subarray(from, end)));
    from = end;
  }
  return eventsOf(Buffer.concat([...out, stream.end()]));
}

export const chatStream = (answer: object): Buffer =>
  Buffer.concat(renderSse(Buffer.from(JSON.stringify(answer)), { includeUsage: true }));

/** Chunks of one choice, and what ends a stream. */
export const chunksOf = (
  deltas: readonly object[],
  finish: object = { finish_reason: 'stop' },
  usage?: object,
): Buffer =>
  Buffer.from(
    [
      ...deltas.map((delta) => ({ choices: [{ index: 0, delta }] })),
      { choices: [{ index: 0, delta: {}, ...finish }] },
      ...(usage === undefined ? [] : [{ choices: [], usage }]),
    ]
      .map((chunk) => `data: ${JSON.stringify({ id: 'chatcmpl-1', created: 7, model: 'm', ...chunk })}\n\n`)
      .join('')
      .concat('data: [DONE]\n\n'),
  );

const count = fc.nat(1000);
const text = fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' });
const input = fc.dictionary(
  fc.string({ maxLength: 5 }).filter((key) => key !== '__proto__'),
  fc.oneof(text, fc.nat(), fc.constant(null)),
  { maxKeys: 3 },
);

const call = fc.record({
  id: fc.stringMatching(/^call_[a-z0-9]{1,8}$/),
  type: fc.constant('function'),
  function: fc.record({
    name: fc.stringMatching(/^[a-z]{1,8}$/),
    arguments: input.map((value) => JSON.stringify(value)),
  }),
});

const thinking = fc.record({ type: fc.constant('thinking'), thinking: text, signature: fc.constant('sig') });

/** What models answer: thoughts, signed or not, text or none, calls, counted or not. */
export const answers = fc
  .record({
    content: fc.option(text),
    thought: fc.option(fc.oneof(text, thinking)),
    calls: fc.uniqueArray(call, { maxLength: 3, selector: ({ id }) => id }),
    finish: fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter'),
    usage: fc.option(
      fc.record({
        prompt_tokens: count,
        completion_tokens: count,
        prompt_tokens_details: fc.record({ cached_tokens: count }),
        completion_tokens_details: fc.record({ reasoning_tokens: count }),
      }),
    ),
  })
  .map(({ content, thought, calls, finish, usage }) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 7,
    model: 'm',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content,
          ...(typeof thought === 'string' && { reasoning_content: thought }),
          ...(typeof thought === 'object' &&
            thought !== null && { reasoning_content: thought.thinking, thinking_blocks: [thought] }),
          ...(calls.length > 0 && { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: finish,
      },
    ],
    ...(usage !== null && { usage }),
  }));

export const cuts = fc.array(fc.nat(5000), { maxLength: 8 });
