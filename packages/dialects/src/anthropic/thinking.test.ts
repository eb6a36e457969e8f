import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@nearhit/core';
import { HI, put } from './request.samples.ts';

describe('thinking', () => {
  const think = (request: JsonObject, model: string) => {
    const { thinking, output_config, temperature } = put({ max_tokens: 9_000, ...request }, model);
    return { thinking, output_config, temperature };
  };

  test.each([
    ['claude-sonnet-4-5', 'low', { type: 'enabled', budget_tokens: 1_024 }, undefined],
    ['claude-sonnet-4-5-20250929', 'high', { type: 'enabled', budget_tokens: 7_976 }, undefined],
    ['claude-sonnet-4-5', 'none', undefined, undefined],
    ['claude-opus-4-6', 'medium', { type: 'adaptive' }, { effort: 'medium' }],
    ['claude-opus-4-6', 'xhigh', { type: 'adaptive' }, { effort: 'max' }],
    ['claude-opus-4-8', 'xhigh', { type: 'adaptive', display: 'summarized' }, { effort: 'xhigh' }],
    ['claude-sonnet-5', 'none', { type: 'disabled' }, undefined],
    ['claude-opus-5-5', 'none', undefined, { effort: 'low' }],
    ['claude-fable-5-1', 'minimal', { type: 'adaptive', display: 'summarized' }, { effort: 'low' }],
  ])('%s, reasoning_effort %s', (model, reasoning_effort, thinking, output_config) => {
    expect(think({ reasoning_effort }, model)).toEqual({ thinking, output_config, temperature: undefined });
  });

  test('it is left out where it can not be', () => {
    const tools = [{ type: 'function', function: { name: 'f' } }];
    const effort = { reasoning_effort: 'high' };
    expect(think({ ...effort, max_tokens: 1_500 }, 'claude-sonnet-4-5').thinking).toBeUndefined();
    expect(think({ ...effort, tools, tool_choice: 'required' }, 'claude-sonnet-4-5').thinking).toBeUndefined();
    const tool_calls = [{ id: 't', type: 'function', function: { name: 'f', arguments: '{}' } }];
    const messages = [...HI, { role: 'assistant', tool_calls }, { role: 'tool', tool_call_id: 't', content: 'x' }];
    expect(think({ ...effort, tools, messages }, 'claude-sonnet-4-5').thinking).toBeUndefined();
    expect(think({ ...effort, tools, messages: HI }, 'claude-sonnet-4-5').thinking).toBeDefined();
  });

  test('an own thinking field goes on as it is; sampling only where the model takes it', () => {
    const thinking = { type: 'enabled', budget_tokens: 2_000, x: 1 };
    expect(think({ thinking, temperature: 1 }, 'claude-sonnet-4-5')).toMatchObject({ thinking, temperature: 1 });
    expect(put({ temperature: 1.7, top_p: 0.9, top_k: 5 })).toMatchObject({ temperature: 1, top_p: 0.9, top_k: 5 });
    for (const field of ['temperature', 'top_p', 'top_k']) {
      expect(put({ temperature: 0, top_p: 1, top_k: 5 }, 'claude-opus-4-7')).not.toHaveProperty(field);
    }
  });
});
