import { describe, expect, test } from '@jest/globals';
import { assembleStream, type JsonObject, renderSse } from '@nearhit/core';
import { geminiEmbeddingsReply, geminiReply } from './reply.ts';
import { toGeminiRequest } from './request.ts';

const OPTIONS = { model: 'gemini-x', includeUsage: true };
const PARTS = [
  { text: 'Let me see.', thought: true },
  { executableCode: { language: 'PYTHON', code: '1+1' } },
  { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '2' } },
  { text: 'Zoë ' },
  { text: '👋' },
  { inlineData: { mimeType: 'image/png', data: 'AA==' } },
  { functionCall: { name: 'f', args: { a: 'ä' } }, thoughtSignature: 'sig-call' },
  { functionCall: { id: 'own', name: 'g' } },
  { text: '', thoughtSignature: 'sig-text' },
];
const USAGE = {
  promptTokenCount: 55,
  toolUsePromptTokenCount: 89,
  cachedContentTokenCount: 40,
  candidatesTokenCount: 51,
  thoughtsTokenCount: 56,
  totalTokenCount: 251,
  promptTokensDetails: [{ modality: 'AUDIO', tokenCount: 5 }],
};
const ANSWER = {
  candidates: [
    {
      content: { role: 'model', parts: PARTS },
      finishReason: 'STOP',
      safetyRatings: [{ category: 'X', probability: 'LOW' }],
      groundingMetadata: { webSearchQueries: ['q'] },
    },
  ],
  usageMetadata: USAGE,
  modelVersion: 'gemini-x-001',
  responseId: 'r1',
  createTime: '2026-04-02T17:03:50.399550Z',
};

function reply(body: unknown, status = 200, options: { stream: boolean } = { stream: false }) {
  const translated = geminiReply({ ...OPTIONS, ...options });
  translated.head(status, { 'content-type': 'application/json', date: 'Thu, 01 Jan 1970 00:00:09 GMT' });
  translated.data(Buffer.from(JSON.stringify(body)));
  const { data, head } = translated.end();
  return { head, body: JSON.parse(data.toString()) as JsonObject };
}

function streamed(...answers: JsonObject[]): string {
  const translated = geminiReply({ ...OPTIONS, stream: true });
  translated.head(200, { 'content-type': 'text/event-stream' });
  const data = answers.map((answer) => translated.data(Buffer.from(`data: ${JSON.stringify(answer)}\r\n\r\n`)));
  return Buffer.concat([...data, translated.end().data]).toString();
}

function assembled(text: string) {
  const result = assembleStream(Buffer.from(text));
  if (result.kind !== 'complete') throw new Error(result.why);
  return result.answer;
}

const { candidates, usageMetadata: _, ...HEAD } = ANSWER;
const { content: __, ...LAST } = candidates[0] as (typeof candidates)[0];
/** Ratings on every event, as Google repeats them. */
const CHUNKS = [
  ...PARTS.map((part) => ({
    ...HEAD,
    candidates: [{ content: { role: 'model', parts: [part] }, safetyRatings: LAST.safetyRatings }],
    usageMetadata: { promptTokenCount: 55 },
  })),
  { ...HEAD, candidates: [LAST], usageMetadata: USAGE },
];

describe('an answer', () => {
  test('everything it carries has its place', () => {
    const { head, body } = reply(ANSWER);
    expect(head).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
    expect(body).toEqual({
      id: 'r1',
      object: 'chat.completion',
      created: 1_775_149_430,
      model: 'gemini-x-001',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Zoë 👋',
            refusal: null,
            reasoning_content: 'Let me see.',
            tool_calls: [
              {
                id: expect.stringMatching(/^call_[0-9a-f]{24}$/),
                type: 'function',
                function: { name: 'f', arguments: '{"a":"ä"}' },
                extra_content: { google: { thought_signature: 'sig-call' } },
              },
              { id: 'own', type: 'function', function: { name: 'g', arguments: '{}' } },
            ],
            images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }],
            native_blocks: [
              { type: 'executableCode', ...PARTS[1] },
              { type: 'codeExecutionResult', ...PARTS[2] },
            ],
            extra_content: { google: { thought_signature: 'sig-text' } },
          },
          logprobs: null,
          finish_reason: 'tool_calls',
          safetyRatings: LAST.safetyRatings,
          groundingMetadata: LAST.groundingMetadata,
        },
      ],
      usage: {
        prompt_tokens: 144,
        completion_tokens: 107,
        total_tokens: 251,
        prompt_tokens_details: { cached_tokens: 40, audio_tokens: 5 },
        completion_tokens_details: { reasoning_tokens: 56, audio_tokens: 0 },
      },
    });
  });

  test('its stream comes together to the same answer, ids included', () => {
    const rendered = renderSse(Buffer.from(JSON.stringify(reply(ANSWER).body)), { includeUsage: true });
    expect(assembled(streamed(...CHUNKS))).toEqual(assembled(Buffer.concat(rendered).toString()));
  });

  test('given back, it is the model’s turn that Google had sent', () => {
    const [choice] = reply(ANSWER).body.choices as { message: JsonObject }[];
    const body = { model: 'x', messages: [{ role: 'user', content: 'q' }, choice?.message ?? {}] };
    const { contents } = JSON.parse(toGeminiRequest(Buffer.from(JSON.stringify(body)), 'gemini-3').toString());
    expect(contents[1].parts).toEqual([
      { text: 'Zoë 👋', thoughtSignature: 'sig-text' },
      ...[PARTS[1], PARTS[2], PARTS[6]],
      { functionCall: { name: 'g', args: {} } },
    ]);
  });

  test('calls of the same name and arguments have ids of their own', () => {
    const part = { functionCall: { name: 'f', args: {} } };
    const answer = { ...ANSWER, candidates: [{ content: { parts: [part, part] }, finishReason: 'STOP' }] };
    const [choice] = reply(answer).body.choices as { message: { tool_calls: { id: string }[] } }[];
    expect(new Set(choice?.message.tool_calls.map(({ id }) => id)).size).toBe(2);
  });

  test.each([
    ['STOP', { finish_reason: 'stop' }],
    ['MAX_TOKENS', { finish_reason: 'length' }],
    ['SAFETY', { finish_reason: 'content_filter', native_finish_reason: 'SAFETY' }],
    ['RECITATION', { finish_reason: 'content_filter', native_finish_reason: 'RECITATION' }],
    ['MALFORMED_FUNCTION_CALL', { finish_reason: 'error', native_finish_reason: 'MALFORMED_FUNCTION_CALL' }],
    ['FINISH_REASON_UNSPECIFIED', { finish_reason: null }],
  ])('finish reason %s', (finishReason, expected) => {
    const { choices } = reply({ candidates: [{ content: {}, finishReason }] }).body;
    expect((choices as unknown[])[0]).toEqual({
      index: 0,
      message: { role: 'assistant', content: null, refusal: null },
      logprobs: null,
      ...expected,
    });
  });

  test('a prompt that was blocked is a refusal, whole and streamed', () => {
    const blocked = {
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
      usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 },
    };
    const expected = {
      choices: [
        {
          message: { content: null, refusal: 'The provider refused the prompt: PROHIBITED_CONTENT.' },
          finish_reason: 'content_filter',
          native_finish_reason: 'PROHIBITED_CONTENT',
        },
      ],
      usage: { prompt_tokens: 9, completion_tokens: 0 },
    };
    expect(reply(blocked).body).toMatchObject(expected);
    expect(assembled(streamed(blocked))).toMatchObject(expected);
  });

  test('log probabilities in OpenAI’s form', () => {
    const logprobsResult = {
      chosenCandidates: [{ token: 'é', logProbability: -0.1 }],
      topCandidates: [
        {
          candidates: [
            { token: 'é', logProbability: -0.1 },
            { token: 'e', logProbability: -2 },
          ],
        },
      ],
    };
    const candidate = { content: { parts: [{ text: 'é' }] }, finishReason: 'STOP', logprobsResult };
    const { choices } = reply({ candidates: [candidate] }).body;
    expect(choices).toMatchObject([
      {
        logprobs: {
          content: [
            {
              ...{ token: 'é', logprob: -0.1, bytes: [195, 169] },
              top_logprobs: [{ token: 'é' }, { token: 'e', logprob: -2 }],
            },
          ],
        },
      },
    ]);
  });
});

describe('refusals', () => {
  test('a wrong key is a 401 to everybody else', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }];
    const { head, body } = reply({ error: { code: 400, message: 'API key not valid.', details } }, 400);
    expect(head?.status).toBe(401);
    expect(body.error).toEqual({
      message: 'API key not valid.',
      type: 'authentication_error',
      param: null,
      code: 'invalid_api_key',
    });
  });

  test('the time to wait stands in the body', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.4s' }];
    const { head } = reply({ error: { code: 429, message: 'Quota.', status: 'RESOURCE_EXHAUSTED', details } }, 429);
    expect(head).toMatchObject({ status: 429, headers: { 'retry-after': '35' } });
  });

  test('of a stream it comes in a list', () => {
    const { head, body } = reply([{ error: { code: 404, message: 'models/x is not found' } }], 404, { stream: true });
    expect(head).toMatchObject({ status: 404, headers: { 'content-type': 'application/json' } });
    expect(body.error).toMatchObject({ message: 'models/x is not found', code: 'model_not_found' });
  });
});

describe('embeddings', () => {
  const embeddings = (body: unknown, base64 = false) => {
    const translated = geminiEmbeddingsReply({ model: 'gemini-embedding-001', base64 });
    translated.head(200, {});
    translated.data(Buffer.from(JSON.stringify(body)));
    return JSON.parse(translated.end().data.toString());
  };

  test('a list, as numbers or in base64', () => {
    const answer = { embeddings: [{ values: [0.5, -1] }, { values: [1, 0] }] };
    expect(embeddings(answer)).toEqual({
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [0.5, -1] },
        { object: 'embedding', index: 1, embedding: [1, 0] },
      ],
      model: 'gemini-embedding-001',
      usage: { prompt_tokens: 0, total_tokens: 0 },
    });
    const bytes = Buffer.from(embeddings(answer, true).data[0].embedding, 'base64');
    expect([bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([0.5, -1]);
  });

  test.each([[{}], [{ embeddings: [] }], [{ embeddings: [{ values: ['a'] }] }]])('%j is UPSTREAM_INVALID', (body) => {
    expect(() => embeddings(body)).toThrow(/no list of embeddings/);
  });
});
