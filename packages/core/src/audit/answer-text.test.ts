import { expect, test } from '@jest/globals';
import { ANSWER_CHARS_MAX, answerTextOf } from './answer-text.ts';

const answer = (message: object, more: object = {}) => ({
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...more }],
});

test.each<[string, unknown, object]>([
  ['a text', answer({ content: 'Hello.', refusal: null, tool_calls: [] }), { text: 'Hello.' }],
  ['a call of a tool', answer({ content: 'x', tool_calls: [{ id: 't' }] }), { why: 'tools' }],
  ['a call of a function', answer({ content: null, function_call: { name: 'f' } }), { why: 'tools' }],
  [
    'several choices',
    { choices: [...answer({ content: 'a' }).choices, ...answer({ content: 'b' }).choices] },
    { why: 'several' },
  ],
  ['no choice', { choices: [] }, { why: 'no-text' }],
  ['no text', answer({ content: null }), { why: 'no-text' }],
  ['white space', answer({ content: ' \n' }), { why: 'no-text' }],
  ['parts', answer({ content: [{ type: 'text', text: 'x' }] }), { why: 'no-text' }],
  ['a refusal', answer({ content: 'x', refusal: 'no' }), { why: 'no-text' }],
  ['one cut at its length', answer({ content: 'x' }, { finish_reason: 'length' }), { why: 'incomplete' }],
  ['one that is too long', answer({ content: 'x'.repeat(ANSWER_CHARS_MAX + 1) }), { why: 'too-long' }],
  ['no object', [1], { why: 'unreadable' }],
])('%s', (_, given, expected) => {
  expect(answerTextOf(Buffer.from(JSON.stringify(given)))).toEqual(expected);
});

test('what is no JSON', () => {
  expect(answerTextOf(Buffer.from('{'))).toEqual({ why: 'unreadable' });
});
