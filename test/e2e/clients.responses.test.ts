import { describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { answerPlainly, chunk, sendJson, sseHead } from '../support/fake-upstream.ts';
import { answerRichly } from '../support/rich-answers.ts';
import { describeEmbedded } from '../support/room.ts';

const QUESTION = 'How do I reset the password of my account?';
const PARAPHRASE = 'How can I reset my account password?';

const clientAt = (url: string, namespace: string): OpenAI =>
  new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: 'sk-client',
    maxRetries: 0,
    defaultHeaders: { 'x-nearhit-namespace': namespace },
  });

const cacheHeaders = ({ headers }: Response) => ({
  cache: headers.get('x-nearhit-cache'),
  layer: headers.get('x-nearhit-layer'),
});

const heard = ({ output_text: text, status, usage }: OpenAI.Responses.Response) => ({
  text,
  status,
  tokens: [usage?.input_tokens, usage?.output_tokens, usage?.total_tokens],
});

async function created(client: OpenAI, input: string) {
  const { data, response } = await client.responses.create({ model: 'm', input }).withResponse();
  return { ...heard(data), ...cacheHeaders(response) };
}

async function streamed(client: OpenAI, input: string) {
  const { data, response } = await client.responses.create({ model: 'm', input, stream: true }).withResponse();
  let text = '';
  let number = 0;
  let last: OpenAI.Responses.Response | undefined;
  for await (const event of data) {
    expect(event.sequence_number).toBe(number++);
    if (event.type === 'response.output_text.delta') text += event.delta;
    if (event.type === 'response.completed') last = event.response;
  }
  const { status, tokens } = heard(last as OpenAI.Responses.Response);
  return { text, status, tokens, ...cacheHeaders(response) };
}

async function helper(client: OpenAI, input: string) {
  let seen = new Response();
  const watched = client.withOptions({
    fetch: async (url, init) => {
      seen = await fetch(url, init);
      return seen;
    },
  });
  const response = await watched.responses.stream({ model: 'm', input }).finalResponse();
  return { ...heard(response), ...cacheHeaders(seen) };
}

describeEmbedded((t) => {
  test.each([
    ['create', created],
    ['create with stream', streamed],
    ['.stream()', helper],
  ])('%s: a miss, l1, l2, a semantic hit', async (name, asked) => {
    const namespace = name.replace(/\W+/g, '-');
    const answer = { text: `answer to: ${QUESTION}`, status: 'completed', tokens: [10, 5, 15] };
    const client = clientAt(t.gateway.url, namespace);
    expect(await asked(client, QUESTION)).toEqual({ ...answer, cache: 'miss', layer: null });
    expect(await asked(client, QUESTION)).toEqual({ ...answer, cache: 'hit', layer: 'l1' });
    await t.gateway.afresh();
    const again = clientAt(t.gateway.url, namespace);
    expect(await asked(again, QUESTION)).toEqual({ ...answer, cache: 'hit', layer: 'l2' });
    expect(await asked(again, PARAPHRASE)).toEqual({ ...answer, cache: 'hit', layer: 'semantic' });
    expect(t.upstream.calls).toHaveLength(1);
  });
});

describeEmbedded((t) => {
  const TOOLS: OpenAI.Responses.FunctionTool[] = [
    { type: 'function', name: 'weather', parameters: { type: 'object' }, strict: false },
    { type: 'function', name: 'time', parameters: { type: 'object' }, strict: false },
  ];

  test('reasoning, text and parallel calls: the same from miss and hit, whole and streamed', async () => {
    t.upstream.script = answerRichly;
    const output = [
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Two things are asked.' }] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I look it up.' }] },
      { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Köln","days":3}' },
      { type: 'function_call', call_id: 'call_2', name: 'time', arguments: '{"zone":"Europe/Berlin"}' },
    ];
    const usage = { input_tokens_details: { cached_tokens: 20 }, output_tokens_details: { reasoning_tokens: 6 } };
    for (const first of ['whole', 'streamed'] as const) {
      const client = clientAt(t.gateway.url, `rich-${first}`);
      const body = { model: 'm', input: 'weather and time?', tools: TOOLS, max_output_tokens: 50 };
      const whole = () => client.responses.create(body);
      const inPieces = () => client.responses.stream(body).finalResponse();
      const order = first === 'whole' ? [whole, whole, inPieces] : [inPieces, inPieces, whole];
      for (const asked of order)
        expect(await asked()).toMatchObject({
          status: 'completed',
          output,
          usage,
          tools: TOOLS,
          max_output_tokens: 50,
        });
    }
    expect(t.upstream.calls).toHaveLength(2);
  });

  test('what was said and called goes back in with the next request', async () => {
    t.upstream.script = answerRichly;
    const client = clientAt(t.gateway.url, 'loop');
    const first = await client.responses.create({ model: 'm', input: 'weather?', tools: TOOLS });
    t.upstream.script = answerPlainly;
    await client.responses.create({
      model: 'm',
      instructions: 'Be brief.',
      tools: TOOLS,
      input: [
        { role: 'user', content: 'weather?' },
        ...first.output,
        { type: 'function_call_output', call_id: 'call_1', output: 'rain' },
        { type: 'function_call_output', call_id: 'call_2', output: 'noon' },
      ] as OpenAI.Responses.ResponseInput,
    });
    expect(t.upstream.calls[1]?.body.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'weather?' },
      {
        role: 'assistant',
        reasoning_content: 'Two things are asked.',
        content: 'I look it up.',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Köln","days":3}' } },
          { id: 'call_2', type: 'function', function: { name: 'time', arguments: '{"zone":"Europe/Berlin"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'rain' },
      { role: 'tool', tool_call_id: 'call_2', content: 'noon' },
    ]);
  });

  test('an answer cut at its limit is incomplete, whole and streamed', async () => {
    t.upstream.script = (call, res) => {
      if (call.body.stream !== true) {
        const message = { role: 'assistant', content: 'so far' };
        sendJson(res, { id: 'c', model: 'm', choices: [{ index: 0, message, finish_reason: 'length' }] });
        return;
      }
      sseHead(res);
      res.write(chunk(call, { role: 'assistant', content: 'so far' }));
      res.end(`${chunk(call, {}, 'length')}data: [DONE]\n\n`);
    };
    const client = clientAt(t.gateway.url, 'length');
    const cut = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output_text: 'so far' };
    expect(await client.responses.create({ model: 'm', input: 'long?' })).toMatchObject(cut);
    expect(await client.responses.stream({ model: 'm', input: 'long?' }).finalResponse()).toMatchObject(cut);
  });

  describe('errors', () => {
    test.each([
      [400, OpenAI.BadRequestError],
      [429, OpenAI.RateLimitError],
      [500, OpenAI.InternalServerError],
    ])('a provider’s %i', async (status, kind) => {
      const body = { error: { message: 'told so', type: 'x', param: 'messages', code: 'y' } };
      t.upstream.script = (_call, res) => sendJson(res, body, status);
      for (const stream of [false, true]) {
        const caught = await clientAt(t.gateway.url, 'errors')
          .responses.create({ model: 'm', input: `${status}`, stream })
          .then(undefined, (reason: unknown) => reason);
        expect(caught).toBeInstanceOf(kind);
        expect(caught).toMatchObject({ status, error: body.error });
      }
    });

    test('a stream that breaks off throws, and is not stored', async () => {
      t.upstream.script = (call, res) => {
        sseHead(res);
        res.write(chunk(call, { role: 'assistant', content: 'half' }), () => res.destroy());
      };
      const client = clientAt(t.gateway.url, 'broken');
      const stream = await client.responses.create({ model: 'm', input: 'half?', stream: true });
      let text = '';
      const read = async () => {
        for await (const event of stream) if (event.type === 'response.output_text.delta') text += event.delta;
      };
      await expect(read()).rejects.toBeInstanceOf(OpenAI.APIError);
      expect(text).toBe('half');
      t.upstream.script = answerPlainly;
      expect((await created(client, 'half?')).cache).toBe('miss');
    });

    test.each([
      [{ previous_response_id: 'resp_1' }, 'previous_response_id'],
      [{ background: true }, 'background'],
      [{ tools: [{ type: 'web_search' }] }, 'tools[0].type'],
      [{ conversation: { id: 'c' } }, 'conversation'],
    ])('%j needs what nearhit has not: 400 that names it', async (more, param) => {
      const caught = await clientAt(t.gateway.url, 'refused')
        .responses.create({ model: 'm', input: 'x', ...(more as object) })
        .then(undefined, (reason: unknown) => reason);
      expect(caught).toBeInstanceOf(OpenAI.BadRequestError);
      expect(caught).toMatchObject({ param, type: 'invalid_request_error' });
    });

    test('an abort in mid-stream cancels the upstream call', async () => {
      t.upstream.script = (call, res) => {
        sseHead(res);
        res.write(chunk(call, { role: 'assistant', content: 'first' }));
      };
      const client = clientAt(t.gateway.url, 'abort');
      const stream = await client.responses.create({ model: 'm', input: 'endless?', stream: true });
      for await (const event of stream) if (event.type === 'response.output_text.delta') stream.controller.abort();
      expect(await t.upstream.calls[0]?.closed).toBe(true);
    });
  });
});
