import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from '@jest/globals';
import { answerPlainly, chunk, sendJson, sseHead } from '../support/fake-upstream.ts';
import { answerRichly } from '../support/rich-answers.ts';
import { describeEmbedded } from '../support/room.ts';

const QUESTION = 'How do I reset the password of my account?';
const PARAPHRASE = 'How can I reset my account password?';

const clientAt = (url: string, namespace: string): Anthropic =>
  new Anthropic({
    baseURL: url,
    apiKey: 'sk-client',
    maxRetries: 0,
    defaultHeaders: { 'x-nearhit-namespace': namespace },
  });

const ask = (content: string, more: Partial<Anthropic.MessageCreateParamsNonStreaming> = {}) => ({
  model: 'm',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content }],
  ...more,
});

const cacheHeaders = ({ headers }: Response) => ({
  cache: headers.get('x-nearhit-cache'),
  layer: headers.get('x-nearhit-layer'),
});

async function created(client: Anthropic, question: string) {
  const { data, response } = await client.messages.create(ask(question)).withResponse();
  const { id: _, ...message } = data;
  return { message, ...cacheHeaders(response) };
}

async function streamed(client: Anthropic, question: string) {
  const stream = client.messages.stream(ask(question));
  const { id: _, ...message } = await stream.finalMessage();
  return { message, ...cacheHeaders(stream.response as Response) };
}

describeEmbedded((t) => {
  test.each([
    ['create', created],
    ['stream', streamed],
  ])('%s: a miss, l1, l2, a semantic hit', async (namespace, asked) => {
    const client = clientAt(t.gateway.url, namespace);
    const message = expect.objectContaining({
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: `answer to: ${QUESTION}` }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: expect.objectContaining({ input_tokens: 10, output_tokens: 5 }),
    });
    expect(await asked(client, QUESTION)).toEqual({ message, cache: 'miss', layer: null });
    expect(await asked(client, QUESTION)).toEqual({ message, cache: 'hit', layer: 'l1' });
    await t.gateway.afresh();
    const again = clientAt(t.gateway.url, namespace);
    expect(await asked(again, QUESTION)).toEqual({ message, cache: 'hit', layer: 'l2' });
    expect(await asked(again, PARAPHRASE)).toEqual({ message, cache: 'hit', layer: 'semantic' });
    expect(t.upstream.calls).toHaveLength(1);
  });
});

describeEmbedded((t) => {
  const TOOLS: Anthropic.Tool[] = [
    {
      name: 'weather',
      description: 'How it will be',
      input_schema: { type: 'object', properties: { city: { type: 'string' } } },
    },
    { name: 'time', input_schema: { type: 'object' } },
  ];

  test('thought, text and parallel tools: the same from miss and hit, whole and streamed', async () => {
    t.upstream.script = answerRichly;
    const content = [
      { type: 'thinking', thinking: 'Two things are asked.', signature: '' },
      { type: 'text', text: 'I look it up.' },
      { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Köln', days: 3 } },
      { type: 'tool_use', id: 'call_2', name: 'time', input: { zone: 'Europe/Berlin' } },
    ];
    const usage = { input_tokens: 10, cache_read_input_tokens: 20, cache_creation_input_tokens: 0, output_tokens: 12 };
    for (const first of ['whole', 'streamed'] as const) {
      const client = clientAt(t.gateway.url, `rich-${first}`);
      const body = ask('weather and time?', { tools: TOOLS, tool_choice: { type: 'auto' } });
      const whole = () => client.messages.create(body);
      const inPieces = () => client.messages.stream(body).finalMessage();
      const order = first === 'whole' ? [whole, whole, inPieces] : [inPieces, inPieces, whole];
      for (const asked of order)
        expect(await asked()).toMatchObject({ content, stop_reason: 'tool_use', stop_sequence: null, usage });
    }
    expect(t.upstream.calls).toHaveLength(2);
    expect(t.upstream.calls[0]?.body).toMatchObject({
      max_completion_tokens: 100,
      tool_choice: 'auto',
      tools: [
        { type: 'function', function: { name: 'weather', parameters: { type: 'object' } } },
        { type: 'function', function: { name: 'time', parameters: { type: 'object' } } },
      ],
    });
  });

  test('tool results come back as messages of the tool, the answer after them is cached exactly', async () => {
    const client = clientAt(t.gateway.url, 'results');
    const body = ask('', {
      tools: TOOLS,
      messages: [
        { role: 'user', content: 'weather?' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Köln' } }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'text', text: 'rain' }] },
            { type: 'text', text: 'and then?' },
          ],
        },
      ],
    });
    await client.messages.create(body);
    const { response } = await client.messages.create(body).withResponse();
    expect(cacheHeaders(response)).toEqual({ cache: 'hit', layer: 'l1' });
    expect(t.upstream.calls[0]?.body.messages).toEqual([
      { role: 'user', content: 'weather?' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Köln"}' } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'rain' },
      { role: 'user', content: 'and then?' },
    ]);
  });

  test('the client’s key goes on to a provider without one of the house; beta headers too', async () => {
    const own = await t.gateway.beside(
      `providers: [{ id: own, baseUrl: ${t.upstream.url} }]\ncache: { lookupTimeoutMs: 5000 }\n`,
    );
    await clientAt(own.url, 'key').messages.create(ask('x'), { headers: { 'anthropic-beta': 'some-beta' } });
    expect(t.upstream.calls[0]?.headers).toMatchObject({
      authorization: 'Bearer sk-client',
      'anthropic-beta': 'some-beta',
    });
  });

  test('countTokens estimates, and asks nobody', async () => {
    const client = clientAt(t.gateway.url, 'count');
    const { data, response } = await client.messages
      .countTokens({ model: 'm', messages: [{ role: 'user', content: 'How tall is the Eiffel tower in metres?' }] })
      .withResponse();
    expect(data.input_tokens).toBeGreaterThan(8);
    expect(data.input_tokens).toBeLessThan(30);
    expect(response.headers.get('x-nearhit-estimated')).toBe('true');
    expect(t.upstream.calls).toHaveLength(0);
  });

  describe('errors', () => {
    test.each([
      [400, Anthropic.BadRequestError, 'invalid_request_error'],
      [401, Anthropic.AuthenticationError, 'authentication_error'],
      [404, Anthropic.NotFoundError, 'not_found_error'],
      [429, Anthropic.RateLimitError, 'rate_limit_error'],
      [503, Anthropic.InternalServerError, 'overloaded_error'],
    ])('a provider’s %i is the client’s %p', async (status, kind, type) => {
      t.upstream.script = (_call, res) => sendJson(res, { error: { message: 'told so', type: 'x' } }, status);
      for (const stream of [false, true]) {
        const caught = await clientAt(t.gateway.url, 'errors')
          .messages.create({ ...ask(`${status}`), stream })
          .then(undefined, (reason: unknown) => reason);
        expect(caught).toBeInstanceOf(kind);
        expect(caught).toMatchObject({ status, error: { type: 'error', error: { type, message: 'told so' } } });
      }
    });

    test('a stream that breaks off throws, and is not stored', async () => {
      t.upstream.script = (call, res) => {
        sseHead(res);
        res.write(chunk(call, { role: 'assistant', content: 'half' }), () => res.destroy());
      };
      const client = clientAt(t.gateway.url, 'broken');
      const stream = client.messages.stream(ask('half?'));
      let text = '';
      stream.on('text', (piece) => {
        text += piece;
      });
      await expect(stream.finalMessage()).rejects.toMatchObject({ error: { error: { type: 'api_error' } } });
      expect(text).toBe('half');
      t.upstream.script = answerPlainly;
      expect((await created(client, 'half?')).cache).toBe('miss');
    });

    test('an abort in mid-stream cancels the upstream call', async () => {
      t.upstream.script = (call, res) => {
        sseHead(res);
        res.write(chunk(call, { role: 'assistant', content: 'first' }));
      };
      const stream = clientAt(t.gateway.url, 'abort').messages.stream(ask('endless?'));
      stream.on('text', () => stream.abort());
      await expect(stream.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
      expect(await t.upstream.calls[0]?.closed).toBe(true);
    });

    test('`only` and nothing stored: 504 in the API’s own shape', async () => {
      const caught = await clientAt(t.gateway.url, 'only')
        .messages.create(ask('never asked'), { headers: { 'x-nearhit-cache': 'only' } })
        .then(undefined, (reason: unknown) => reason);
      expect(caught).toMatchObject({ status: 504, error: { type: 'error', error: { code: 'cache_miss' } } });
    });
  });
});
