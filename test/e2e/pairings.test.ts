import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { anthropicFake } from '@nearhit/gateway/conformance/anthropic-fake';
import { type FakeDialect, type Heard, type Said, saying } from '@nearhit/gateway/conformance/fake-dialect';
import { geminiFake } from '@nearhit/gateway/conformance/gemini-fake';
import { azureFake, openAiFake } from '@nearhit/gateway/conformance/openai-fake';
import { type Origin, type OriginScript, startOrigin } from '@nearhit/gateway/conformance/origin';
import { strictly } from '@nearhit/gateway/conformance/strict';
import { PATIENT } from '../support/client.ts';
import { Gateway } from '../support/gateway.ts';
import { API_KEY, type MakeClient, SYSTEM } from '../support/pairing-clients.ts';
import {
  aiAnthropic,
  aiOpenAi,
  aiOpenAiCompatible,
  langchainAnthropic,
  langchainOpenAi,
  langchainResponses,
} from '../support/pairing-frameworks.ts';
import { anthropicMessages, openAiChat, openAiResponses } from '../support/pairing-vendors.ts';

const CLIENTS: readonly [name: string, make: MakeClient][] = Object.entries({
  'openai, chat': openAiChat,
  'openai, responses': openAiResponses,
  '@anthropic-ai/sdk': anthropicMessages,
  'ai, openai-compatible': aiOpenAiCompatible,
  'ai, anthropic': aiAnthropic,
  'ai, openai': aiOpenAi,
  '@langchain/openai': langchainOpenAi,
  '@langchain/openai, responses': langchainResponses,
  '@langchain/anthropic': langchainAnthropic,
});

/** Names at the provider: of models that can what is asked of them here. */
const PROVIDERS: readonly [fake: FakeDialect, model: string, at: (root: string) => string][] = [
  [openAiFake, 'gpt-4o', (root) => `baseUrl: "${root}/v1"`],
  [anthropicFake, 'claude-sonnet-4-5', (root) => `baseUrl: "${root}/v1"`],
  [geminiFake, 'gemini-2.5-flash', (root) => `baseUrl: "${root}/v1beta"`],
  [azureFake, 'my-gpt', (root) => `baseUrl: "${root}", apiVersion: "2024-10-21"`],
];

const USAGE = { input: 30, cached: 10, output: 12, thought: 5 };
const CALL = { id: 'call_a1', name: 'weather', args: { town: 'Köln' } };
const RESULT = 'rain, 12 °C';

/** OpenAI's models think for themselves. */
const thoughtOf = ({ kind }: FakeDialect) => (/openai/.test(kind) ? {} : { thought: 'Someone asks.' });

function saidTo({ turns, tools, results }: Heard, fake: FakeDialect): Said {
  if (tools.length > 0 && results.length === 0)
    return { ...thoughtOf(fake), text: 'I look.', calls: [CALL], end: 'calls', usage: USAGE };
  if (results.length > 0) return { text: `It says: ${results.map(({ text }) => text).join()}`, usage: USAGE };
  return { ...thoughtOf(fake), text: `answer to: ${turns.at(-1)?.replace('user: ', '')}`, usage: USAGE };
}

/** Strict as the real API; a question such as `refuse with 429` is refused so. */
function scriptOf(fake: FakeDialect): OriginScript {
  return strictly(fake, (call, response, index) => {
    const heard = fake.hear(call);
    const status = Number(/refuse with (\d+)/.exec(heard.turns.at(-1) ?? '')?.[1] ?? 200);
    if (status === 200) return saying(fake, saidTo(heard, fake))(call, response, index);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(fake.refusal(status, `Told you: ${status}.`)));
  });
}

let gateway: Gateway;
const origins = new Map<string, Origin>();

beforeAll(async () => {
  const providers: string[] = [];
  const models: string[] = [];
  for (const [fake, model, at] of PROVIDERS) {
    const origin = await startOrigin(scriptOf(fake));
    origins.set(fake.kind, origin);
    providers.push(`  - { id: ${fake.kind}, kind: ${fake.kind}, ${at(new URL(origin.url).origin)} }`);
    models.push(`  - { id: at-${fake.kind}, targets: [{ provider: ${fake.kind}, model: ${model} }] }`);
  }
  const once = 'retry: { attemptsMax: 1 }\nbreaker: { failures: 1000 }';
  const yaml = `${PATIENT}${once}\nproviders:\n${providers.join('\n')}\nmodels:\n${models.join('\n')}\n`;
  gateway = await Gateway.start({}, yaml);
}, 60_000);

afterAll(async () => {
  await gateway.close();
  await Promise.all([...origins.values()].map((origin) => origin.close()));
});

/** A client before a provider, in a namespace of its own, and what passes between them. */
function pair(make: MakeClient, [fake, model]: (typeof PROVIDERS)[number], label: string) {
  const seen: (string | null)[] = [];
  const origin = origins.get(fake.kind) as Origin;
  const client = make({
    url: gateway.url,
    model: `at-${fake.kind}`,
    headers: { 'x-nearhit-namespace': `${label}-${fake.kind}`.replace(/[^\w.:-]+/g, '-') },
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      seen.push(response.headers.get('x-nearhit-cache'));
      return response;
    },
  });
  const from = origin.calls.length;
  const heard = (): Heard[] => origin.calls.slice(from).map((call) => fake.hear(call));
  return { client, seen, heard, model };
}

describe.each(CLIENTS)('%s', (label, make) => {
  describe.each(PROVIDERS.map((provider) => [provider[0].kind, provider] as const))('to %s', (_kind, provider) => {
    const open = () => pair(make, provider, label);

    test.each(['ask', 'stream'] as const)(
      '%s: text and usage, then the same from the cache, in both forms',
      async (first) => {
        const { client, seen, heard, model } = open();
        const question = `How is the weather on the ${first === 'ask' ? 'Baltic Sea' : 'Zugspitze'}?`;
        const told = { text: `answer to: ${question}`, input: USAGE.input, output: USAGE.output };
        const unknown = first === 'stream' && client.readsInputFirst === true;
        expect(await client[first](question)).toEqual(unknown ? { ...told, input: 0 } : told);
        expect(await client.ask(question)).toEqual(told);
        expect(await client.stream(question)).toEqual(told);
        expect(seen).toEqual(['miss', 'hit', 'hit']);
        expect(heard()).toMatchObject([
          { model, system: SYSTEM, turns: [`user: ${question}`], stream: first === 'stream', key: API_KEY },
        ]);
      },
    );

    test('a tool is called, and its result goes back', async () => {
      const { client, seen, heard } = open();
      const { calls, text } = await client.callTool('Do I need an umbrella in Köln?', RESULT);
      expect({ calls, text }).toEqual({ calls: [CALL], text: `It says: ${RESULT}` });
      expect(seen).toEqual(['miss', 'miss']);
      const [asked, answered] = heard();
      expect(asked?.tools).toEqual([{ name: 'weather', properties: ['town'] }]);
      expect(answered).toMatchObject({
        calls: [{ name: 'weather', args: CALL.args }],
        results: [{ of: 'weather', text: RESULT }],
      });
    });

    test.each([400, 429])('a refusal with %d keeps its status and its words, and nothing is stored', async (status) => {
      const { client, heard } = open();
      for (const _turn of [1, 2]) {
        const { status: seen, message } = await client.refused(`Please refuse with ${status}`);
        expect([seen, message]).toEqual([status, expect.stringContaining(`Told you: ${status}.`)]);
      }
      expect(heard()).toHaveLength(2);
    });
  });
});
