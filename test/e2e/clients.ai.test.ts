import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { expect, test } from '@jest/globals';
import { APICallError, generateText, streamText } from 'ai';
import { chunk, sendJson, sseHead } from '../support/fake-upstream.ts';
import { describeEmbedded } from '../support/room.ts';

const QUESTION = 'What is the capital of France?';
const PARAPHRASE = "What is France's capital?";

describeEmbedded((t) => {
  const settings = (namespace: string, prompt: string) => ({
    model: createOpenAICompatible({
      name: 'nearhit',
      baseURL: `${t.gateway.url}/v1`,
      apiKey: 'sk-client',
      includeUsage: true,
      headers: { 'x-nearhit-namespace': namespace },
    })('m'),
    prompt,
    maxRetries: 0,
  });

  interface Heard {
    readonly text: string;
    readonly finish: string;
    readonly tokens: readonly (number | undefined)[];
    readonly cache: string | undefined;
    readonly layer: string | undefined;
  }

  async function generated(namespace: string, prompt: string): Promise<Heard> {
    const { text, finishReason, usage, response } = await generateText(settings(namespace, prompt));
    return {
      text,
      finish: finishReason,
      tokens: [usage.inputTokens, usage.outputTokens, usage.totalTokens],
      cache: response.headers?.['x-nearhit-cache'],
      layer: response.headers?.['x-nearhit-layer'],
    };
  }

  async function streamed(namespace: string, prompt: string): Promise<Heard> {
    const result = streamText(settings(namespace, prompt));
    let text = '';
    for await (const piece of result.textStream) text += piece;
    const [finish, usage, { headers }] = await Promise.all([result.finishReason, result.usage, result.response]);
    return {
      text,
      finish,
      tokens: [usage.inputTokens, usage.outputTokens, usage.totalTokens],
      cache: headers?.['x-nearhit-cache'],
      layer: headers?.['x-nearhit-layer'],
    };
  }

  test.each([
    ['generateText', generated],
    ['streamText', streamed],
  ])('%s: a miss, l1, l2, a semantic hit', async (namespace, ask) => {
    const answer = { text: `answer to: ${QUESTION}`, finish: 'stop', tokens: [10, 5, 15] };
    expect(await ask(namespace, QUESTION)).toEqual({ ...answer, cache: 'miss', layer: undefined });
    expect(await ask(namespace, QUESTION)).toEqual({ ...answer, cache: 'hit', layer: 'l1' });
    await t.gateway.afresh();
    expect(await ask(namespace, QUESTION)).toEqual({ ...answer, cache: 'hit', layer: 'l2' });
    expect(await ask(namespace, PARAPHRASE)).toEqual({ ...answer, cache: 'hit', layer: 'semantic' });
    expect(t.upstream.calls).toHaveLength(1);
  });

  test('generateText and streamText share what is stored', async () => {
    const first = await generated('shared', QUESTION);
    expect(await streamed('shared', QUESTION)).toEqual({ ...first, cache: 'hit', layer: 'l1' });
    const second = await streamed('shared-too', QUESTION);
    expect(await generated('shared-too', QUESTION)).toEqual({ ...second, cache: 'hit', layer: 'l1' });
    expect(t.upstream.calls).toHaveLength(2);
  });

  test('an aborted stream cancels the upstream call', async () => {
    t.upstream.script = (call, res) => {
      sseHead(res);
      res.write(chunk(call, { role: 'assistant', content: 'first' }));
    };
    const abort = new AbortController();
    const result = streamText({ ...settings('abort', QUESTION), abortSignal: abort.signal, onError: () => {} });
    for await (const part of result.fullStream) if (part.type === 'text-delta') abort.abort();
    expect(await t.upstream.calls[0]?.closed).toBe(true);
  });

  test('an error of the provider is an APICallError with its status and message', async () => {
    t.upstream.script = (_call, res) =>
      sendJson(res, { error: { message: 'told so', type: 'rate_limit_error', param: null, code: null } }, 429);
    const caught = await generateText(settings('errors', QUESTION)).catch((reason: unknown) => reason);
    expect(APICallError.isInstance(caught)).toBe(true);
    expect(caught).toMatchObject({ statusCode: 429, message: 'told so', isRetryable: true });
  });
});
