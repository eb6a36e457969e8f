import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { anthropicFake } from '@nearhit/gateway/conformance/anthropic-fake';
import { type FakeDialect, type Said, saying } from '@nearhit/gateway/conformance/fake-dialect';
import { geminiFake } from '@nearhit/gateway/conformance/gemini-fake';
import { azureFake } from '@nearhit/gateway/conformance/openai-fake';
import { type Origin, startOrigin } from '@nearhit/gateway/conformance/origin';
import OpenAI from 'openai';
import { PATIENT } from '../support/client.ts';
import { Gateway } from '../support/gateway.ts';

const USAGE = { input: 30, cached: 10, output: 12, thought: 5 };
const SAID: Said = { thought: 'Someone asks.', text: 'Click on “Forgot password” 🔑.', usage: USAGE };
const CALL: Said = { calls: [{ id: 'call_1', name: 'reset', args: { user: 'Zoë' } }], end: 'calls', usage: USAGE };
const TOOLS = [
  {
    type: 'function' as const,
    function: { name: 'reset', parameters: { type: 'object', properties: { user: { type: 'string' } } } },
  },
];

const PROVIDERS: [FakeDialect['kind'], FakeDialect, (root: string) => string][] = [
  ['anthropic', anthropicFake, (root) => `kind: anthropic, baseUrl: "${root}/v1"`],
  ['gemini', geminiFake, (root) => `kind: gemini, baseUrl: "${root}/v1beta"`],
  ['azure-openai', azureFake, (root) => `kind: azure-openai, baseUrl: "${root}", apiVersion: "2024-10-21"`],
];

describe.each(PROVIDERS)('behind the gateway: %s', (_kind, dialect, provider) => {
  let origin: Origin;
  let gateway: Gateway;
  let openai: OpenAI;

  beforeAll(async () => {
    origin = await startOrigin(saying(dialect, SAID));
    const root = new URL(origin.url).origin;
    gateway = await Gateway.start({}, `${PATIENT}providers: [{ id: main, ${provider(root)}, apiKeys: [k] }]\n`);
    openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'client', maxRetries: 0 });
  });
  afterAll(async () => {
    await gateway.close();
    await origin.close();
  });

  const ask = (question: string) => ({ model: 'm', messages: [{ role: 'user' as const, content: question }] });

  async function streamed(question: string) {
    const options = { ...ask(question), stream: true as const, stream_options: { include_usage: true } };
    const { data, response } = await openai.chat.completions.create(options).withResponse();
    let content = '';
    let usage: unknown;
    for await (const chunk of data) {
      content += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage ?? usage;
    }
    return { content, usage, cache: response.headers.get('x-nearhit-cache') };
  }

  async function created(question: string) {
    const { data, response } = await openai.chat.completions.create(ask(question)).withResponse();
    const content = data.choices[0]?.message.content;
    return { content, usage: data.usage, cache: response.headers.get('x-nearhit-cache') };
  }

  test.each([
    ['asked as JSON, then as a stream', 'How do I reset my password?', created, streamed],
    ['asked as a stream, then as JSON', 'Where is the button that resets passwords?', streamed, created],
  ])('%s: one call, one answer', async (_how, question, first, second) => {
    const before = origin.calls.length;
    const usage = { prompt_tokens: 30, completion_tokens: 12, total_tokens: 42 };
    expect(await first(question)).toMatchObject({ content: SAID.text, cache: 'miss', usage });
    expect(await second(question)).toMatchObject({ content: SAID.text, cache: 'hit', usage });
    expect(origin.calls.length - before).toBe(1);
  });

  test('a tool call, by the SDK’s own reading of the stream', async () => {
    origin.script(saying(dialect, CALL));
    const runner = openai.chat.completions.stream({ ...ask('Reset it for me, please'), tools: TOOLS });
    const { choices } = await runner.finalChatCompletion();
    expect(choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ id: 'call_1', function: { name: 'reset', arguments: '{"user":"Zoë"}' } }] },
    });
  });

  test('refusals reach the client as the SDK knows them', async () => {
    origin.script((_call, response) => {
      response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '9', 'retry-after-ms': '1' });
      response.end(JSON.stringify(dialect.refusal(429, 'Slow down.')));
    });
    const refused = openai.chat.completions.create(ask('Something else entirely'));
    await expect(refused).rejects.toMatchObject({ status: 429, message: expect.stringContaining('Slow down.') });
    await expect(refused).rejects.toBeInstanceOf(OpenAI.RateLimitError);
  });

  test('what is no answer is a 502 with a reason', async () => {
    origin.script((_call, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('<html>'));
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ask('And again something else')),
    });
    expect(answer.status).toBe(502);
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe('upstream_invalid_response');
  });
});
