import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import {
  API_KEY,
  type Called,
  type ClientSetup,
  MAX_TOKENS,
  type PairingClient,
  refusal,
  SYSTEM,
  TOOL,
  type Told,
} from './pairing-clients.ts';

const openAi = ({ url, headers, fetch }: ClientSetup): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: API_KEY, maxRetries: 0, defaultHeaders: headers, fetch });

export function openAiChat(setup: ClientSetup): PairingClient {
  const client = openAi(setup);
  const { model } = setup;
  type Messages = OpenAI.ChatCompletionMessageParam[];
  const request = (messages: Messages) => ({ model, messages, max_completion_tokens: MAX_TOKENS, user: 'user-1' });
  const asked = (question: string): Messages => [
    { role: 'system', content: SYSTEM },
    { role: 'user', content: question },
  ];
  const told = ({ choices, usage }: OpenAI.ChatCompletion): Told => ({
    text: choices[0]?.message.content ?? '',
    input: usage?.prompt_tokens,
    output: usage?.completion_tokens,
  });
  const ask = async (question: string) => told(await client.chat.completions.create(request(asked(question))));
  return {
    name: 'openai, chat',
    ask,
    async stream(question) {
      const options = { stream: true as const, stream_options: { include_usage: true } };
      const runner = client.chat.completions.stream({ ...request(asked(question)), ...options });
      return told(await runner.finalChatCompletion());
    },
    async callTool(question, result): Promise<Called> {
      const tools = [{ type: 'function' as const, function: { ...TOOL, strict: true } }];
      const first = await client.chat.completions.create({ ...request(asked(question)), tools });
      const message = first.choices[0]?.message;
      const calls = (message?.tool_calls ?? []) as OpenAI.ChatCompletionMessageFunctionToolCall[];
      const history: Messages = [
        ...asked(question),
        { role: 'assistant', content: message?.content ?? null, tool_calls: calls },
        ...calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: result })),
      ];
      const second = await client.chat.completions.create({ ...request(history), tools });
      const called = calls.map(({ id, function: { name, arguments: args } }) => ({ id, name, args: JSON.parse(args) }));
      return { calls: called, text: told(second).text };
    },
    refused: (question) => refusal(ask(question)),
  };
}

export function openAiResponses(setup: ClientSetup): PairingClient {
  const client = openAi(setup);
  const { model } = setup;
  const request = (input: OpenAI.Responses.ResponseInput) => ({
    ...{ model, input, instructions: SYSTEM, max_output_tokens: MAX_TOKENS, store: false },
    include: ['reasoning.encrypted_content' as const],
    metadata: { team: 'blue' },
  });
  const asked = (question: string): OpenAI.Responses.ResponseInput => [{ role: 'user', content: question }];
  const told = ({ output_text: text, usage }: OpenAI.Responses.Response): Told => ({
    ...{ text, input: usage?.input_tokens, output: usage?.output_tokens },
  });
  const ask = async (question: string) => told(await client.responses.create(request(asked(question))));
  return {
    name: 'openai, responses',
    ask,
    stream: async (question) => told(await client.responses.stream(request(asked(question))).finalResponse()),
    async callTool(question, result) {
      const tools = [{ type: 'function' as const, ...TOOL, strict: true }];
      const { output } = await client.responses.create({ ...request(asked(question)), tools });
      const calls = output.filter((item) => item.type === 'function_call');
      const results = calls.map(({ call_id }) => ({
        ...{ type: 'function_call_output' as const, call_id, output: result },
      }));
      const history = [...asked(question), ...output, ...results] as OpenAI.Responses.ResponseInput;
      const second = await client.responses.create({ ...request(history), tools });
      const called = calls.map(({ call_id: id, name, arguments: args }) => ({ id, name, args: JSON.parse(args) }));
      return { calls: called, text: second.output_text };
    },
    refused: (question) => refusal(ask(question)),
  };
}

export function anthropicMessages({ url, model, headers, fetch }: ClientSetup): PairingClient {
  const client = new Anthropic({ baseURL: url, apiKey: API_KEY, maxRetries: 0, defaultHeaders: headers, fetch });
  const ephemeral = { cache_control: { type: 'ephemeral' as const } };
  const request = (messages: Anthropic.MessageParam[]) => ({
    ...{ model, messages, max_tokens: MAX_TOKENS, top_k: 40, metadata: { user_id: `user_${'f'.repeat(80)}` } },
    system: [{ type: 'text' as const, text: SYSTEM, ...ephemeral }],
    thinking: { type: 'enabled' as const, budget_tokens: 1_024 },
  });
  const asked = (question: string): Anthropic.MessageParam[] => [
    { role: 'user', content: [{ type: 'text', text: question, ...ephemeral }] },
  ];
  const textOf = ({ content }: Anthropic.Message) =>
    content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
  const told = (message: Anthropic.Message): Told => {
    const { input_tokens, cache_read_input_tokens, output_tokens } = message.usage;
    return { text: textOf(message), input: input_tokens + (cache_read_input_tokens ?? 0), output: output_tokens };
  };
  const ask = async (question: string) => told(await client.messages.create(request(asked(question))));
  return {
    name: '@anthropic-ai/sdk',
    ask,
    stream: async (question) => told(await client.messages.stream(request(asked(question))).finalMessage()),
    async callTool(question, result) {
      const { parameters: input_schema, ...tool } = TOOL;
      const tools = [{ ...tool, input_schema, ...ephemeral }];
      const first = await client.messages.create({ ...request(asked(question)), tools });
      const calls = first.content.filter((block) => block.type === 'tool_use');
      const results = calls.map(({ id }) => ({
        ...{ type: 'tool_result' as const, tool_use_id: id, content: result, is_error: false, ...ephemeral },
      }));
      const history: Anthropic.MessageParam[] = [
        ...asked(question),
        { role: 'assistant', content: first.content },
        { role: 'user', content: results },
      ];
      const second = await client.messages.create({ ...request(history), tools });
      return { calls: calls.map(({ id, name, input: args }) => ({ id, name, args })), text: textOf(second) };
    },
    refused: (question) => refusal(ask(question)),
  };
}
