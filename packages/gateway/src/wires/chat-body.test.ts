import { afterEach, expect, test } from '@jest/globals';
import { messagesDialect } from '@nearhit/dialects';
import { anthropicFake } from '../conformance/anthropic-fake.ts';
import { gateway, ONCE, openAi } from '../conformance/config.ts';
import { saying } from '../conformance/fake-dialect.ts';
import { openAiFake } from '../conformance/openai-fake.ts';
import { type Origin, startOrigin } from '../conformance/origin.ts';
import { chatCall, record } from '../conformance/recorder.ts';
import { strictly, strictRefusal } from '../conformance/strict.ts';
import { createUpstream, type Gateway } from '../upstream.ts';
import { chatBody } from './chat-body.ts';

/** What no client of OpenAI's writes, in its own spacing. */
const FOREIGN =
  '{ "model": "m", "top_k": 5, "messages": [ {"role":"user","content":"q","cache_control":{"type":"ephemeral"}} ], "seed": 12345678901234567890 }';

test('what a client of chat completions wrote goes byte for byte, whatever it is', () => {
  const call = chatCall({ model: 'm', body: Buffer.from(FOREIGN) });
  expect(chatBody(call, 'm', openAi('https://api.openai.com/v1'))).toBe(call.body);
  const renamed = chatBody(call, 'gpt-4o', openAi('https://api.mistral.ai/v1')).toString();
  expect(renamed).toBe(FOREIGN.replace('"m"', '"gpt-4o"'));
});

test('what was made of another API’s request is put plainly, under the target’s name of the model', () => {
  const call = chatCall({ model: 'm', body: Buffer.from(FOREIGN), madeOf: 'messages' });
  expect(JSON.parse(chatBody(call, 'gpt-4o', openAi('https://api.openai.com/v1')).toString())).toEqual({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: 'q' }],
    seed: 12345678901234567000,
  });
});

test('the strict fake says what it does not know as OpenAI does', () => {
  expect(strictRefusal('openai', JSON.parse(FOREIGN))).toEqual({
    error: {
      message: "Unknown parameter: 'top_k'.",
      type: 'invalid_request_error',
      param: 'top_k',
      code: 'unknown_parameter',
    },
  });
  const { top_k: _, ...rest } = JSON.parse(FOREIGN);
  expect(strictRefusal('openai', rest)).toMatchObject({ error: { param: 'messages[0].cache_control' } });
});

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const keep = <T extends { close(): Promise<unknown> }>(one: T): T => {
  open.push(one);
  return one;
};

test('a tool that only Anthropic has goes past those who have it not; where nobody has it, it is a 400 that names it', async () => {
  const plain: Origin = keep(await startOrigin(strictly(openAiFake, saying(openAiFake, { text: 'plain' }))));
  const claude: Origin = keep(await startOrigin(strictly(anthropicFake, saying(anthropicFake, { text: 'searched' }))));
  const providers = [openAi(plain.url, { id: 'plain' }), openAi(claude.url, { id: 'claude', kind: 'anthropic' })];
  const target = (provider: string) => ({ provider, model: 'm' });
  const models = [
    { id: 'both', aliases: [], targets: [target('plain'), target('claude')] },
    { id: 'one', aliases: [], targets: [target('plain')] },
  ];
  const upstream: Gateway = keep(createUpstream(gateway(providers, models, ONCE)));
  const ask = (model: string) => {
    const tools = [{ type: 'web_search_20250305', name: 'web_search' }];
    const request = { model, max_tokens: 9, tools, messages: [{ role: 'user', content: 'Does it rain?' }] };
    const { body } = messagesDialect.read(Buffer.from(JSON.stringify(request)));
    return record(upstream, chatCall({ model, body, madeOf: 'messages' })).done;
  };
  const answered = await ask('both');
  expect(answered.head).toMatchObject({ status: 200, provider: 'claude' });
  expect(plain.calls).toHaveLength(0);
  expect(anthropicFake.hear(claude.calls[0] as never).body.tools).toEqual([
    { type: 'web_search_20250305', name: 'web_search' },
  ]);
  const { error } = await ask('one');
  expect(error).toMatchObject({ kind: 'INVALID_REQUEST', status: 400, param: 'tools[0]' });
  expect(error?.message).toContain('web_search_20250305');
  expect(plain.calls).toHaveLength(0);
});
