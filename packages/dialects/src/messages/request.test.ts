import { describe, expect, test } from '@jest/globals';
import { messagesDialect } from './dialect.ts';
import { asked, assistant, base, plain, user } from './request.samples.ts';

const cache_control = { type: 'ephemeral' };
const _png = { type: 'base64', media_type: 'image/png', data: 'aGk=' };

describe('fields', () => {
  const schema = { type: 'object' };
  test.each<[name: string, body: object, expected: object]>([
    ['limits and sampling', { temperature: 0.5, top_p: 0.9, top_k: 5 }, { temperature: 0.5, top_p: 0.9, top_k: 5 }],
    ['a stream tells its usage', { stream: true }, { stream: true, stream_options: { include_usage: true } }],
    ['stop sequences', { stop_sequences: ['a', 'b'] }, { stop: ['a', 'b'] }],
    ['no stop sequences', { stop_sequences: [] }, {}],
    ['the user', { metadata: { user_id: 'u' } }, { user: 'u' }],
    ['other metadata', { metadata: { user_id: null, x: 1 } }, { metadata: { x: 1 } }],
    [
      'thinking',
      { thinking: { type: 'enabled', budget_tokens: 1024 } },
      { thinking: { type: 'enabled', budget_tokens: 1024 } },
    ],
    [
      'tools of the caller’s and of the provider’s',
      {
        tools: [
          { name: 'f', description: 'd', input_schema: schema, strict: true, cache_control },
          { type: 'custom', name: 'g', input_schema: schema, defer_loading: true },
          { type: 'web_search_20250305', name: 'web_search', max_uses: 2 },
        ],
      },
      {
        tools: [
          {
            type: 'function',
            function: { name: 'f', description: 'd', strict: true, parameters: schema },
            cache_control,
          },
          { type: 'function', function: { name: 'g', parameters: schema }, defer_loading: true },
          { type: 'web_search_20250305', name: 'web_search', max_uses: 2 },
        ],
      },
    ],
    ['tool_choice auto', { tool_choice: { type: 'auto' } }, { tool_choice: 'auto' }],
    [
      'tool_choice any, one at a time',
      { tool_choice: { type: 'any', disable_parallel_tool_use: true } },
      { tool_choice: 'required', parallel_tool_calls: false },
    ],
    ['tool_choice none', { tool_choice: { type: 'none' } }, { tool_choice: 'none' }],
    [
      'tool_choice tool',
      { tool_choice: { type: 'tool', name: 'f' } },
      { tool_choice: { type: 'function', function: { name: 'f' } } },
    ],
    [
      'structured output, and the effort beside it',
      { output_config: { effort: 'low', format: { type: 'json_schema', schema } } },
      {
        response_format: { type: 'json_schema', json_schema: { name: 'output', schema, strict: true } },
        output_config: { effort: 'low' },
      },
    ],
    [
      'structured output as in its beta',
      { output_format: { type: 'json_schema', schema } },
      { response_format: { type: 'json_schema', json_schema: { name: 'output', schema, strict: true } } },
    ],
    [
      'what nobody here knows',
      { container: 'c', mcp_servers: [], x: { y: 1 }, nearhit: { cache: 'off' } },
      { container: 'c', mcp_servers: [], x: { y: 1 }, nearhit: { cache: 'off' } },
    ],
  ])('%s', (_name, body, expected) => {
    expect(asked({ ...plain, ...body })).toEqual({
      model: 'm',
      messages: [user('q')],
      max_completion_tokens: 10,
      ...expected,
    });
  });

  test('a field called __proto__ is one like any other', () => {
    const { body } = messagesDialect.read(Buffer.from(JSON.stringify(plain).replace('{', '{"__proto__":{"x":1},')));
    expect(body.toString()).toContain('"__proto__":{"x":1}');
  });
});

describe('refused', () => {
  const block = (one: unknown) => ({ ...base, messages: [user([one])] });
  test.each<[body: unknown, param: string | null]>([
    [[], null],
    [{ ...base, messages: [] }, 'messages'],
    [{ ...base }, 'messages'],
    [{ model: 'm', messages: [user('q')] }, 'max_tokens'],
    [{ ...plain, max_tokens: 0 }, 'max_tokens'],
    [{ ...plain, max_tokens: '10' }, 'max_tokens'],
    [{ ...plain, model: 5 }, 'model'],
    [{ ...plain, stream: 'yes' }, 'stream'],
    [{ ...plain, temperature: 1.5 }, 'temperature'],
    [{ ...plain, stop_sequences: 'x' }, 'stop_sequences'],
    [{ ...plain, system: 5 }, 'system'],
    [{ ...plain, system: [{ type: 'image' }] }, 'system[0].type'],
    [{ ...plain, tools: [{ name: 'f' }] }, 'tools[0].input_schema'],
    [{ ...plain, tools: [{ input_schema: {} }] }, 'tools[0].name'],
    [{ ...plain, tool_choice: 'auto' }, 'tool_choice'],
    [{ ...plain, tool_choice: { type: 'tool' } }, 'tool_choice.name'],
    [{ ...plain, thinking: true }, 'thinking'],
    [{ ...base, messages: [{ role: 'system', content: 'x' }] }, 'messages[0].role'],
    [{ ...base, messages: [user(null)] }, 'messages[0].content'],
    [{ ...base, messages: [user([])] }, 'messages[0].content'],
    [{ ...base, messages: [{ role: 'user' }] }, 'messages[0].content'],
    [{ ...base, messages: [user([7])] }, 'messages[0].content[0]'],
    [block({ type: 'hologram' }), 'messages[0].content[0].type'],
    [block({ type: 'toString' }), 'messages[0].content[0].type'],
    [block({ text: 'x' }), 'messages[0].content[0].type'],
    [block({ type: 'text' }), 'messages[0].content[0].text'],
    [block({ type: 'image' }), 'messages[0].content[0].source'],
    [block({ type: 'image', source: { type: 'base64', data: 5 } }), 'messages[0].content[0].source.media_type'],
    [block({ type: 'tool_result', content: 'x' }), 'messages[0].content[0].tool_use_id'],
    [block({ type: 'tool_result', tool_use_id: 'a', content: 5 }), 'messages[0].content[0].content'],
    [
      block({ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'tool_use' }] }),
      'messages[0].content[0].content[0].type',
    ],
    [block({ type: 'tool_use', id: 'a', name: 'f', input: {} }), 'messages[0].content[0].type'],
    [{ ...base, messages: [assistant([{ type: 'tool_result', tool_use_id: 'a' }])] }, 'messages[0].content[0].type'],
    [{ ...base, messages: [assistant([{ type: 'tool_use', name: 'f', input: {} }])] }, 'messages[0].content[0].id'],
  ])('%j', (body, param) => {
    expect(() => asked(body as object)).toThrow(expect.objectContaining({ kind: 'INVALID_REQUEST', param }));
  });

  test('what can’t be written again, and what is no JSON', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const body = `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"q"}],"x":${deep}}`;
    expect(() => messagesDialect.read(Buffer.from(body))).toThrow(expect.objectContaining({ kind: 'INVALID_REQUEST' }));
    expect(() => messagesDialect.read(Buffer.from('{'))).toThrow(expect.objectContaining({ kind: 'INVALID_JSON' }));
  });
});
