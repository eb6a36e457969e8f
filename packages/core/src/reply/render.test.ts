import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RECORDED_STREAMS, recordedStream } from '../../fixtures/recorded.ts';
import { type ChatAnswer, canonicalAnswer, type JsonObject } from './answer.ts';
import { assembleStream, readJsonAnswer } from './assemble.ts';
import { renderJson, renderSse } from './render.ts';
import { splitSse } from './sse.ts';

function bytesOf(answer: unknown): Buffer {
  return Buffer.from(JSON.stringify(answer));
}

function replay(answer: unknown, includeUsage = true): Buffer {
  return Buffer.concat(renderSse(bytesOf(answer), { includeUsage }));
}

// biome-ignore lint/suspicious/noExplicitAny: chunks of any shape are looked at here
function chunksOf(answer: unknown, includeUsage = true): any[] {
  const events = splitSse(replay(answer, includeUsage));
  expect(events.at(-1)?.data).toBe('[DONE]');
  return events.slice(0, -1).map((event) => JSON.parse(event.data));
}

function deltasOf(answer: unknown): JsonObject[] {
  return chunksOf(answer).flatMap((chunk) => chunk.choices.map((choice: JsonObject) => choice.delta));
}

function answerOf(...choices: JsonObject[]): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 7,
    model: 'm',
    choices: choices.map((choice, index) => ({
      index,
      message: { role: 'assistant', content: 'Hi', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
      ...choice,
    })),
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    service_tier: 'default',
    system_fingerprint: 'fp',
  };
}

describe('renderSse', () => {
  it('opens with the role, ends with the finish reason, then usage, then [DONE]', () => {
    const head = {
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 7,
      model: 'm',
      service_tier: 'default',
      system_fingerprint: 'fp',
    };
    const choice = (delta: JsonObject, finish_reason: unknown = null) => ({
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    });
    const expected = [
      choice({ role: 'assistant', content: '', refusal: null }),
      choice({ content: 'Hi' }),
      choice({}, 'stop'),
    ];
    expect(chunksOf(answerOf({}), false)).toEqual(expected);
    expect(chunksOf(answerOf({}), true)).toEqual([
      ...expected.map((chunk) => ({ ...chunk, usage: null })),
      { ...head, choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } },
    ]);
  });

  it('says nothing of usage where there is none', () => {
    const { usage: _, ...uncounted } = answerOf({});
    expect(replay(uncounted, true)).toEqual(replay(uncounted, false));
    expect(replay(uncounted, true).toString()).not.toContain('usage');
  });

  it('gives one whole event per Buffer', () => {
    const events = renderSse(bytesOf(answerOf({})), { includeUsage: true });
    for (const event of events) expect(splitSse(event)).toHaveLength(1);
  });

  it('thinks aloud before it speaks', () => {
    const message = { role: 'assistant', content: 'Four.', refusal: null, reasoning_content: 'Two and two.' };
    expect(deltasOf(answerOf({ message }))).toEqual([
      { role: 'assistant', content: null, refusal: null },
      { reasoning_content: 'Two and two.' },
      { content: 'Four.' },
      {},
    ]);
  });

  it('sends the same reasoning under both of its names at once', () => {
    const message = { role: 'assistant', content: 'x', refusal: null, reasoning: 'Hm', reasoning_content: 'Hm' };
    expect(deltasOf(answerOf({ message }))[1]).toEqual({ reasoning: 'Hm', reasoning_content: 'Hm' });
  });

  it('names a tool call first and sends its arguments after', () => {
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{"city":"Copenhagen","days":3}' } };
    const message = { role: 'assistant', content: null, refusal: null, tool_calls: [call, { ...call, id: 'b' }] };
    const deltas = deltasOf(answerOf({ message, finish_reason: 'tool_calls' }));
    const opening = { type: 'function', function: { name: 'f', arguments: '' } };
    expect(deltas[0]).toEqual({ role: 'assistant', content: null, refusal: null });
    expect(deltas[1]).toEqual({ tool_calls: [{ index: 0, id: 'a', ...opening }] });
    expect(deltas[2]).toEqual({
      tool_calls: [{ index: 0, function: { arguments: expect.stringMatching(/^\{"city/) } }],
    });
    expect(deltas).toContainEqual({ tool_calls: [{ index: 1, id: 'b', ...opening }] });
  });

  it('lets several choices take turns', () => {
    const message = (content: string) => ({ role: 'assistant', content, refusal: null });
    const answer = answerOf({ message: message('One, two, three, four, five, six.') }, { message: message('1') });
    const order = chunksOf(answer).map((chunk) => chunk.choices[0]?.index);
    expect(order).toEqual([0, 1, 0, 1, 0, 1, 0, undefined]);
  });

  it('puts what else the answer carries on the first chunk and what else a choice carries on its last', () => {
    const chunks = chunksOf({ ...answerOf({ stop_reason: 5 }), citations: ['u'], error: null });
    expect(chunks.map((chunk) => chunk.citations)).toEqual([['u'], undefined, undefined, undefined]);
    expect(chunks.map((chunk) => chunk.choices[0]?.stop_reason)).toEqual([undefined, undefined, 5, undefined]);
    expect(chunks.some((chunk) => 'error' in chunk)).toBe(false);
  });

  it('aligns log probabilities with their text', () => {
    const words = ['The', ' capital', ' of', ' Denmark', ' is', ' Copenhagen'];
    const content = words.map((token) => ({ token, logprob: -1, bytes: null, top_logprobs: [] }));
    const message = { role: 'assistant', content: words.join(''), refusal: null };
    const chunks = chunksOf(answerOf({ message, logprobs: { content, refusal: null } }));
    expect(chunks.map((chunk) => chunk.choices[0]?.logprobs)).toEqual([
      { content: [], refusal: null },
      { content: content.slice(0, 4), refusal: null },
      { content: content.slice(4), refusal: null },
      null,
      undefined,
    ]);
  });

  it('renders what a JSON-only provider leaves out', () => {
    const spare = { choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }] };
    expect(assembleStream(replay(spare))).toEqual({ kind: 'complete', answer: canonicalAnswer(spare) });
  });
});

describe('renderJson', () => {
  it('is the stored bytes', () => {
    const bytes = bytesOf(answerOf({}));
    expect(renderJson(bytes)).toBe(bytes);
  });
});

describe('replay, assembled again, is the stored answer', () => {
  it.each(RECORDED_STREAMS)('%s', (name) => {
    const original = assembleStream(recordedStream(name));
    if (original.kind === 'incomplete') throw new Error(original.why);
    expect(assembleStream(replay(original.answer))).toEqual(original);
    const { usage: _, ...uncounted } = original.answer;
    expect(assembleStream(replay(original.answer, false))).toEqual({ kind: 'complete', answer: uncounted });
  });

  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc.lorem({ maxCount: 60 }),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom('', '\ud83d', 'data: x\n\ndata: [DONE]\n\n', '\u2028'),
  );
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof(arbitrary, fc.constant(null));
  const unknown = fc.dictionary(
    fc.constantFrom('x', 'provider', 'annotations', 'images', 'items', 'index', 'type', 'constructor', '__proto__'),
    fc.jsonValue({ maxDepth: 3 }),
    { maxKeys: 3 },
  );
  const token = fc.record({ token: text, logprob: fc.double({ noNaN: true }), bytes: fc.constant(null) });
  const call = fc.oneof(
    fc.record({ id: text, type: fc.constant('function'), function: fc.record({ name: text, arguments: text }) }),
    fc.record({ id: text, type: fc.constant('custom'), custom: fc.record({ name: text, input: text }) }),
    fc.record({ index: fc.nat(3), function: fc.record({ name: text }), extra_content: fc.jsonValue() }),
  );
  const detail = fc.record({ type: fc.constantFrom('reasoning.text', 'reasoning.encrypted'), index: fc.nat(2), text });
  const message = fc
    .tuple(
      unknown,
      fc.record(
        {
          role: fc.constantFrom('assistant', 'model'),
          content: fc.oneof(maybe(text), fc.array(fc.record({ type: fc.constant('text'), text }))),
          refusal: maybe(text),
          reasoning_content: maybe(text),
          reasoning: maybe(text),
          reasoning_details: fc.array(detail),
          tool_calls: maybe(fc.array(call)),
          function_call: maybe(fc.record({ name: text, arguments: text })),
          audio: maybe(fc.record({ id: text, data: text, expires_at: fc.nat() })),
        },
        { requiredKeys: [] },
      ),
    )
    .map(([rest, known]) => ({ ...rest, ...known }));
  /** Tokens that spell the content, and tokens that do not. */
  const logprobsFor = (content: unknown) => {
    const spelled = typeof content === 'string' ? [...content].map((each) => ({ token: each, logprob: -1 })) : [];
    const tokens = fc.oneof(fc.constant(spelled), fc.array(token, { maxLength: 5 }));
    return maybe(fc.record({ content: maybe(tokens), refusal: maybe(fc.array(token)) }, { requiredKeys: [] }));
  };
  const choice = message.chain((made) =>
    fc
      .tuple(
        unknown.map(({ index: _, ...rest }) => rest),
        fc.record({ finish_reason: fc.constantFrom('stop', 'length'), logprobs: logprobsFor(made.content) }),
      )
      .map(([rest, known]) => ({ ...rest, ...known, message: made })),
  );
  const answer = fc
    .tuple(
      unknown,
      fc.record(
        {
          id: text,
          created: fc.nat(),
          model: text,
          usage: maybe(fc.record({ prompt_tokens: fc.nat() })),
          service_tier: maybe(text),
          system_fingerprint: maybe(text),
        },
        { requiredKeys: [] },
      ),
      fc.array(choice, { minLength: 1, maxLength: 3 }),
    )
    // Through JSON, as every answer comes.
    .map(([rest, known, choices]) => JSON.parse(JSON.stringify({ ...rest, ...known, choices })) as ChatAnswer);

  it('for any answer', () => {
    fc.assert(
      fc.property(answer, (stored) => {
        expect(readJsonAnswer(bytesOf(stored)).kind).toBe('complete');
        expect(assembleStream(replay(stored))).toEqual({ kind: 'complete', answer: canonicalAnswer(stored) });
      }),
      { numRuns: 400 },
    );
  }, 60_000);
});
