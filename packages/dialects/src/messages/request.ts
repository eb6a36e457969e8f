import { invalidRequest, isObject, type JsonObject, parseJsonObject } from '@nearhit/core';
import { given, jsonBytes } from '../chat/request.ts';
import { type CountableRequest, countableSchema, type MessagesRequest, messagesSchema } from './request-schema.ts';
import { chatMessages } from './turns.ts';

/** A body for /v1/messages as one for /v1/chat/completions. Throws INVALID_JSON or INVALID_REQUEST. */
export function readMessages(body: Buffer): { readonly body: Buffer; readonly stream: boolean } {
  const value = parseJsonObject(body);
  const { error } = messagesSchema.safeParse(value);
  if (error !== undefined) throw invalidRequest(error);
  const request = value as MessagesRequest;
  return { body: jsonBytes(chatRequest(request)), stream: request.stream === true };
}

/** A body for /v1/messages/count_tokens, likewise. */
export function readCountable(body: Buffer): JsonObject {
  const value = parseJsonObject(body);
  const { error } = countableSchema.safeParse(value);
  if (error !== undefined) throw invalidRequest(error);
  const request = value as CountableRequest;
  return { messages: chatMessages(request), tools: request.tools?.map(chatTool) };
}

function chatRequest(request: MessagesRequest): JsonObject {
  const { system: _, messages: __, model, max_tokens, stream, stop_sequences, tools, tool_choice, ...more } = request;
  const { metadata, output_format, output_config, ...rest } = more;
  return {
    model,
    messages: chatMessages(request),
    max_completion_tokens: max_tokens,
    ...(stream === true && { stream, stream_options: { include_usage: true } }),
    ...(stop_sequences?.length && { stop: stop_sequences }),
    ...(tools?.length && { tools: tools.map(chatTool) }),
    ...(tool_choice && chatToolChoice(tool_choice)),
    ...userOf(metadata),
    ...formatOf(output_format, output_config),
    ...given(rest),
  };
}

/** A tool of the caller's own becomes a function; one that the provider runs goes on as it is. */
function chatTool(tool: JsonObject): JsonObject {
  const { type, name, description, input_schema, strict, ...rest } = tool;
  if (typeof type === 'string' && type !== 'custom') return tool;
  return {
    type: 'function',
    function: { name, ...given({ description, strict }), parameters: input_schema },
    ...given(rest),
  };
}

const CHOICES: Readonly<Record<string, string>> = { auto: 'auto', any: 'required', none: 'none' };

function chatToolChoice({ type, name, disable_parallel_tool_use: alone }: JsonObject): JsonObject {
  return {
    tool_choice: type === 'tool' ? { type: 'function', function: { name } } : CHOICES[String(type)],
    ...(typeof alone === 'boolean' && { parallel_tool_calls: !alone }),
  };
}

function userOf(metadata: MessagesRequest['metadata']): JsonObject {
  const { user_id: user, ...rest } = metadata ?? {};
  return { ...(typeof user === 'string' && { user }), ...(Object.keys(rest).length > 0 && { metadata: rest }) };
}

/** Structured output, in its present place and in that of the beta. */
function formatOf(format: unknown, config: MessagesRequest['output_config']): JsonObject {
  const { format: configured, ...rest } = config ?? {};
  const wanted = configured ?? format;
  const schema = isObject(wanted) && wanted.type === 'json_schema' ? wanted.schema : undefined;
  return {
    ...(schema !== undefined
      ? { response_format: { type: 'json_schema', json_schema: { name: 'output', schema, strict: true } } }
      : wanted != null && { output_config: { ...rest, format: wanted } }),
    ...(schema !== undefined || wanted == null ? Object.keys(rest).length > 0 && { output_config: rest } : {}),
  };
}
