import { describe, expect, test } from '@jest/globals';
import { type JsonObject, NearhitError } from '@nearhit/core';
import { messagesDialect } from '../messages/dialect.ts';
import { responsesDialect } from '../responses/dialect.ts';
import { plainChat } from './plain.ts';
import { chatTraits } from './traits.ts';

const OPENAI = 'https://api.openai.com/v1';

interface To {
  readonly at?: string;
  readonly model?: string;
}

function plain(chat: Buffer, { at = OPENAI, model = 'gpt-4o' }: To): JsonObject {
  return JSON.parse(plainChat(chat, model, chatTraits(at, model)).toString());
}

/** A Messages request as a server of OpenAI's kind gets it. */
function fromMessages(request: JsonObject, to: To = {}): JsonObject {
  const body = { model: 'asked', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }], ...request };
  return plain(messagesDialect.read(Buffer.from(JSON.stringify(body))).body, to);
}

const fromResponses = (request: JsonObject, to: To = {}): JsonObject =>
  plain(responsesDialect.read(Buffer.from(JSON.stringify({ model: 'asked', input: 'Hi', ...request }))).body, to);

/** Of one user's blocks, and what may stand before them. */
const said = (content: unknown, before: JsonObject[] = [], to: To = {}): unknown =>
  fromMessages({ messages: [...before, { role: 'user', content }] }, to).messages;

function fault(act: () => unknown): { message: string; param: string | null } {
  try {
    act();
  } catch (error) {
    if (error instanceof NearhitError && error.kind === 'INVALID_REQUEST') return error;
    throw error;
  }
  throw new Error('it was taken');
}

const ephemeral = { cache_control: { type: 'ephemeral' } };
const pdf = { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' };
const png = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' };
const pngUrl = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };

test('the least: the model that the target has, and nothing that was not asked for', () => {
  expect(fromMessages({})).toEqual({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: 'Hi' }],
    max_completion_tokens: 9,
  });
});

test('what Anthropic’s request has and OpenAI’s has not is gone or in OpenAI’s words', () => {
  const request = fromMessages({
    system: [{ type: 'text', text: 'Be brief.', ...ephemeral }],
    ...{ top_k: 5, thinking: { type: 'enabled', budget_tokens: 2048 }, output_config: { effort: 'low' }, ...ephemeral },
    ...{ context_management: { edits: [] }, inference_geo: 'us', service_tier: 'standard_only', container: 'c1' },
    metadata: { user_id: 'user-1', other: 1 },
    tools: [
      { name: 'now', input_schema: { type: 'object' }, ...ephemeral, defer_loading: true },
      { name: 'f', description: 'd', input_schema: { type: 'object', properties: { a: {} } }, strict: true },
    ],
    tool_choice: { type: 'any', disable_parallel_tool_use: true },
    stop_sequences: ['END'],
    x_own: [1],
  });
  expect(request).toEqual({
    model: 'gpt-4o',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ],
    ...{ max_completion_tokens: 9, stop: ['END'], service_tier: 'default', user: 'user-1', x_own: [1] },
    tools: [
      { type: 'function', function: { name: 'now', parameters: { type: 'object', properties: {} } } },
      {
        type: 'function',
        function: { name: 'f', description: 'd', strict: true, parameters: { type: 'object', properties: { a: {} } } },
      },
    ],
    tool_choice: 'required',
    parallel_tool_calls: false,
  });
});

test('an id of a user that is too long for OpenAI is short, the same each time, and nobody else’s', () => {
  const user = (user_id: string) => fromMessages({ metadata: { user_id } }).user;
  const long = `user_${'a'.repeat(64)}_account__session_1`;
  expect(user(long)).toMatch(/^[0-9a-f]{64}$/);
  expect(user(long)).toBe(user(long));
  expect(user(long)).not.toBe(user(`${long}2`));
});

describe('content', () => {
  test('texts lose their marks and citations, pictures stay', () => {
    const text = { type: 'text', text: 'What is it?', ...ephemeral, citations: [] };
    expect(said([text, { type: 'image', source: png, ...ephemeral }])).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'What is it?' }, pngUrl] },
    ]);
    expect(said([text])).toEqual([{ role: 'user', content: 'What is it?' }]);
  });

  test.each<[name: string, block: JsonObject, parts: unknown]>([
    [
      'a PDF',
      { source: pdf, title: 'a.pdf' },
      [{ type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } }],
    ],
    [
      'a text',
      { source: { type: 'text', media_type: 'text/plain', data: 'Words.' }, title: 'T', context: 'C' },
      'T\n\nC\n\nWords.',
    ],
    ['a text in base64', { source: { type: 'base64', media_type: 'text/plain', data: 'SMO2Zg==' } }, 'Höf'],
    [
      'content',
      {
        source: {
          type: 'content',
          content: [
            { type: 'text', text: 'a' },
            { type: 'image', source: png },
          ],
        },
        title: 'T',
      },
      [{ type: 'text', text: 'T' }, { type: 'text', text: 'a' }, pngUrl],
    ],
  ])('a document: %s', (_name, block, parts) => {
    expect(said([{ type: 'document', ...block }])).toEqual([{ role: 'user', content: parts }]);
  });

  test('a search result is a text with its source', () => {
    const found = {
      type: 'search_result',
      source: 'https://a',
      title: 'A',
      content: [{ type: 'text', text: 'It is.' }],
    };
    expect(said([found])).toEqual([{ role: 'user', content: 'A\nhttps://a\n\nIt is.' }]);
  });

  test.each<[block: JsonObject, param: string, message: RegExp]>([
    [
      { type: 'document', source: { type: 'url', url: 'https://a/b.pdf' } },
      'content[0].source',
      /document by its address/,
    ],
    [{ type: 'document', source: { type: 'file', file_id: 'file_1' } }, 'content[0].source', /source of type 'file'/],
    [{ type: 'image', source: { type: 'file', file_id: 'file_1' } }, 'content[0]', /picture that lies with another/],
    [{ type: 'container_upload', file_id: 'f' }, 'content[0]', /'container_upload'/],
  ])('what can’t be said is refused by its name: %j', (block, param, message) => {
    const { message: why, param: where } = fault(() => said([block]));
    expect(where).toBe(`messages[0].${param}`);
    expect(why).toMatch(message);
  });
});

describe('turns of the assistant', () => {
  const thought = { type: 'thinking', thinking: 'Hm.', signature: 'sig' };
  const use = { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 }, caller: { type: 'direct' }, ...ephemeral };
  const call = { id: 'toolu_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } };
  const asked = (content: unknown) => [
    { role: 'user', content: 'q' },
    { role: 'assistant', content },
  ];

  test('signed thinking and tools that ran at Anthropic are gone; text and calls stay', () => {
    const searched = [
      { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} },
      { type: 'web_search_tool_result', tool_use_id: 's1', content: [] },
    ];
    const turn = [thought, { type: 'redacted_thinking', data: 'x' }, ...searched, { type: 'text', text: 'So.' }, use];
    expect(said('ok', asked(turn))).toEqual([
      { role: 'user', content: 'q' },
      { role: 'assistant', content: 'So.', tool_calls: [call] },
      { role: 'user', content: 'ok' },
    ]);
    expect(said('ok', asked([thought, use]))).toMatchObject([{}, { content: null, tool_calls: [call] }, {}]);
    expect(said('ok', asked(searched))).toMatchObject([{}, { content: '' }, {}]);
  });

  test.each<[model: string, at: string, kept: boolean]>([
    ['gpt-5', OPENAI, false],
    ['deepseek-chat', 'https://api.deepseek.com/v1', true],
    ['qwen3-32b', 'http://127.0.0.1:8000/v1', true],
    ['qwen3-32b', 'https://api.groq.com/openai/v1', false],
    ['some-model', 'http://127.0.0.1:8000/v1', false],
  ])('unsigned thinking goes back to who wants it: %s at %s: %p', (model, at, kept) => {
    const unsigned = { type: 'thinking', thinking: 'Hm.', signature: '' };
    const [, turn] = said('ok', asked([unsigned, { type: 'text', text: 'So.' }]), { model, at }) as JsonObject[];
    expect(turn).toEqual({ role: 'assistant', content: 'So.', ...(kept && { reasoning_content: 'Hm.' }) });
  });

  test('results are texts: a failure says so, pictures follow when all results are told', () => {
    const two = [use, { ...use, id: 'toolu_2' }];
    const shown = {
      type: 'tool_result',
      tool_use_id: 'toolu_1',
      content: [{ type: 'image', source: png }],
      ...ephemeral,
    };
    const failed = { type: 'tool_result', tool_use_id: 'toolu_2', content: 'no such town', is_error: true };
    const [, , ...rest] = said([shown, failed, { type: 'text', text: 'And?' }], asked(two)) as JsonObject[];
    expect(rest).toEqual([
      { role: 'tool', tool_call_id: 'toolu_1', content: '(What it shows follows below.)' },
      {
        role: 'tool',
        tool_call_id: 'toolu_2',
        content: [
          { type: 'text', text: 'Error:' },
          { type: 'text', text: 'no such town' },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'Result of the tool call toolu_1:' }, pngUrl] },
      { role: 'user', content: 'And?' },
    ]);
  });

  test('Gemini’s signatures go to Google’s own compatible API and nowhere else', () => {
    const extra_content = { google: { thought_signature: 'g' }, other: 1 };
    const turn = asked([{ ...use, extra_content }]);
    const calls = (at: string) => (said('ok', turn, { at }) as JsonObject[])[1]?.tool_calls;
    expect(calls('https://generativelanguage.googleapis.com/v1beta/openai')).toEqual([
      { ...call, extra_content: { google: { thought_signature: 'g' } } },
    ]);
    expect(calls(OPENAI)).toEqual([call]);
  });
});

test('tools that only Anthropic has are refused by their name', () => {
  const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 3 };
  const { message, param } = fault(() => fromMessages({ tools: [search] }));
  expect(param).toBe('tools[0]');
  expect(message).toContain('web_search_20250305');
  expect(fault(() => fromMessages({ mcp_servers: [{ type: 'url', url: 'https://a' }] })).param).toBe('mcp_servers');
});

describe('thinking', () => {
  const enabled = (budget_tokens: number) => ({ thinking: { type: 'enabled', budget_tokens } });
  const adaptive = { thinking: { type: 'adaptive' } };
  const off = { thinking: { type: 'disabled' } };
  const DEEPSEEK = { at: 'https://api.deepseek.com/v1', model: 'deepseek-chat' };
  const OPENROUTER = { at: 'https://openrouter.ai/api/v1', model: 'anthropic/claude-sonnet-4.5' };
  test.each<[request: JsonObject, to: To, fields: JsonObject]>([
    [enabled(2_000), { model: 'gpt-5' }, { reasoning_effort: 'low' }],
    [enabled(8_192), { model: 'o3' }, { reasoning_effort: 'medium' }],
    [enabled(31_999), { model: 'gpt-5.2' }, { reasoning_effort: 'high' }],
    [enabled(31_999), { model: 'gpt-4o' }, {}],
    [adaptive, { model: 'gpt-5' }, {}],
    [{ ...adaptive, output_config: { effort: 'max' } }, { model: 'gpt-5' }, { reasoning_effort: 'high' }],
    [off, { model: 'gpt-5' }, {}],
    [enabled(2_000), DEEPSEEK, { thinking: { type: 'enabled' } }],
    [off, DEEPSEEK, { thinking: { type: 'disabled' } }],
    [{}, DEEPSEEK, {}],
    [enabled(2_000), OPENROUTER, { reasoning: { max_tokens: 2_000 } }],
    [adaptive, OPENROUTER, { reasoning: { enabled: true } }],
  ])('%j to %j', (request, to, fields) => {
    const { model: _, messages: __, max_completion_tokens: ___, max_tokens: ____, ...rest } = fromMessages(request, to);
    expect(rest).toEqual(fields);
  });
});

describe('by the server', () => {
  test.each<[at: string, limit: JsonObject]>([
    [OPENAI, { max_completion_tokens: 9 }],
    ['https://api.groq.com/openai/v1', { max_completion_tokens: 9 }],
    ['http://localhost:8000/v1', { max_completion_tokens: 9 }],
    ['https://api.mistral.ai/v1', { max_tokens: 9 }],
    ['https://api.deepseek.com', { max_tokens: 9 }],
    ['http://127.0.0.1:11434/v1', { max_tokens: 9 }],
    ['https://dashscope-intl.aliyuncs.com/compatible-mode/v1', { max_tokens: 9 }],
    ['no address', { max_completion_tokens: 9 }],
  ])('the limit at %s', (at, limit) => {
    const { model: _, messages: __, ...rest } = fromMessages({}, { at });
    expect(rest).toEqual(limit);
  });

  test('Mistral gets nothing that it answers with 422; OpenRouter keeps marks and top_k', () => {
    const request = { metadata: { user_id: 'u' }, service_tier: 'auto', top_k: 5 };
    const content = [{ type: 'text', text: 'Hi', ...ephemeral }];
    const to = (at: string) => fromMessages({ ...request, messages: [{ role: 'user', content }] }, { at });
    expect(to('https://api.mistral.ai/v1')).toEqual({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 9,
    });
    expect(to('https://openrouter.ai/api/v1')).toMatchObject({ messages: [{ content }], top_k: 5, user: 'u' });
  });
});

describe('from the Responses API', () => {
  test('OpenAI’s own fields stay; what chat completions has not is gone', () => {
    expect(
      fromResponses({
        ...{ reasoning: { effort: 'minimal', summary: 'auto' }, text: { verbosity: 'low' }, max_output_tokens: 50 },
        ...{ prompt_cache_key: 'k', safety_identifier: 's', user: 'u', service_tier: 'flex', store: false },
        ...{ metadata: { a: 'b' }, truncation: 'auto', include: ['reasoning.encrypted_content'], max_tool_calls: 3 },
        context_management: [{ type: 'compaction', compact_threshold: 1 }],
      }),
    ).toEqual({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'Hi' }],
      ...{ max_completion_tokens: 50, reasoning_effort: 'minimal', verbosity: 'low' },
      ...{ prompt_cache_key: 'k', safety_identifier: 's', user: 'u', service_tier: 'flex' },
    });
  });

  test('custom tools, and files by their address', () => {
    const tools = [{ type: 'custom', name: 'sh', format: { type: 'text' } }];
    expect(fromResponses({ tools }).tools).toEqual([
      { type: 'custom', custom: { name: 'sh', format: { type: 'text' } } },
    ]);
    const input = [{ role: 'user', content: [{ type: 'input_file', file_url: 'https://a/b.pdf' }] }];
    expect(fault(() => fromResponses({ input })).param).toBe('messages[0].content[0]');
  });
});
