import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chunk, complete, HEAD, sse } from '../../fixtures/chunks.ts';
import { assembleStream, readJsonAnswer } from './assemble.ts';

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

  it('parses nothing that was parsed before, and judges it all the same', () => {
    const known = structuredClone(answer);
    const read = readJsonAnswer(json(answer), known);
    expect(read).toEqual({ kind: 'complete', answer });
    expect(read.kind === 'complete' && read.answer).toBe(known);
    const deep = { ...answer, vendor: JSON.parse('['.repeat(300) + ']'.repeat(300)) };
    const garbled = Buffer.from(JSON.stringify(answer).replace('Hi', 'H\xff'), 'latin1');
    for (const [bytes, value] of [
      [json(deep), deep],
      [json([answer]), [answer]],
      [garbled, JSON.parse(garbled.toString())],
    ] as const)
      expect(readJsonAnswer(bytes, value)).toEqual({ kind: 'incomplete', why: 'malformed' });
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
