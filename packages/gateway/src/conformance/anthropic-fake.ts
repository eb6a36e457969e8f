import type { JsonObject } from '@nearhit/core';
import { bodyOf, DEFAULT_USAGE, type FakeDialect, type Heard, objects, pieces, type Said } from './fake-dialect.ts';
import type { OriginCall } from './origin.ts';

const STOP = { stop: 'end_turn', length: 'max_tokens', calls: 'tool_use', filtered: 'refusal' } as const;

function usageOf({ input, cached, output, thought } = DEFAULT_USAGE): JsonObject {
  return {
    input_tokens: input - cached,
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: 0,
    output_tokens: output,
    output_tokens_details: { thinking_tokens: thought },
  };
}

function blocksOf({ thought, text, calls = [] }: Said): JsonObject[] {
  return [
    ...(thought === undefined ? [] : [{ type: 'thinking', thinking: thought, signature: 'sig-1' }]),
    ...(text === undefined ? [] : [{ type: 'text', text }]),
    ...calls.map(({ id, name, args }) => ({ type: 'tool_use', id, name, input: args })),
  ];
}

function messageOf(said: Said, model: string): JsonObject {
  return { id: 'msg_1', type: 'message', role: 'assistant', model, ...said.extra };
}

function whole([said = {}]: readonly Said[], model: string): JsonObject {
  return {
    ...messageOf(said, model),
    content: blocksOf(said),
    stop_reason: STOP[said.end ?? 'stop'],
    stop_sequence: null,
    usage: usageOf(said.usage),
  };
}

function event(type: string, value: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...value })}\n\n`;
}

function blockEvents(block: JsonObject, index: number): string[] {
  const delta = (value: JsonObject) => event('content_block_delta', { index, delta: value });
  const begun: Record<string, JsonObject> = {
    text: { type: 'text', text: '' },
    thinking: { type: 'thinking', thinking: '', signature: '' },
    tool_use: { ...block, input: {} },
  };
  const deltas: Record<string, () => string[]> = {
    text: () => pieces(String(block.text)).map((text) => delta({ type: 'text_delta', text })),
    thinking: () => [
      ...pieces(String(block.thinking)).map((thinking) => delta({ type: 'thinking_delta', thinking })),
      delta({ type: 'signature_delta', signature: block.signature }),
    ],
    tool_use: () =>
      ['', ...pieces(JSON.stringify(block.input))].map((json) =>
        delta({ type: 'input_json_delta', partial_json: json }),
      ),
  };
  const type = String(block.type);
  return [
    event('content_block_start', { index, content_block: begun[type] }),
    ...(deltas[type]?.() ?? []),
    event('content_block_stop', { index }),
  ];
}

function events([said = {}]: readonly Said[], model: string): string[] {
  const { output_tokens, output_tokens_details, ...input } = usageOf(said.usage);
  const begun = { ...messageOf(said, model), content: [], stop_reason: null, stop_sequence: null };
  return [
    event('message_start', { message: { ...begun, usage: { ...input, output_tokens: 1 } } }),
    event('ping', {}),
    ...blocksOf(said).flatMap(blockEvents),
    event('message_delta', {
      delta: { stop_reason: STOP[said.end ?? 'stop'], stop_sequence: null },
      usage: { output_tokens, output_tokens_details },
    }),
    event('message_stop', {}),
  ];
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return objects(content)
    .filter(({ type }) => type === 'text')
    .map(({ text }) => String(text))
    .join('');
}

function choiceOf(choice: JsonObject | undefined): string | undefined {
  if (choice?.type === 'any') return 'required';
  return choice?.type === 'tool' ? String(choice.name) : (choice?.type as string | undefined);
}

function hear(call: OriginCall): Heard {
  const body = bodyOf(call);
  if (call.path !== '/v1/messages') throw new Error(`asked for ${call.path}`);
  const blocks = objects(body.messages).flatMap(({ content }) => objects(content));
  const uses = blocks.filter(({ type }) => type === 'tool_use');
  return {
    model: String(body.model),
    stream: body.stream === true,
    system: textOf(body.system),
    turns: objects(body.messages)
      .filter(({ content }) => textOf(content) !== '')
      .map(({ role, content }) => `${role}: ${textOf(content)}`),
    images: blocks
      .filter(({ type }) => type === 'image')
      .map(({ source }) => {
        const { type, url, media_type, data } = source as Record<string, string>;
        return type === 'url' ? String(url) : `${media_type} ${data}`;
      }),
    calls: uses.map(({ name, input }) => ({ name: String(name), args: input })),
    results: blocks
      .filter(({ type }) => type === 'tool_result')
      .map(({ tool_use_id, content }) => ({
        of: String(uses.find(({ id }) => id === tool_use_id)?.name),
        text: textOf(content),
      })),
    tools: objects(body.tools)
      .filter(({ input_schema }) => input_schema !== undefined)
      .map(({ name, input_schema }) => ({
        name: String(name),
        properties: Object.keys((input_schema as { properties: object }).properties),
      })),
    toolChoice: choiceOf(body.tool_choice as JsonObject | undefined),
    maxTokens: body.max_tokens as number,
    temperature: body.temperature as number | undefined,
    stop: (body.stop_sequences ?? []) as string[],
    key: call.headers['x-api-key'] as string | undefined,
    body,
  };
}

const ERRORS: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
};

export const anthropicFake: FakeDialect = {
  kind: 'anthropic',
  passes: false,
  choices: false,
  whole,
  events,
  hear,
  refusal: (status, message) => ({
    type: 'error',
    error: { type: ERRORS[status] ?? 'invalid_request_error', message },
  }),
  breakdown: (message) => event('error', { error: { type: 'overloaded_error', message } }),
  list: {
    path: '/v1/models?limit=1000',
    body: { data: [{ type: 'model', id: 'm-1', created_at: '2026-01-02T03:04:05Z' }, { id: 'm-2' }], has_more: false },
    ids: ['m-1', 'm-2'],
  },
};
