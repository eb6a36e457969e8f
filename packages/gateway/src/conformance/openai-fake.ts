import type { JsonObject } from '@nearhit/core';
import { bodyOf, DEFAULT_USAGE, type FakeDialect, type Heard, objects, pieces, type Said } from './fake-dialect.ts';
import type { OriginCall } from './origin.ts';

const FINISH = { stop: 'stop', length: 'length', calls: 'tool_calls', filtered: 'content_filter' } as const;

function usageOf({ input, cached, output, thought } = DEFAULT_USAGE): JsonObject {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: thought },
  };
}

function callsOf(calls: Said['calls'] = []): JsonObject[] {
  return calls.map(({ id, name, args }) => ({
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  }));
}

function whole(said: readonly Said[], model: string): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model,
    choices: said.map((one, index) => ({
      index,
      message: {
        role: 'assistant',
        content: one.text ?? null,
        refusal: null,
        ...(one.thought === undefined ? {} : { reasoning_content: one.thought }),
        ...(one.calls === undefined ? {} : { tool_calls: callsOf(one.calls) }),
      },
      logprobs: null,
      finish_reason: FINISH[one.end ?? 'stop'],
    })),
    usage: usageOf(said[0]?.usage),
    ...said[0]?.extra,
  };
}

function events(said: readonly Said[], model: string): string[] {
  const base = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model };
  const event = (value: JsonObject) => `data: ${JSON.stringify({ ...base, ...value })}\n\n`;
  const chunk = (index: number, delta: JsonObject, finish_reason: string | null = null) =>
    event({ choices: [{ index, delta, logprobs: null, finish_reason }], ...said[0]?.extra });
  return [
    ...said.flatMap((one, index) => [
      chunk(index, { role: 'assistant', content: null, refusal: null }),
      ...pieces(one.thought ?? '').map((text) => chunk(index, { reasoning_content: text })),
      ...pieces(one.text ?? '').map((text) => chunk(index, { content: text })),
      ...callsOf(one.calls).map((call, at) => chunk(index, { tool_calls: [{ index: at, ...call }] })),
      chunk(index, {}, FINISH[one.end ?? 'stop']),
    ]),
    event({ choices: [], usage: usageOf(said[0]?.usage) }),
    'data: [DONE]\n\n',
  ];
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return objects(content)
    .map((part) => String(part.text ?? ''))
    .join('');
}

function imagesOf(content: unknown): string[] {
  return objects(content).flatMap((part) => {
    if (part.type !== 'image_url') return [];
    const { url } = part.image_url as { url: string };
    return [url.replace(/^data:([^;]+);base64,/, '$1 ')];
  });
}

function hear(call: OriginCall): Heard {
  const body = bodyOf(call);
  const messages = objects(body.messages);
  const calls = messages.flatMap((message) => objects(message.tool_calls));
  const choice = body.tool_choice as string | { function: { name: string } } | undefined;
  const functions = objects(body.tools).map((tool) => tool.function as JsonObject);
  return {
    model: String(body.model),
    stream: body.stream === true,
    system: messages
      .filter(({ role }) => role === 'system')
      .map(({ content }) => textOf(content))
      .join(' '),
    turns: messages
      .filter(({ role, content }) => (role === 'user' || role === 'assistant') && textOf(content) !== '')
      .map(({ role, content }) => `${role}: ${textOf(content)}`),
    images: messages.flatMap(({ content }) => imagesOf(content)),
    calls: calls.map(({ function: called }) => {
      const { name, arguments: args } = called as { name: string; arguments: string };
      return { name, args: JSON.parse(args) };
    }),
    results: messages
      .filter(({ role }) => role === 'tool')
      .map((message) => {
        const made = calls.find(({ id }) => id === message.tool_call_id)?.function as JsonObject | undefined;
        return { of: String(made?.name), text: textOf(message.content) };
      }),
    tools: functions.map(({ name, parameters }) => ({
      name: String(name),
      properties: Object.keys((parameters as { properties: object }).properties),
    })),
    toolChoice: typeof choice === 'object' ? choice.function.name : choice,
    maxTokens: body.max_tokens as number | undefined,
    temperature: body.temperature as number | undefined,
    stop: (Array.isArray(body.stop) ? body.stop : []) as string[],
    key: call.headers.authorization?.replace('Bearer ', ''),
    body,
  };
}

export const openAiFake: FakeDialect = {
  kind: 'openai',
  passes: true,
  choices: true,
  whole,
  events,
  hear,
  refusal: (_status, message) => ({ error: { message, type: 'some_error', param: null, code: null } }),
  breakdown: (message) => `data: ${JSON.stringify({ error: { message, type: 'server_error' } })}\n\n`,
  list: {
    path: '/v1/models',
    body: { object: 'list', data: [{ id: 'm-1', created: 7 }, { id: 'm-2' }, { nonsense: 1 }] },
    ids: ['m-1', 'm-2'],
  },
};

/** The deployment stands in the path. */
export const azureFake: FakeDialect = {
  ...openAiFake,
  kind: 'azure-openai',
  hear: (call) => {
    const deployment = /^\/openai\/deployments\/([^/]+)\/chat\/completions\?api-version=2024-10-21$/.exec(
      call.path,
    )?.[1];
    return {
      ...hear(call),
      model: decodeURIComponent(deployment ?? 'no deployment'),
      key: String(call.headers['api-key']),
    };
  },
  list: { ...openAiFake.list, path: '/openai/models?api-version=2024-10-21' },
};
