import { invalidRequest, isObject, type JsonObject, parseJsonObject } from '@nearhit/core';
import { given, jsonBytes } from '../chat/request.ts';
import { chatMessages } from './items.ts';
import { type ResponsesRequest, responsesSchema } from './request-schema.ts';

/** Throws INVALID_JSON or INVALID_REQUEST. */
export function readResponses(body: Buffer): { readonly request: ResponsesRequest; readonly chat: Buffer } {
  const value = parseJsonObject(body);
  const { error } = responsesSchema.safeParse(value);
  if (error !== undefined) throw invalidRequest(error);
  const request = value as ResponsesRequest;
  return { request, chat: jsonBytes(chatRequest(request)) };
}

function chatRequest(request: ResponsesRequest): JsonObject {
  const {
    model,
    input,
    instructions,
    stream,
    stream_options: _,
    max_output_tokens,
    tools,
    tool_choice,
    ...more
  } = request;
  const {
    text,
    reasoning,
    include,
    metadata,
    store,
    top_logprobs,
    truncation: __,
    max_tool_calls: ___,
    ...others
  } = more;
  const { previous_response_id: _p, conversation: _c, prompt: _t, background: _b, ...rest } = others;
  const logprobs = (top_logprobs ?? 0) > 0 || include?.includes('message.output_text.logprobs') === true;
  return {
    model,
    messages: chatMessages(instructions, input),
    ...given({
      max_completion_tokens: max_output_tokens,
      reasoning_effort: reasoning?.effort,
      verbosity: text?.verbosity,
    }),
    ...(stream === true && { stream, stream_options: { include_usage: true } }),
    ...(tools?.length && { tools: tools.map(chatTool) }),
    ...(tool_choice != null && { tool_choice: chatToolChoice(tool_choice) }),
    ...(text?.format && text.format.type !== 'text' && { response_format: chatFormat(text.format) }),
    ...(logprobs && { logprobs, ...given({ top_logprobs }) }),
    // OpenAI takes metadata only for what it is asked to store.
    ...(store === true && { store, ...given({ metadata }) }),
    ...given(rest),
  };
}

function chatTool({ type, name, description, parameters, strict, format, ...rest }: JsonObject): JsonObject {
  if (type === 'function') return { type, function: { name, ...given({ description, parameters, strict }) }, ...rest };
  const { type: kind, ...grammar } = isObject(format) ? format : {};
  const written = kind === 'grammar' ? { type: kind, grammar } : format;
  return { type, custom: { name, ...given({ description, format: written }) }, ...rest };
}

const named = ({ type, name }: JsonObject): JsonObject => ({ type, [String(type)]: { name } });

function chatToolChoice(choice: unknown): unknown {
  if (!isObject(choice)) return choice;
  const { type, mode, tools } = choice;
  if (type !== 'allowed_tools') return named(choice);
  return { type, allowed_tools: { mode, tools: Array.isArray(tools) ? tools.filter(isObject).map(named) : [] } };
}

function chatFormat({ type, ...schema }: JsonObject): JsonObject {
  return type === 'json_schema' ? { type, json_schema: schema } : { type };
}
