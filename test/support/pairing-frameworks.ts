import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatAnthropic } from '@langchain/anthropic';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, jsonSchema, type LanguageModel, stepCountIs, streamText, tool } from 'ai';
import {
  API_KEY,
  type Called,
  type ClientSetup,
  MAX_TOKENS,
  type MakeClient,
  type PairingClient,
  refusal,
  SYSTEM,
  TOOL,
} from './pairing-clients.ts';

/** It refers to items by their ids unless it is told that none are stored. */
const providerOptions = { openai: { store: false } };

function aiClient(name: string, model: LanguageModel): PairingClient {
  const settings = (prompt: string) => ({
    ...{ model, prompt, system: SYSTEM, maxOutputTokens: MAX_TOKENS, maxRetries: 0, providerOptions },
  });
  const ask = async (question: string) => {
    const { text, usage } = await generateText(settings(question));
    return { text, input: usage.inputTokens, output: usage.outputTokens };
  };
  return {
    name,
    ask,
    async stream(question) {
      const streamed = streamText(settings(question));
      const [text, usage] = await Promise.all([streamed.text, streamed.usage]);
      return { text, input: usage.inputTokens, output: usage.outputTokens };
    },
    async callTool(question, result): Promise<Called> {
      const inputSchema = jsonSchema(TOOL.parameters);
      const weather = tool({ description: TOOL.description, inputSchema, execute: async () => result });
      const options = { ...settings(question), tools: { weather }, stopWhen: stepCountIs(2) };
      const { steps, text } = await generateText(options);
      const calls = steps.flatMap(({ toolCalls }) => toolCalls);
      return { calls: calls.map(({ toolCallId: id, toolName, input: args }) => ({ id, name: toolName, args })), text };
    },
    refused: (question) => refusal(ask(question)),
  };
}

const common = ({ url, headers, fetch }: ClientSetup) => ({ baseURL: `${url}/v1`, apiKey: API_KEY, headers, fetch });

export const aiOpenAiCompatible: MakeClient = (setup) =>
  aiClient(
    'ai, openai-compatible',
    createOpenAICompatible({ ...common(setup), name: 'nearhit', includeUsage: true })(setup.model),
  );

export const aiAnthropic: MakeClient = (setup) =>
  aiClient('ai, anthropic', createAnthropic(common(setup))(setup.model));

export const aiOpenAi: MakeClient = (setup) =>
  aiClient('ai, openai', createOpenAI(common(setup)).responses(setup.model));

function langchainClient(name: string, model: ChatAnthropic | ChatOpenAI): PairingClient {
  const asked = (question: string): [string, string][] => [
    ['system', SYSTEM],
    ['user', question],
  ];
  const ask = async (question: string) => {
    const { text, usage_metadata: usage } = await model.invoke(asked(question));
    return { text, input: usage?.input_tokens, output: usage?.output_tokens };
  };
  return {
    name,
    ask,
    async stream(question) {
      let text = '';
      let [input, output] = [0, 0];
      for await (const { text: piece, usage_metadata: usage } of await model.stream(asked(question))) {
        text += piece;
        input += usage?.input_tokens ?? 0;
        output += usage?.output_tokens ?? 0;
      }
      return { text, input, output };
    },
    async callTool(question, result): Promise<Called> {
      const bound = model.bindTools([{ type: 'function', function: TOOL }]);
      const first = await bound.invoke(asked(question));
      const calls = first.tool_calls ?? [];
      const results = calls.map(({ id = '' }) => ({ role: 'tool' as const, tool_call_id: id, content: result }));
      const second = await bound.invoke([...asked(question), first, ...results]);
      return { calls: calls.map(({ id = '', name: called, args }) => ({ id, name: called, args })), text: second.text };
    },
    refused: (question) => refusal(ask(question)),
  };
}

export const langchainAnthropic: MakeClient = ({ url, model, headers, fetch }) => ({
  ...langchainClient(
    '@langchain/anthropic',
    new ChatAnthropic({
      ...{ model, apiKey: API_KEY, anthropicApiUrl: url, maxTokens: MAX_TOKENS, maxRetries: 0 },
      clientOptions: { defaultHeaders: headers, fetch },
    }),
  ),
  readsInputFirst: true,
});

const langchainOpenAiWith =
  (name: string, useResponsesApi: boolean): MakeClient =>
  ({ url, model, headers, fetch }) =>
    langchainClient(
      name,
      new ChatOpenAI({
        ...{ model, apiKey: API_KEY, useResponsesApi, maxTokens: MAX_TOKENS, maxRetries: 0, streamUsage: true },
        configuration: { baseURL: `${url}/v1`, defaultHeaders: headers, fetch },
      }),
    );

export const langchainOpenAi = langchainOpenAiWith('@langchain/openai', false);
export const langchainResponses = langchainOpenAiWith('@langchain/openai, responses', true);
