import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from './answer.ts';
import { storability } from './storability.ts';

const LIMITS = { storeLength: false, answerBytesMax: 1000, bytes: 1000 };

function judge(message: JsonObject, finish_reason: unknown = 'stop', limits = LIMITS) {
  return storability({ choices: [{ index: 0, message, finish_reason }] }, limits);
}

describe('storability', () => {
  it.each([
    [{ content: 'Copenhagen' }],
    [{ content: null, refusal: 'I cannot help with that.' }],
    [{ content: [{ type: 'text', text: 'Copenhagen' }] }],
    [{ content: null, audio: { id: 'a', data: 'AAA=' } }],
    [{ content: 'Copenhagen', tool_calls: [] }],
    [{ content: 'Copenhagen', tool_calls: null, function_call: null }],
  ])('stores %j, to be found by meaning', (message) => {
    expect(judge(message)).toEqual({ store: true, semantic: true });
  });

  it.each([
    [{ content: null, tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] }],
    [{ content: 'Let me see.', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '' } }] }],
    [{ content: null, function_call: { name: 'f', arguments: '{}' } }],
  ])('stores %j for the exact request only', (message) => {
    expect(judge(message, 'tool_calls')).toEqual({ store: true, semantic: false });
  });

  it.each([
    [{}],
    [{ content: '' }],
    [{ content: ' \n' }],
    [{ content: null, refusal: '' }],
    [{ content: [] }],
    [{ content: '', reasoning_content: 'Hm.' }],
  ])('does not store the empty answer %j', (message) => {
    expect(judge(message)).toEqual({ store: false, why: 'empty-answer' });
  });

  it('stores several choices of which one says something', () => {
    const choices = ['', 'Hi'].map((content, index) => ({ index, message: { content }, finish_reason: 'stop' }));
    expect(storability({ choices }, LIMITS)).toEqual({ store: true, semantic: true });
    expect(storability({ choices: [] }, LIMITS)).toEqual({ store: false, why: 'empty-answer' });
  });

  it.each([
    ['length', 'length'],
    ['max_tokens', 'length'],
    ['content_filter', 'content-filter'],
    ['SAFETY', 'content-filter'],
    ['error', 'finish-reason'],
    ['insufficient_system_resource', 'finish-reason'],
    [null, 'finish-reason'],
  ])('does not store finish reason %s', (reason, why) => {
    expect(judge({ content: 'Copen' }, reason)).toEqual({ store: false, why });
  });

  it('refuses all choices for one that was cut', () => {
    const choices = ['stop', 'length'].map((finish_reason, index) => ({
      index,
      message: { content: 'Hi' },
      finish_reason,
    }));
    expect(storability({ choices }, LIMITS)).toEqual({ store: false, why: 'length' });
  });

  it('stores what stopped at the token limit if the policy says so, but nothing filtered', () => {
    const lenient = { ...LIMITS, storeLength: true };
    expect(judge({ content: 'Copen' }, 'length', lenient)).toEqual({ store: true, semantic: true });
    expect(judge({ content: 'Copen' }, 'content_filter', lenient)).toEqual({ store: false, why: 'content-filter' });
  });

  it('does not store an answer over the size limit', () => {
    expect(judge({ content: 'Hi' }, 'stop', { ...LIMITS, bytes: 1001 })).toEqual({
      store: false,
      why: 'answer-too-large',
    });
  });
});
