import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@nearhit/core';
import { responsesDialect } from './dialect.ts';
import { sealThinking } from './thinking.ts';

const asked = (body: object): JsonObject =>
  JSON.parse(responsesDialect.read(Buffer.from(JSON.stringify(body))).body.toString()) as JsonObject;

const user = (content: unknown) => ({ role: 'user', content });
const plain = { model: 'm', input: 'q' };
const call = (id: string) => ({ type: 'function_call', call_id: id, name: 'f', arguments: '{}' });
const chatCall = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });

describe('items', () => {
  test.each<[name: string, input: unknown, messages: unknown[]]>([
    ['a text', 'q', [user('q')]],
    ['a message without its type', [user('q')], [user('q')]],
    [
      'roles',
      [
        { type: 'message', role: 'system', content: 's' },
        { role: 'developer', content: [{ type: 'input_text', text: 'd' }] },
        user('q'),
        { role: 'assistant', content: [{ type: 'output_text', text: 'a', annotations: [] }] },
      ],
      [
        { role: 'system', content: 's' },
        { role: 'developer', content: 'd' },
        user('q'),
        { role: 'assistant', content: 'a' },
      ],
    ],
    [
      'pictures and files',
      [
        user([
          { type: 'input_text', text: 'look' },
          { type: 'input_image', image_url: 'https://x/y.png', detail: 'low' },
          { type: 'input_image', file_id: 'f1', image_url: null },
          { type: 'input_file', file_data: 'data:;base64,aGk=', filename: 'a.pdf' },
          { type: 'input_file', file_id: 'f2' },
        ]),
      ],
      [
        user([
          { type: 'text', text: 'look' },
          { type: 'image_url', image_url: { url: 'https://x/y.png', detail: 'low' } },
          { type: 'file', file: { file_id: 'f1' } },
          { type: 'file', file: { file_data: 'data:;base64,aGk=', filename: 'a.pdf' } },
          { type: 'file', file: { file_id: 'f2' } },
        ]),
      ],
    ],
    [
      'one turn of the model is one message; results follow it',
      [
        user('q'),
        { type: 'reasoning', id: 'rs', summary: [{ type: 'summary_text', text: 'thought' }] },
        { type: 'message', id: 'msg', role: 'assistant', content: [{ type: 'output_text', text: 'a' }] },
        call('1'),
        call('2'),
        { type: 'function_call_output', call_id: '1', output: 'x' },
        { type: 'function_call_output', call_id: '2', output: [{ type: 'input_text', text: 'y' }] },
        call('3'),
      ],
      [
        user('q'),
        { role: 'assistant', content: 'a', reasoning_content: 'thought', tool_calls: [chatCall('1'), chatCall('2')] },
        { role: 'tool', tool_call_id: '1', content: 'x' },
        { role: 'tool', tool_call_id: '2', content: 'y' },
        { role: 'assistant', content: null, tool_calls: [chatCall('3')] },
      ],
    ],
    [
      'signed thoughts come out of their envelope, what only OpenAI can read stays away, as pictures do',
      [
        user('q'),
        { type: 'reasoning', summary: [], encrypted_content: sealThinking([{ type: 'redacted_thinking', data: 'r' }]) },
        call('1'),
        { type: 'function_call_output', call_id: '1', output: 'x' },
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 's' }], encrypted_content: 'gAAAA' },
        { type: 'image_generation_call', id: 'ig', status: 'completed', result: 'aGk=' },
        user('and?'),
      ],
      [
        user('q'),
        {
          role: 'assistant',
          content: null,
          thinking_blocks: [{ type: 'redacted_thinking', data: 'r' }],
          tool_calls: [chatCall('1')],
        },
        { role: 'tool', tool_call_id: '1', content: 'x' },
        user('and?'),
      ],
    ],
    [
      'free-form tools',
      [
        user('q'),
        { type: 'custom_tool_call', call_id: 'c', name: 'g', input: 'raw' },
        { type: 'custom_tool_call_output', call_id: 'c', output: 'done' },
      ],
      [
        user('q'),
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'g', input: 'raw' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: 'done' },
      ],
    ],
  ])('%s', (_name, input, messages) => {
    expect(asked({ model: 'm', input }).messages).toEqual(messages);
  });
});

describe('fields', () => {
  const schema = { type: 'object' };
  test.each<[name: string, body: object, expected: object]>([
    ['instructions', { instructions: 'i' }, { messages: [{ role: 'system', content: 'i' }, user('q')] }],
    ['a limit', { max_output_tokens: 5 }, { max_completion_tokens: 5 }],
    ['a stream tells its usage', { stream: true }, { stream: true, stream_options: { include_usage: true } }],
    [
      'effort and verbosity',
      { reasoning: { effort: 'low' }, text: { verbosity: 'low' } },
      { reasoning_effort: 'low', verbosity: 'low' },
    ],
    ['plain text', { text: { format: { type: 'text' } } }, {}],
    ['some JSON', { text: { format: { type: 'json_object' } } }, { response_format: { type: 'json_object' } }],
    [
      'structured output',
      { text: { format: { type: 'json_schema', name: 'n', schema, strict: true } } },
      { response_format: { type: 'json_schema', json_schema: { name: 'n', schema, strict: true } } },
    ],
    [
      'tools',
      {
        tools: [
          { type: 'function', name: 'f', description: 'd', parameters: schema, strict: true },
          { type: 'custom', name: 'g', format: { type: 'grammar', syntax: 'lark', definition: 'x' } },
        ],
      },
      {
        tools: [
          { type: 'function', function: { name: 'f', description: 'd', parameters: schema, strict: true } },
          {
            type: 'custom',
            custom: { name: 'g', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'x' } } },
          },
        ],
      },
    ],
    ['tool_choice', { tool_choice: 'required' }, { tool_choice: 'required' }],
    [
      'one tool',
      { tool_choice: { type: 'function', name: 'f' } },
      { tool_choice: { type: 'function', function: { name: 'f' } } },
    ],
    [
      'some tools',
      { tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] } },
      {
        tool_choice: {
          type: 'allowed_tools',
          allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
        },
      },
    ],
    ['log probabilities', { top_logprobs: 2 }, { logprobs: true, top_logprobs: 2 }],
    ['log probabilities by include', { include: ['message.output_text.logprobs'] }, { logprobs: true }],
    ['metadata of what is stored', { store: true, metadata: { a: 'b' } }, { store: true, metadata: { a: 'b' } }],
    ['metadata otherwise', { store: false, metadata: { a: 'b' } }, {}],
    [
      'conversations that are none',
      { previous_response_id: null, conversation: null, background: false, prompt: null, truncation: 'auto' },
      {},
    ],
    [
      'all else',
      { temperature: 0, parallel_tool_calls: false, user: 'u', service_tier: 'flex', x: 1, nearhit: { cache: 'off' } },
      { temperature: 0, parallel_tool_calls: false, user: 'u', service_tier: 'flex', x: 1, nearhit: { cache: 'off' } },
    ],
  ])('%s', (_name, body, expected) => {
    expect(asked({ ...plain, ...body })).toEqual({ model: 'm', messages: [user('q')], ...expected });
  });
});

describe('refused', () => {
  const item = (one: unknown) => ({ model: 'm', input: [one] });
  test.each<[body: unknown, param: string | null]>([
    [5, null],
    [{ model: 'm' }, 'input'],
    [{ model: 'm', input: [] }, 'input'],
    [{ model: 'm', input: 5 }, 'input'],
    [{ input: 'q' }, 'model'],
    [{ ...plain, previous_response_id: 'resp_1' }, 'previous_response_id'],
    [{ ...plain, conversation: 'conv_1' }, 'conversation'],
    [{ ...plain, prompt: { id: 'p' } }, 'prompt'],
    [{ ...plain, background: true }, 'background'],
    [{ ...plain, tools: [{ type: 'file_search' }] }, 'tools[0].type'],
    [{ ...plain, tools: [{ type: 'function' }] }, 'tools[0].name'],
    [{ ...plain, tool_choice: { type: 'web_search' } }, 'tool_choice'],
    [{ ...plain, tool_choice: 'sometimes' }, 'tool_choice'],
    [{ ...plain, text: { format: { type: 'json_schema', name: 'n' } } }, 'text.format.schema'],
    [{ ...plain, text: { format: { type: 'xml' } } }, 'text.format.type'],
    [{ ...plain, max_output_tokens: 0 }, 'max_output_tokens'],
    [{ ...plain, temperature: 3 }, 'temperature'],
    [{ ...plain, metadata: 'x' }, 'metadata'],
    [{ ...plain, instructions: ['x'] }, 'instructions'],
    [item({ type: 'item_reference', id: 'x' }), 'input[0].type'],
    [item({ type: 'web_search_call' }), 'input[0].type'],
    [item('text'), 'input[0]'],
    [item({ role: 'tool', content: 'x' }), 'input[0].role'],
    [item({ role: 'user' }), 'input[0].content'],
    [item(user([{ type: 'input_text' }])), 'input[0].content[0].text'],
    [item(user([{ type: 'input_video' }])), 'input[0].content[0].type'],
    [item(user([{ type: 'input_image' }])), 'input[0].content[0]'],
    [item({ type: 'function_call', name: 'f', arguments: '{}' }), 'input[0].call_id'],
    [item({ type: 'function_call', call_id: 'c', name: 'f', arguments: {} }), 'input[0].arguments'],
    [item({ type: 'function_call_output', call_id: 'c', output: { x: 1 } }), 'input[0].output'],
  ])('%j', (body, param) => {
    expect(() => asked(body as object)).toThrow(expect.objectContaining({ kind: 'INVALID_REQUEST', param }));
  });
});
