import { describe, expect, it } from '@jest/globals';
import { messageOf } from '../../fixtures/chunks.ts';
import type { JsonObject } from './answer.ts';

function callsOf(...fragments: JsonObject[]): unknown {
  return messageOf(...fragments.map((fragment) => ({ tool_calls: [fragment] }))).tool_calls;
}

describe('tool calls of a stream', () => {
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
