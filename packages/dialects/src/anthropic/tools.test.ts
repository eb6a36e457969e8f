import { describe, expect, test } from '@jest/globals';
import { fault, put } from './request.samples.ts';

describe('tools', () => {
  const tool = (name: string, more = {}) => ({ type: 'function', function: { name, ...more } });

  test('functions, the vendor’s own, a choice among some, one at a time', () => {
    const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 2 };
    const request = {
      tools: [
        {
          ...tool('a', { description: 'A', parameters: { properties: {} }, strict: true }),
          cache_control: { type: 'x' },
        },
        tool('b'),
        search,
      ],
      parallel_tool_calls: false,
    };
    expect(put(request)).toMatchObject({
      tools: [
        {
          name: 'a',
          description: 'A',
          input_schema: { type: 'object', properties: {} },
          strict: true,
          cache_control: { type: 'x' },
        },
        { name: 'b', input_schema: { type: 'object', properties: {} } },
        search,
      ],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    });
    const allowed = { mode: 'required', tools: [{ type: 'function', function: { name: 'b' } }] };
    expect(put({ ...request, tool_choice: { type: 'allowed_tools', allowed_tools: allowed } })).toMatchObject({
      tools: [{ name: 'b' }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
    });
    expect(put({ ...request, tool_choice: 'none' }).tool_choice).toEqual({ type: 'none' });
    expect(put({ tools: [tool('a', { strict: true })] }, 'claude-3-7-sonnet-20250219').tools).toEqual([
      { name: 'a', input_schema: { type: 'object', properties: {} } },
    ]);
    expect(put({ parallel_tool_calls: false, tool_choice: 'auto' })).not.toHaveProperty('tool_choice');
  });

  test('free-form tools and functions of old are refused', () => {
    expect(fault({ tools: [{ type: 'custom', custom: { name: 'x' } }] }).param).toBe('tools[0]');
    expect(fault({ functions: [{ name: 'x' }] })).toMatchObject({ param: 'functions' });
    expect(fault({ modalities: ['text', 'audio'] })).toMatchObject({ param: 'modalities' });
  });
});
