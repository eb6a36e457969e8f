import { describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { assembleStream } from '../../packages/core/src/reply/assemble.ts';
import { schemaFaults } from '../fixtures/openai-schema/validate.ts';
import { cacheOf, type Reply } from '../support/client.ts';
import { sendJson } from '../support/fake-upstream.ts';
import { describeEmbedded } from '../support/room.ts';

const HEAD = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'm-2026', system_fingerprint: 'fp_1' };
const USAGE = {
  prompt_tokens: 11,
  completion_tokens: 7,
  total_tokens: 18,
  completion_tokens_details: { reasoning_tokens: 3 },
};

const token = (text: string, logprob: number) => ({
  token: text,
  logprob,
  bytes: [...Buffer.from(text)],
  top_logprobs: [{ token: text, logprob, bytes: [...Buffer.from(text)] }],
});
const call = (id: string, name: string, args: string) => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});

/** One `choices` list, as JSON has it and as a stream of deltas says it. */
interface Scene {
  readonly choices: readonly object[];
  readonly deltas: readonly (readonly [index: number, delta: object, more?: object])[];
}

const SCENES: Record<string, Scene> = {
  'tool calls, two of them, side by side': {
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: null,
          refusal: null,
          tool_calls: [call('call_a', 'weather', '{"city":"Köln"}'), call('call_b', 'time', '{"zone":"CET"}')],
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ],
    deltas: [
      [
        0,
        {
          role: 'assistant',
          content: null,
          refusal: null,
          tool_calls: [{ index: 0, ...call('call_a', 'weather', '') }],
        },
      ],
      [0, { tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }],
      [0, { tool_calls: [{ index: 1, ...call('call_b', 'time', '{"zone"') }] }],
      [0, { tool_calls: [{ index: 0, function: { arguments: '"Köln"}' } }] }],
      [0, { tool_calls: [{ index: 1, function: { arguments: ':"CET"}' } }] }],
      [0, {}, { finish_reason: 'tool_calls' }],
    ],
  },
  'several choices, interleaved': {
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Heads, I say', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
      {
        index: 1,
        message: { role: 'assistant', content: 'Tails 🪙 I say', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    deltas: [
      [0, { role: 'assistant', content: '', refusal: null }],
      [1, { role: 'assistant', content: '', refusal: null }],
      [1, { content: 'Tails 🪙' }],
      [0, { content: 'Heads,' }],
      [0, { content: ' I say' }],
      [1, { content: ' I say' }],
      [1, {}, { finish_reason: 'stop' }],
      [0, {}, { finish_reason: 'stop' }],
    ],
  },
  logprobs: {
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Hé!', refusal: null },
        logprobs: { content: [token('Hé', -0.25), token('!', -1.5)], refusal: null },
        finish_reason: 'stop',
      },
    ],
    deltas: [
      [0, { role: 'assistant', content: '', refusal: null }],
      [0, { content: 'Hé' }, { logprobs: { content: [token('Hé', -0.25)], refusal: null } }],
      [0, { content: '!' }, { logprobs: { content: [token('!', -1.5)], refusal: null } }],
      [0, {}, { finish_reason: 'stop' }],
    ],
  },
  'a refusal': {
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: null, refusal: 'That I will not do.' },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    deltas: [
      [0, { role: 'assistant', content: null, refusal: '' }],
      [0, { refusal: 'That I will' }],
      [0, { refusal: ' not do.' }],
      [0, {}, { finish_reason: 'stop' }],
    ],
  },
  reasoning_content: {
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Four.', refusal: null, reasoning_content: 'Two and two are four.' },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    deltas: [
      [0, { role: 'assistant', content: null, refusal: null, reasoning_content: 'Two and' }],
      [0, { reasoning_content: ' two are four.' }],
      [0, { content: 'Fo' }],
      [0, { content: 'ur.' }],
      [0, {}, { finish_reason: 'stop' }],
    ],
  },
};

const jsonOf = ({ choices }: Scene) => ({ ...HEAD, object: 'chat.completion', choices, usage: USAGE });

function streamOf({ deltas }: Scene): string {
  const events = deltas.map(([index, delta, more]) => ({
    ...HEAD,
    object: 'chat.completion.chunk',
    choices: [{ index, delta, logprobs: null, finish_reason: null, ...more }],
    usage: null,
  }));
  const last = { ...HEAD, object: 'chat.completion.chunk', choices: [], usage: USAGE };
  return [...events, last]
    .map((event) => `data: ${JSON.stringify(event)}\n\n`)
    .concat('data: [DONE]\n\n')
    .join('');
}

function assembled({ text }: Reply) {
  const read = assembleStream(Buffer.from(text));
  if (read.kind === 'incomplete') throw new Error(read.why);
  return read.answer;
}

const chunksOf = ({ text }: Reply) => [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data ?? ''));

const STREAMING = { stream: true, stream_options: { include_usage: true } };

describeEmbedded((t) => {
  /** Asks for what is stored, in both forms. */
  async function expectBothForms(question: string, expected: object, layer: string): Promise<void> {
    const json = await t.gateway.ask(question);
    expect(cacheOf(json)).toMatchObject({ cache: 'hit', layer });
    expect(json.json).toEqual(expected);
    expect(schemaFaults('CreateChatCompletionResponse', json.json)).toEqual([]);
    const streamed = await t.gateway.ask(question, STREAMING);
    expect(cacheOf(streamed)).toMatchObject({ cache: 'hit' });
    expect(assembled(streamed)).toEqual(expected);
    for (const one of chunksOf(streamed)) expect(schemaFaults('CreateChatCompletionStreamResponse', one)).toEqual([]);
  }

  describe.each(Object.entries(SCENES))('%s: one stored answer serves both forms without loss', (name, scene) => {
    const expected = jsonOf(scene);

    test.each(['JSON', 'stream'])('stored from %s', async (from) => {
      t.upstream.script = ({ body }, res) => {
        if (body.stream !== true) return sendJson(res, expected);
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        res.end(streamOf(scene));
      };
      const question = `${name} from ${from}`;
      const miss = await t.gateway.ask(question, from === 'stream' ? STREAMING : {});
      if (from === 'stream') expect(miss.text).toBe(streamOf(scene));
      else expect(miss.json).toEqual(expected);
      await expectBothForms(question, expected, 'l1');
      expect(t.upstream.calls).toHaveLength(1);
    });

    test('the openai client puts the replay together to the same', async () => {
      t.upstream.script = (_call, res) => sendJson(res, expected);
      const question = `${name} for the client`;
      await t.gateway.ask(question);
      const client = new OpenAI({ baseURL: `${t.gateway.url}/v1`, apiKey: 'sk-client', maxRetries: 0 });
      const messages = [{ role: 'user' as const, content: question }];
      const { choices, usage } = await client.chat.completions
        .stream({ model: 'm', messages, stream_options: { include_usage: true } })
        .finalChatCompletion();
      expect(choices).toMatchObject(scene.choices as never);
      expect(usage).toEqual(USAGE);
      expect(t.upstream.calls).toHaveLength(1);
    });
  });

  test('from the store all of them are the same still', async () => {
    await t.gateway.afresh();
    for (const [name, scene] of Object.entries(SCENES)) {
      for (const from of ['JSON', 'stream']) await expectBothForms(`${name} from ${from}`, jsonOf(scene), 'l2');
    }
    expect(t.upstream.calls).toHaveLength(0);
  });

  test('without include_usage a replay has no usage chunk, and every client still gets its [DONE]', async () => {
    await t.gateway.ask('Do you count?');
    const bare = await t.gateway.ask('Do you count?', { stream: true });
    expect(cacheOf(bare)).toMatchObject({ cache: 'hit' });
    for (const one of chunksOf(bare)) {
      expect(one.usage ?? null).toBeNull();
      expect(one.choices).toHaveLength(1);
    }
    expect(bare.text.endsWith('data: [DONE]\n\n')).toBe(true);
  });
});
