import { describe, expect, test } from '@jest/globals';
import { type JsonObject, NearhitError } from '@nearhit/core';
import { toGeminiEmbeddings } from './embeddings.ts';
import { toGeminiRequest } from './request.ts';

const HI = [{ role: 'user', content: 'Hi' }];

function put(request: JsonObject, model = 'gemini-2.5-flash'): JsonObject {
  const body = Buffer.from(JSON.stringify({ model: 'asked', messages: HI, ...request }));
  return JSON.parse(toGeminiRequest(body, model).toString());
}

function fault(act: () => unknown): NearhitError {
  try {
    act();
  } catch (error) {
    if (error instanceof NearhitError && error.kind === 'INVALID_REQUEST') return error;
    throw error;
  }
  throw new Error('it was taken');
}

test('the least: contents, and nothing that was not asked for', () => {
  expect(put({})).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] });
});

describe('messages', () => {
  test('system and developer go to the top; neighbours become one content; empty texts are gone', () => {
    expect(
      put({
        messages: [
          { role: 'developer', content: 'One' },
          { role: 'user', content: 'a' },
          { role: 'user', content: [{ type: 'text', text: '' }] },
          { role: 'assistant', content: '' },
          { role: 'system', content: 'Two' },
          { role: 'user', content: 'b' },
          { role: 'assistant', content: 'c' },
        ],
      }),
    ).toEqual({
      systemInstruction: { parts: [{ text: 'One' }, { text: 'Two' }] },
      contents: [
        { role: 'user', parts: [{ text: 'a' }, { text: 'b' }] },
        { role: 'model', parts: [{ text: 'c' }] },
      ],
    });
    expect(put({ messages: [{ role: 'system', content: 'Go' }] })).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'Go' }] }],
    });
  });

  const call = (id: string, name: string, more = {}) => ({
    id,
    type: 'function',
    function: { name, arguments: '{"x":1}' },
    ...more,
  });

  test('calls and results find each other by name; results are objects', () => {
    const { contents } = put({
      messages: [
        ...HI,
        { role: 'assistant', content: null, tool_calls: [call('1', 'f'), call('2', 'g')] },
        { role: 'tool', tool_call_id: '2', content: '{"temperature":3}' },
        {
          role: 'tool',
          tool_call_id: '1',
          content: [
            { type: 'text', text: 'seen' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
          ],
        },
      ],
    });
    expect((contents as unknown[]).slice(1)).toEqual([
      {
        role: 'model',
        parts: [{ functionCall: { name: 'f', args: { x: 1 } } }, { functionCall: { name: 'g', args: { x: 1 } } }],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'g', response: { temperature: 3 } } },
          { functionResponse: { name: 'f', response: { result: 'seen' } } },
          { inlineData: { mimeType: 'image/png', data: 'AA==' } },
        ],
      },
    ]);
  });

  test('signatures go back; Gemini 3 is told where there is none', () => {
    const signed = { extra_content: { google: { thought_signature: 's1' } } };
    const messages = [
      ...HI,
      { role: 'assistant', content: 'So', ...signed, tool_calls: [call('1', 'f', signed), call('2', 'g')] },
      { role: 'tool', tool_call_id: '1', content: 'x' },
      { role: 'assistant', content: null, tool_calls: [call('3', 'h')] },
    ];
    const signatures = (model: string) =>
      (put({ messages }, model).contents as { parts: JsonObject[] }[])
        .flatMap(({ parts }) => parts)
        .map(({ thoughtSignature }) => thoughtSignature);
    const none = undefined;
    expect(signatures('gemini-2.5-pro')).toEqual([none, 's1', 's1', none, none, none]);
    expect(signatures('gemini-3.1-pro-preview')).toEqual([
      ...[none, 's1', 's1', none, none],
      'skip_thought_signature_validator',
    ]);
  });

  test('media of all kinds', () => {
    const { contents } = put({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'https://a.example/x.PNG?v=1' } },
            { type: 'image_url', image_url: 'gs://bucket/x' },
            { type: 'input_audio', input_audio: { data: 'QQ==', format: 'mp3' } },
            { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERg==' } },
            { type: 'file', file: { file_id: 'https://files.example/1' } },
            { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AA==' } },
            { type: 'own', fileData: { fileUri: 'x' }, cache_control: { type: 'ephemeral' } },
          ],
        },
      ],
    });
    expect(contents).toEqual([
      {
        role: 'user',
        parts: [
          { fileData: { fileUri: 'https://a.example/x.PNG?v=1', mimeType: 'image/png' } },
          { fileData: { fileUri: 'gs://bucket/x' } },
          { inlineData: { mimeType: 'audio/mp3', data: 'QQ==' } },
          { inlineData: { mimeType: 'application/pdf', data: 'JVBERg==' } },
          { fileData: { fileUri: 'https://files.example/1' } },
          { inlineData: { mimeType: 'application/pdf', data: 'AA==' } },
          { fileData: { fileUri: 'x' } },
        ],
      },
    ]);
  });

  test.each([
    [{ type: 'image_url', image_url: { url: 'x' } }, 'messages[0].content[0].image_url.url'],
    [{ type: 'file', file: {} }, 'messages[0].content[0].file'],
    [{ type: 'image', source: { type: 'file' } }, 'messages[0].content[0].source'],
  ])('%j can not be said', (part, param) => {
    expect(fault(() => put({ messages: [{ role: 'user', content: [part] }] })).param).toBe(param);
  });
});

describe('configuration', () => {
  test('every field in Gemini’s words', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    expect(
      put({
        ...{ temperature: 0.3, top_p: 0.9, top_k: 7, seed: 5, n: 3, max_tokens: 1, max_completion_tokens: 9 },
        ...{ stop: 'END', presence_penalty: 1, frequency_penalty: -1, logprobs: true, top_logprobs: 2 },
        ...{ modalities: ['text', 'image'], response_format: { type: 'json_schema', json_schema: { schema } } },
        generation_config: { mediaResolution: 'LOW', topK: 8 },
      }).generationConfig,
    ).toEqual({
      ...{ temperature: 0.3, topP: 0.9, topK: 8, seed: 5, candidateCount: 3, maxOutputTokens: 9 },
      ...{ stopSequences: ['END'], presencePenalty: 1, frequencyPenalty: -1, responseLogprobs: true, logprobs: 2 },
      ...{ responseModalities: ['TEXT', 'IMAGE'], responseMimeType: 'application/json', responseJsonSchema: schema },
      mediaResolution: 'LOW',
    });
    expect(put({ response_format: { type: 'json_object' } }).generationConfig).toEqual({
      responseMimeType: 'application/json',
    });
    expect(fault(() => put({ stop: ['1', '2', '3', '4', '5', '6'] })).param).toBe('stop');
  });

  test.each([
    ['gemini-2.5-flash', { reasoning_effort: 'low' }, { thinkingBudget: 1024, includeThoughts: true }],
    ['gemini-2.5-flash', { reasoning_effort: 'none' }, { thinkingBudget: 0 }],
    ['gemini-2.5-pro', { reasoning_effort: 'none' }, { thinkingBudget: 128 }],
    ['gemini-3.1-pro-preview', { reasoning_effort: 'minimal' }, { thinkingLevel: 'low', includeThoughts: true }],
    ['gemini-4-neon', { reasoning_effort: 'xhigh' }, { thinkingLevel: 'high', includeThoughts: true }],
    ['gemini-3-flash', { reasoning_effort: 'none' }, { thinkingLevel: 'low' }],
    ['gemini-2.0-flash', { reasoning_effort: 'high' }, undefined],
    [
      'gemini-2.5-pro',
      { thinking: { type: 'enabled', budget_tokens: 500 } },
      { thinkingBudget: 500, includeThoughts: true },
    ],
    ['gemini-2.5-flash', { thinking: { type: 'disabled' } }, { thinkingBudget: 0 }],
    ['gemini-2.5-flash', { google: { thinking_config: { thinking_budget: 7 } } }, { thinking_budget: 7 }],
  ])('%s thinks by %j', (model, request, expected) => {
    expect((put(request, model).generationConfig as JsonObject | undefined)?.thinkingConfig).toEqual(expected);
  });

  test('fields of its own survive, from the top and from extra_body.google; others’ are left out', () => {
    const safety_settings = [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }];
    const extra_body = { google: { cached_content: 'cachedContents/1' } };
    const others = { user: 'u', metadata: {}, store: true, logit_bias: {}, parallel_tool_calls: false, stream: true };
    expect(put({ safety_settings, extra_body, x_new: 1, ...others })).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
      safety_settings,
      cached_content: 'cachedContents/1',
      x_new: 1,
    });
  });
});

describe('tools', () => {
  const tool = (name: string, parameters?: JsonObject) => ({ type: 'function', function: { name, parameters } });
  const properties = { a: { type: 'string' } };

  test('declarations, Google’s own, a choice among some', () => {
    const tools = [tool('f', { type: 'object', properties }), tool('g', { type: 'object', properties: {} })];
    const allowed = { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] };
    expect(
      put({
        tools: [...tools, { type: 'googleSearch' }, { type: 'x', codeExecution: {} }],
        tool_choice: { type: 'allowed_tools', allowed_tools: allowed },
      }),
    ).toMatchObject({
      tools: [
        { functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object', properties } }] },
        { googleSearch: {} },
        { codeExecution: {} },
      ],
      toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
    });
    expect(put({ tools }).tools).toEqual([
      { functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object', properties } }, { name: 'g' }] },
    ]);
    expect(put({ web_search_options: {}, tool_choice: 'required' })).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
      tools: [{ googleSearch: {} }],
    });
  });

  test('free-form tools and functions of old are refused', () => {
    expect(fault(() => put({ tools: [{ type: 'custom', custom: {} }] })).param).toBe('tools[0]');
    expect(fault(() => put({ functions: [{ name: 'x' }] })).param).toBe('functions');
  });
});

describe('embeddings', () => {
  const embed = (request: JsonObject) =>
    toGeminiEmbeddings(Buffer.from(JSON.stringify(request)), 'gemini-embedding-001');

  test('one text or many', () => {
    const { body, base64 } = embed({ input: ['a', 'b'], dimensions: 256, encoding_format: 'base64' });
    expect(JSON.parse(body.toString())).toEqual({
      requests: ['a', 'b'].map((text) => ({
        model: 'models/gemini-embedding-001',
        content: { parts: [{ text }] },
        outputDimensionality: 256,
      })),
    });
    expect(base64).toBe(true);
    expect(embed({ input: 'a' })).toMatchObject({ base64: false });
  });

  test.each([[[1, 2]], [[[1]]], [[]], [undefined]])('input %j is none', (input) => {
    expect(fault(() => embed({ input })).param).toBe('input');
  });
});
