import { describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { answerPlainly, chunk, sendJson, sseHead } from '../support/fake-upstream.ts';
import { describeReplicas } from '../support/room.ts';

const QUESTION = 'How do I reset the password of my account?';
const PARAPHRASE = 'How can I reset my account password?';

describeReplicas((t) => {
  const openai = (namespace = 'default'): OpenAI =>
    new OpenAI({
      baseURL: `${t.gateway.url}/v1`,
      apiKey: 'sk-client',
      maxRetries: 0,
      defaultHeaders: { 'x-nearhit-namespace': namespace },
    });

  const bodyOf = (question: string) => ({ model: 'm', messages: [{ role: 'user' as const, content: question }] });

  interface Heard {
    readonly content: string | null | undefined;
    readonly finish: string | null | undefined;
    readonly usage: unknown;
    readonly cache: string | null;
    readonly layer: string | null;
  }

  const cacheHeaders = ({ headers }: Response) => ({
    cache: headers.get('x-nearhit-cache'),
    layer: headers.get('x-nearhit-layer'),
  });

  async function created(namespace: string, question: string): Promise<Heard> {
    const { data, response } = await openai(namespace).chat.completions.create(bodyOf(question)).withResponse();
    const [choice] = data.choices;
    return {
      content: choice?.message.content,
      finish: choice?.finish_reason,
      usage: data.usage,
      ...cacheHeaders(response),
    };
  }

  async function streamed(namespace: string, question: string): Promise<Heard> {
    const { data, response } = await openai(namespace)
      .chat.completions.create({ ...bodyOf(question), stream: true, stream_options: { include_usage: true } })
      .withResponse();
    let content = '';
    let finish: string | null | undefined;
    let usage: unknown;
    for await (const { choices, usage: counted } of data) {
      content += choices[0]?.delta.content ?? '';
      finish ??= choices[0]?.finish_reason;
      usage ??= counted;
    }
    return { content, finish, usage, ...cacheHeaders(response) };
  }

  async function helper(namespace: string, question: string): Promise<Heard> {
    let response = new Response();
    const client = openai(namespace).withOptions({
      fetch: async (url, init) => {
        response = await fetch(url, init);
        return response;
      },
    });
    const stream = client.chat.completions.stream({ ...bodyOf(question), stream_options: { include_usage: true } });
    const { choices, usage } = await stream.finalChatCompletion();
    const [choice] = choices;
    return { content: choice?.message.content, finish: choice?.finish_reason, usage, ...cacheHeaders(response) };
  }

  test.each([
    ['create', created],
    ['create with stream', streamed],
    ['.stream()', helper],
  ])('%s: a miss, l1, l2, a semantic hit', async (name, ask) => {
    const namespace = name.replace(/\W+/g, '-');
    const answer = {
      content: `answer to: ${QUESTION}`,
      finish: 'stop',
      usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    };
    expect(await ask(namespace, QUESTION)).toEqual({ ...answer, cache: 'miss', layer: null });
    expect(await ask(namespace, QUESTION)).toEqual({ ...answer, cache: 'hit', layer: 'l1' });
    await t.gateway.afresh();
    expect(await ask(namespace, QUESTION)).toEqual({ ...answer, cache: 'hit', layer: 'l2' });
    expect(await ask(namespace, PARAPHRASE)).toEqual({ ...answer, cache: 'hit', layer: 'semantic' });
    expect(t.upstream.calls).toHaveLength(1);
  });

  test('what one form stored the other forms get', async () => {
    const forms = [created, streamed, helper];
    for (const [at, first] of forms.entries()) {
      const heard = await first(`forms-${at}`, QUESTION);
      for (const other of forms) {
        expect(await other(`forms-${at}`, QUESTION)).toEqual({ ...heard, cache: 'hit', layer: 'l1' });
      }
    }
    expect(t.upstream.calls).toHaveLength(forms.length);
  });

  test('controls in the body: `nearhit` beside the known fields', async () => {
    const ask = async (nearhit?: object) => {
      const { response } = await openai()
        .withOptions({ defaultHeaders: {} })
        .chat.completions.create({ ...bodyOf('Who has the key?'), ...(nearhit && { nearhit }) })
        .withResponse();
      return response.headers.get('x-nearhit-cache');
    };
    expect(await ask({ namespace: 'in-body', tags: ['doc:1'] })).toBe('miss');
    expect(await ask({ namespace: 'in-body' })).toBe('hit');
    expect(await ask()).toBe('miss');
    expect(await ask({ namespace: 'in-body', cache: 'off' })).toBe('bypass');
    for (const { body } of t.upstream.calls) expect(body).toEqual(bodyOf('Who has the key?'));
  });

  test('an abort in the middle of a stream cancels the upstream call', async () => {
    t.upstream.script = (call, res) => {
      sseHead(res);
      res.write(chunk(call, { role: 'assistant', content: 'first' }));
    };
    const stream = await openai('abort').chat.completions.create({ ...bodyOf(QUESTION), stream: true });
    for await (const { choices } of stream) {
      expect(choices[0]?.delta.content).toBe('first');
      stream.controller.abort();
    }
    expect(await t.upstream.calls[0]?.closed).toBe(true);
    t.upstream.script = answerPlainly;
    expect(await created('abort', QUESTION)).toMatchObject({ cache: 'miss' });
  });

  test('an abort before the answer cancels the upstream call', async () => {
    t.upstream.script = () => {};
    const abort = new AbortController();
    const asked = openai('abort-json').chat.completions.create(bodyOf(QUESTION), { signal: abort.signal });
    await t.upstream.called(1);
    abort.abort();
    await expect(asked).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    expect(await t.upstream.calls[0]?.closed).toBe(true);
  });

  describe('embeddings and models', () => {
    test('the local model: float, and base64, which the client asks for by itself, are the same', async () => {
      const input = ['How tall is the Eiffel tower?', 'ما هي عاصمة فرنسا؟', '🤷🏽‍♀️'];
      const { data: models } = await openai().models.list();
      const local = models.find(({ owned_by }) => owned_by === 'nearhit')?.id ?? '';
      const byDefault = await openai().embeddings.create({ model: local, input });
      const float = await openai().embeddings.create({ model: local, input, encoding_format: 'float' });
      expect(byDefault.data).toEqual(float.data);
      expect(byDefault.data.map(({ index, embedding }) => [index, embedding.length])).toEqual([
        [0, 384],
        [1, 384],
        [2, 384],
      ]);
      for (const { embedding } of byDefault.data) expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
      expect(byDefault.usage.prompt_tokens).toBeGreaterThan(8);
      const one = await openai().embeddings.create({ model: local, input: input[0] ?? '' });
      expect(one.data[0]?.embedding).toEqual(byDefault.data[0]?.embedding);
      expect(t.upstream.calls).toHaveLength(0);
    });

    test('dimensions are refused clearly; another model’s embeddings are the provider’s', async () => {
      const local = 'all-MiniLM-L6-v2';
      await expect(openai().embeddings.create({ model: local, input: 'x', dimensions: 128 })).rejects.toMatchObject({
        constructor: OpenAI.BadRequestError,
        param: 'dimensions',
      });
      t.upstream.script = (call, res) => {
        const data = [{ object: 'embedding', index: 0, embedding: [0.5, -0.25] }];
        sendJson(res, { object: 'list', data, model: call.body.model, usage: { prompt_tokens: 1, total_tokens: 1 } });
      };
      const asked = { model: 'text-embedding-3-small', input: 'x', dimensions: 2, encoding_format: 'float' as const };
      const { data } = await openai().embeddings.create(asked);
      expect(data[0]?.embedding).toEqual([0.5, -0.25]);
      expect(t.upstream.calls.map(({ body }) => body)).toEqual([asked]);
    });

    test('models.list and models.retrieve', async () => {
      const ids = [];
      for await (const { id } of openai().models.list()) ids.push(id);
      expect(ids).toEqual(['m', 'all-MiniLM-L6-v2']);
      expect(await openai().models.retrieve('m')).toMatchObject({ id: 'm', object: 'model' });
      expect(await openai().models.retrieve('all-MiniLM-L6-v2')).toMatchObject({ owned_by: 'nearhit' });
    });
  });
});
