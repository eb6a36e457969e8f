import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { expect, test } from '@jest/globals';
import { ChatAnthropic } from '@langchain/anthropic';
import { ChatOpenAI } from '@langchain/openai';
import { APICallError, generateText, jsonSchema, type LanguageModel, streamText, tool } from 'ai';
import { sendJson } from '../support/fake-upstream.ts';
import { answerRichly } from '../support/rich-answers.ts';
import { describeEmbedded } from '../support/room.ts';

describeEmbedded((t) => {
  const headersOf = (namespace: string) => ({ 'x-nearhit-namespace': namespace });

  const AI: Readonly<Record<string, (namespace: string) => LanguageModel>> = {
    '@ai-sdk/anthropic': (namespace) =>
      createAnthropic({ baseURL: `${t.gateway.url}/v1`, apiKey: 'sk-client', headers: headersOf(namespace) })('m'),
    '@ai-sdk/openai': (namespace) =>
      createOpenAI({ baseURL: `${t.gateway.url}/v1`, apiKey: 'sk-client', headers: headersOf(namespace) }).responses(
        'm',
      ),
  };
  const AI_NAMES = Object.keys(AI);

  const inputSchema = jsonSchema({ type: 'object' });
  const tools = { weather: tool({ inputSchema }), time: tool({ inputSchema }) };

  const settings = (name: string, prompt: string) => ({
    model: (AI[name] as (namespace: string) => LanguageModel)(name.replace(/\W+/g, '-')),
    prompt,
    maxOutputTokens: 100,
    maxRetries: 0,
  });

  test.each(AI_NAMES)('%s: text, whole and streamed, from the provider and from the cache', async (name) => {
    const prompt = 'What is the capital of France?';
    const heard = [];
    for (const _turn of ['miss', 'hit']) {
      const { text, finishReason, usage, response } = await generateText(settings(name, prompt));
      heard.push({ text, finishReason, total: usage.totalTokens, cache: response.headers?.['x-nearhit-cache'] });
      const streamed = streamText(settings(name, prompt));
      let pieces = '';
      for await (const piece of streamed.textStream) pieces += piece;
      const { totalTokens: total } = await streamed.usage;
      const { headers } = await streamed.response;
      heard.push({
        text: pieces,
        finishReason: await streamed.finishReason,
        total,
        cache: headers?.['x-nearhit-cache'],
      });
    }
    const answer = { text: `answer to: ${prompt}`, finishReason: 'stop', total: 15 };
    expect(heard).toEqual(['miss', 'hit', 'hit', 'hit'].map((cache) => ({ ...answer, cache })));
  });

  test.each(AI_NAMES)('%s: reasoning and tool calls, whole and streamed', async (name) => {
    t.upstream.script = answerRichly;
    const calls = [
      { toolName: 'weather', toolCallId: 'call_1', input: { city: 'Köln', days: 3 } },
      { toolName: 'time', toolCallId: 'call_2', input: { zone: 'Europe/Berlin' } },
    ];
    for (const prompt of ['live?', 'live?']) {
      const whole = await generateText({ ...settings(name, prompt), tools });
      expect(whole).toMatchObject({ text: 'I look it up.', reasoningText: 'Two things are asked.', toolCalls: calls });
      const streamed = streamText({ ...settings(name, `${prompt} streamed`), tools });
      expect(await streamed.text).toBe('I look it up.');
      expect(await streamed.reasoningText).toBe('Two things are asked.');
      expect(await streamed.toolCalls).toMatchObject(calls);
      expect(await streamed.finishReason).toBe('tool-calls');
    }
    expect(t.upstream.calls).toHaveLength(2);
  });

  test.each(AI_NAMES)('%s: an error of the provider keeps its status and words', async (name) => {
    t.upstream.script = (_call, res) =>
      sendJson(res, { error: { message: 'told so', type: 'rate_limit_error', param: null, code: null } }, 429);
    const caught = await generateText(settings(name, 'refused?')).catch((reason: unknown) => reason);
    expect(APICallError.isInstance(caught)).toBe(true);
    expect(caught).toMatchObject({ statusCode: 429, message: 'told so', isRetryable: true });
  });

  const LANGCHAIN: Readonly<Record<string, () => ChatAnthropic | ChatOpenAI>> = {
    '@langchain/anthropic': () =>
      new ChatAnthropic({
        model: 'm',
        apiKey: 'sk-client',
        anthropicApiUrl: t.gateway.url,
        maxTokens: 100,
        maxRetries: 0,
        clientOptions: { defaultHeaders: headersOf('langchain-anthropic') },
      }),
    '@langchain/openai, responses': () =>
      new ChatOpenAI({
        model: 'm',
        apiKey: 'sk-client',
        useResponsesApi: true,
        maxRetries: 0,
        configuration: { baseURL: `${t.gateway.url}/v1`, defaultHeaders: headersOf('langchain-responses') },
      }),
  };

  test.each(Object.keys(LANGCHAIN))('%s: text and tool calls, whole and streamed', async (name) => {
    const model = (LANGCHAIN[name] as () => ChatAnthropic | ChatOpenAI)();
    for (const _turn of ['miss', 'hit']) {
      const { text, usage_metadata } = await model.invoke('How tall is it?');
      expect([text, usage_metadata?.total_tokens]).toEqual(['answer to: How tall is it?', 15]);
      let pieces = '';
      for await (const piece of await model.stream('How tall is it?')) pieces += piece.text;
      expect(pieces).toBe('answer to: How tall is it?');
    }
    expect(t.upstream.calls).toHaveLength(1);
    t.upstream.script = answerRichly;
    const parameters = { type: 'object' };
    const withTools = model.bindTools([{ type: 'function', function: { name: 'weather', parameters } }]);
    const calls = [
      { id: 'call_1', name: 'weather', args: { city: 'Köln', days: 3 } },
      { id: 'call_2', name: 'time', args: { zone: 'Europe/Berlin' } },
    ];
    expect((await withTools.invoke('weather?')).tool_calls).toMatchObject(calls);
    let all = undefined as Awaited<ReturnType<typeof withTools.invoke>> | undefined;
    for await (const piece of await withTools.stream('weather?'))
      all = all === undefined ? piece : all.concat(piece as never);
    expect(all?.tool_calls).toMatchObject(calls);
  });
});
