import { describe, expect, test } from '@jest/globals';
import { type JsonObject, NearhitError } from '@nearhit/core';
import { toAnthropicRequest } from './request.ts';

const HI = [{ role: 'user', content: 'Hi' }];

function put(request: JsonObject, model = 'claude-sonnet-4-5', maxOutputTokens?: number): JsonObject {
  const body = Buffer.from(JSON.stringify({ model: 'asked', messages: HI, ...request }));
  return JSON.parse(toAnthropicRequest(body, { model, maxOutputTokens }).toString());
}

function fault(request: JsonObject): { message: string; param: string | null } {
  try {
    put(request);
  } catch (error) {
    if (error instanceof NearhitError && error.kind === 'INVALID_REQUEST') return error;
    throw error;
  }
  throw new Error('it was taken');
}

const text = (value: string) => ({ type: 'text', text: value });

describe('the least', () => {
  test('a model, a limit, messages; nothing that was not asked for', () => {
    expect(put({})).toEqual({
      model: 'claude-sonnet-4-5',
      max_tokens: 4096,
      messages: [{ role: 'user', content: [text('Hi')] }],
    });
  });

  test.each([
    [{ max_tokens: 5 }, 64_000, 5],
    [{ max_completion_tokens: 6, max_tokens: 5 }, 64_000, 6],
    [{}, 64_000, 64_000],
    [{ max_tokens: null }, undefined, 4096],
  ])('%j of %p: max_tokens %d', (request, most, expected) => {
    expect(put(request, 'claude-sonnet-4-5', most).max_tokens).toBe(expected);
  });
});

describe('messages', () => {
  test('system and developer go to the top from wherever they stood; neighbours become one turn', () => {
    const { system, messages } = put({
      messages: [
        { role: 'system', content: 'One' },
        { role: 'user', content: 'a' },
        { role: 'user', content: [text(''), text('b')] },
        { role: 'assistant', content: 'c' },
        { role: 'developer', content: [{ ...text('Two'), cache_control: { type: 'ephemeral' } }] },
        { role: 'assistant', content: '' },
        { role: 'user', content: 'd' },
      ],
    });
    expect(system).toEqual([text('One'), { ...text('Two'), cache_control: { type: 'ephemeral' } }]);
    expect(messages).toEqual([
      { role: 'user', content: [text('a'), text('b')] },
      { role: 'assistant', content: [text('c')] },
      { role: 'user', content: [text('d')] },
    ]);
  });

  test('somebody has to speak first, and it is the user', () => {
    expect(put({ messages: [{ role: 'system', content: 'Say hello.' }] })).toMatchObject({
      messages: [{ role: 'user', content: [text('Say hello.')] }],
    });
    expect(put({ messages: [{ role: 'assistant', content: 'Once ' }] }).messages).toEqual([
      { role: 'user', content: [text('...')] },
      { role: 'assistant', content: [text('Once')] },
    ]);
  });

  test('thoughts go back before what they led to, without their place in the stream', () => {
    const { messages } = put({
      messages: [
        ...HI,
        {
          role: 'assistant',
          content: 'So.',
          reasoning_content: 'not signed, not sent',
          thinking_blocks: [
            { index: 0, type: 'thinking', thinking: 'hm', signature: 's' },
            { index: 1, type: 'redacted_thinking', data: 'd' },
          ],
          tool_calls: [{ id: 'a:b/1', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
        },
        { role: 'user', content: 'and' },
        { role: 'tool', tool_call_id: 'a:b/1', content: [text('ok')], cache_control: { type: 'ephemeral' } },
        { role: 'user', content: 'then?' },
      ],
    });
    expect(messages).toEqual([
      { role: 'user', content: [text('Hi')] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 's' },
          { type: 'redacted_thinking', data: 'd' },
          text('So.'),
          { type: 'tool_use', id: 'a_b_1', name: 'f', input: { x: 1 } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a_b_1', content: [text('ok')], cache_control: { type: 'ephemeral' } },
          text('and'),
          text('then?'),
        ],
      },
    ]);
  });

  test.each([
    ['', {}],
    ['[1]', { arguments: '[1]' }],
    ['{"a":', { arguments: '{"a":' }],
  ])('arguments %j are an object all the same', (written, input) => {
    const tool_calls = [{ id: 't', type: 'function', function: { name: 'f', arguments: written } }];
    const messages = put({ messages: [...HI, { role: 'assistant', tool_calls }] }).messages as { content: unknown[] }[];
    expect(messages[1]?.content).toEqual([{ type: 'tool_use', id: 't', name: 'f', input }]);
  });

  test('files, documents and parts of its own', () => {
    const own = { type: 'search_result', source: 's', title: 't', content: [] };
    const { messages } = put({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERg==' } },
            { type: 'file', file: { file_data: 'data:text/plain,a%20b' } },
            { type: 'file', file: { file_id: 'file_1' } },
            own,
          ],
        },
      ],
    });
    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' },
            title: 'a.pdf',
          },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a b' } },
          { type: 'document', source: { type: 'file', file_id: 'file_1' } },
          own,
        ],
      },
    ]);
  });

  test.each([
    [{ type: 'image_url', image_url: { url: 'cat.png' } }, 'messages[0].content[0].image_url.url'],
    [{ type: 'image_url', image_url: 'data:,x' }, 'messages[0].content[0].image_url.url'],
    [{ type: 'file', file: {} }, 'messages[0].content[0].file'],
    [{ type: 'input_audio', input_audio: {} }, 'messages[0].content[0]'],
  ])('%j can not be said', (part, param) => {
    expect(fault({ messages: [{ role: 'user', content: [part] }] }).param).toBe(param);
  });
});

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

describe('formats and other fields', () => {
  test('a JSON schema closes its objects and says its limits in words', () => {
    const schema = {
      type: 'object',
      properties: {
        n: { type: 'integer', minimum: 1, maximum: 5 },
        list: { type: 'array', items: { type: 'object', properties: { maxLength: { type: 'string', maxLength: 3 } } } },
      },
      required: ['n'],
    };
    const json_schema = { name: 'x', schema, strict: true };
    expect(put({ response_format: { type: 'json_schema', json_schema } }).output_config).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: {
            n: { type: 'integer', description: '(minimum: 1, maximum: 5)' },
            list: {
              type: 'array',
              items: {
                type: 'object',
                properties: { maxLength: { type: 'string', description: '(maxLength: 3)' } },
                additionalProperties: false,
              },
            },
          },
          required: ['n'],
          additionalProperties: false,
        },
      },
    });
    expect(put({ response_format: { type: 'json_object' } }).system).toHaveLength(1);
    expect(put({ response_format: { type: 'text' } })).not.toHaveProperty('system');
  });

  test('who asks, stops, tiers', () => {
    expect(put({ user: 'u', metadata: { team: 'x' } }).metadata).toEqual({ user_id: 'u' });
    expect(put({ user: 'u', metadata: { user_id: 'm' } }).metadata).toEqual({ user_id: 'm' });
    expect(put({ metadata: { team: 'x' } })).not.toHaveProperty('metadata');
    expect(put({ stop: ['\n\n', 'END'] }).stop_sequences).toEqual(['END']);
    expect(put({ stop: ' ' })).not.toHaveProperty('stop_sequences');
    expect(put({ service_tier: 'default' }).service_tier).toBe('standard_only');
    expect(put({ service_tier: 'priority' }).service_tier).toBe('auto');
  });

  test('what only others have is left out; what nobody knows goes on', () => {
    const others = { logit_bias: {}, seed: 1, store: true, stream_options: {}, safety_settings: [], top_logprobs: 3 };
    expect(Object.keys(put({ ...others, context_management: { edits: [] }, n: 1, stream: true })).sort()).toEqual([
      ...['context_management', 'max_tokens', 'messages', 'model', 'stream'],
    ]);
  });
});
