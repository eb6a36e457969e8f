import { describe, expect, test } from '@jest/globals';
import { type JsonObject, NearhitError } from '@nearhit/core';
import { toAnthropicRequest } from '../anthropic/request.ts';
import { toGeminiRequest } from '../gemini/request.ts';
import { messagesDialect } from '../messages/dialect.ts';
import { responsesDialect } from '../responses/dialect.ts';

const chatOf = (door: typeof messagesDialect, request: JsonObject): Buffer =>
  door.read(Buffer.from(JSON.stringify(request))).body;

const messages = (request: JsonObject): Buffer =>
  chatOf(messagesDialect, { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }], ...request });
const responses = (request: JsonObject): Buffer => chatOf(responsesDialect, { model: 'm', input: 'Hi', ...request });

const atGemini = (chat: Buffer, model = 'gemini-2.5-flash'): JsonObject =>
  JSON.parse(toGeminiRequest(chat, model).toString());
const atAnthropic = (chat: Buffer): JsonObject =>
  JSON.parse(toAnthropicRequest(chat, { model: 'claude-sonnet-4-5' }).toString());

function fault(act: () => unknown): { message: string; param: string | null } {
  try {
    act();
  } catch (error) {
    if (error instanceof NearhitError && error.kind === 'INVALID_REQUEST') return error;
    throw error;
  }
  throw new Error('it was taken');
}

const said = (...content: JsonObject[]): JsonObject => ({ messages: [{ role: 'user', content }] });
const partsAtGemini = (...content: JsonObject[]): unknown =>
  (atGemini(messages(said(...content))).contents as JsonObject[])[0]?.parts;

describe('Messages at Gemini', () => {
  test('nothing of Anthropic’s that it refuses goes there', () => {
    const request = atGemini(
      messages({
        ...{ cache_control: { type: 'ephemeral' }, inference_geo: 'us', speed: 'fast', service_tier: 'auto', top_k: 5 },
        ...{ metadata: { user_id: 'u' }, output_config: { effort: 'low' }, context_management: {}, container: 'c' },
      }),
    );
    expect(request).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
      generationConfig: {
        maxOutputTokens: 9,
        topK: 5,
        thinkingConfig: { thinkingBudget: 1_024, includeThoughts: true },
      },
    });
  });

  test.each<[model: string, request: JsonObject, config: JsonObject | undefined]>([
    [
      'gemini-3-pro',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } },
      { thinkingLevel: 'high', includeThoughts: true },
    ],
    ['gemini-3-pro', { thinking: { type: 'adaptive' } }, { includeThoughts: true }],
    [
      'gemini-2.5-flash',
      { thinking: { type: 'enabled', budget_tokens: 2_048 }, output_config: { effort: 'high' } },
      { thinkingBudget: 2_048, includeThoughts: true },
    ],
    ['gemini-2.5-flash', { thinking: { type: 'disabled' }, output_config: { effort: 'high' } }, { thinkingBudget: 0 }],
    ['gemini-2.5-flash', {}, undefined],
  ])('%s thinks as asked: %j', (model, request, config) => {
    const { thinkingConfig } = atGemini(messages(request), model).generationConfig as JsonObject;
    expect(thinkingConfig).toEqual(config);
  });

  test('Anthropic’s tools that it has too are its own; others are refused by their names', () => {
    const tools = ['web_search_20250305', 'web_fetch_20250910', 'code_execution_20250825'].map((type) => ({
      ...{ type, name: type.replace(/_\d+$/, ''), max_uses: 2 },
    }));
    expect(atGemini(messages({ tools })).tools).toEqual([
      { googleSearch: {} },
      { urlContext: {} },
      { codeExecution: {} },
    ]);
    const { message, param } = fault(() => atGemini(messages({ tools: [{ type: 'bash_20250124', name: 'bash' }] })));
    expect([param, message]).toEqual(['tools[0]', expect.stringContaining("'bash'")]);
  });

  test('documents with their titles, search results, pictures within', () => {
    const content = [
      { type: 'text', text: 'a' },
      { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
    ];
    expect(
      partsAtGemini(
        { type: 'document', title: 'T', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' } },
        {
          type: 'document',
          title: 'T',
          context: 'C',
          source: { type: 'text', media_type: 'text/plain', data: 'Words.' },
        },
        { type: 'document', source: { type: 'content', content } },
        { type: 'search_result', source: 'https://a', title: 'A', content: [{ type: 'text', text: 'It is.' }] },
      ),
    ).toEqual([
      { text: 'T' },
      { inlineData: { mimeType: 'application/pdf', data: 'JVBERi0=' } },
      { text: 'T\n\nC\n\nWords.' },
      { text: 'a' },
      { fileData: { fileUri: 'https://x/y.png', mimeType: 'image/png' } },
      { text: 'A\nhttps://a\n\nIt is.' },
    ]);
    expect(fault(() => partsAtGemini({ type: 'container_upload', file_id: 'f' })).param).toBe('messages[0].content[0]');
  });

  test('of earlier turns the text stays, thoughts and tools that ran at Anthropic do not', () => {
    const turn = [
      { type: 'text', text: 'I look.' },
      { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
      { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
      { type: 'thinking', thinking: 'Hm.', signature: 'sig' },
      { type: 'text', text: 'It rains.' },
    ];
    const request = messages({
      messages: [
        { role: 'user', content: 'q' },
        { role: 'assistant', content: turn },
        { role: 'user', content: 'ok' },
      ],
    });
    expect((atGemini(request).contents as JsonObject[])[1]).toEqual({
      ...{ role: 'model', parts: [{ text: 'I look.' }, { text: 'It rains.' }] },
    });
  });
});

describe('Responses at Anthropic and Gemini', () => {
  const everything = {
    ...{
      instructions: 'Be brief.',
      max_output_tokens: 50,
      reasoning: { effort: 'high', summary: 'auto' },
      user: 'u-1',
    },
    ...{ text: { verbosity: 'low' }, prompt_cache_key: 'k', store: false, metadata: { a: 'b' }, truncation: 'auto' },
    ...{ include: ['reasoning.encrypted_content'], service_tier: 'auto', max_tool_calls: 2 },
    context_management: [{ type: 'compaction', compact_threshold: 1_000 }],
  };

  test('Anthropic gets what it knows, and nothing else', () => {
    expect(atAnthropic(responses(everything))).toEqual({
      model: 'claude-sonnet-4-5',
      max_tokens: 50,
      system: [{ type: 'text', text: 'Be brief.' }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      metadata: { user_id: 'u-1' },
      service_tier: 'auto',
    });
  });

  test('Gemini likewise', () => {
    expect(atGemini(responses(everything))).toEqual({
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
      generationConfig: { maxOutputTokens: 50, thinkingConfig: { thinkingBudget: 24_576, includeThoughts: true } },
    });
  });

  test('a file by its address', () => {
    const input = [{ role: 'user', content: [{ type: 'input_file', file_url: 'https://a/b.pdf', filename: 'b.pdf' }] }];
    expect(atAnthropic(responses({ input })).messages).toEqual([
      {
        role: 'user',
        content: [{ type: 'document', source: { type: 'url', url: 'https://a/b.pdf' }, title: 'b.pdf' }],
      },
    ]);
    expect(atGemini(responses({ input })).contents).toEqual([
      { role: 'user', parts: [{ fileData: { fileUri: 'https://a/b.pdf', mimeType: 'application/pdf' } }] },
    ]);
  });

  test('calls of free-form tools in earlier turns keep their names and what they were given', () => {
    const input = [
      { role: 'user', content: 'q' },
      { type: 'custom_tool_call', call_id: 'c1', name: 'sh', input: 'ls -l' },
      { type: 'custom_tool_call_output', call_id: 'c1', output: 'a.txt' },
    ];
    expect(atAnthropic(responses({ input })).messages).toMatchObject([
      {},
      { content: [{ type: 'tool_use', id: 'c1', name: 'sh', input: { input: 'ls -l' } }] },
      { content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'a.txt' }] },
    ]);
    expect(atGemini(responses({ input })).contents).toMatchObject([
      {},
      { parts: [{ functionCall: { name: 'sh', args: { input: 'ls -l' } } }] },
      { parts: [{ functionResponse: { name: 'sh', response: { result: 'a.txt' } } }] },
    ]);
  });

  test('an item that is stored elsewhere is refused in words that help', () => {
    const input = [
      { role: 'user', content: 'q' },
      { type: 'item_reference', id: 'fc_1' },
    ];
    expect(fault(() => responses({ input })).message).toMatch(
      /'input\[1\]\.type': nearhit keeps no items.*`store: false`/,
    );
  });
});
