import { isObject, type JsonObject } from '@nearhit/core';
import { readUsage } from '../chat/answer.ts';
import type { ResponsesRequest } from './request-schema.ts';

/** Of an answer: what ids of a response and its items end in. */
export function bareId(id: unknown): string {
  return typeof id === 'string' ? id.replace(/^(?:chatcmpl-|msg_|resp_)/, '') : '';
}

/** Whether it is whole, and what it lacks. */
export interface ResponseState {
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed';
  readonly incomplete_details: { readonly reason: string } | null;
}

export const IN_PROGRESS: ResponseState = { status: 'in_progress', incomplete_details: null };

const LACKS: Readonly<Record<string, string>> = { length: 'max_output_tokens', content_filter: 'content_filter' };

export function stateOf(choice: JsonObject): ResponseState {
  const reason = LACKS[String(choice.finish_reason)];
  return reason === undefined
    ? { status: 'completed', incomplete_details: null }
    : { status: 'incomplete', incomplete_details: { reason } };
}

/** Null: nobody counted. */
export function responseUsage(usage: unknown): JsonObject | null {
  const counted = readUsage(usage);
  if (counted === undefined) return null;
  const { prompt, completion, cached, reasoning } = counted;
  return {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: completion,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: prompt + completion,
  };
}

/** A response object with what it repeats of its request. `answer`: the chat completion, or a chunk of it. */
export function responseObject(
  request: ResponsesRequest,
  answer: JsonObject,
  state: ResponseState,
  {
    output = [],
    usage = null,
    error = null,
  }: { output?: readonly JsonObject[]; usage?: unknown; error?: unknown } = {},
): JsonObject {
  const { text, reasoning, tools, tool_choice: toolChoice } = request;
  return {
    id: `resp_${bareId(answer.id)}`,
    object: 'response',
    created_at: typeof answer.created === 'number' ? answer.created : 0,
    ...state,
    background: false,
    error,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: request.max_tool_calls ?? null,
    model: typeof answer.model === 'string' && answer.model !== '' ? answer.model : request.model,
    output,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    reasoning: { effort: reasoning?.effort ?? null, summary: reasoning?.summary ?? null },
    safety_identifier: request.safety_identifier ?? null,
    service_tier: answer.service_tier ?? request.service_tier ?? 'default',
    store: false,
    temperature: request.temperature ?? 1,
    text: { ...text, format: isObject(text?.format) ? text.format : { type: 'text' } },
    tool_choice: toolChoice ?? 'auto',
    tools: tools ?? [],
    top_logprobs: request.top_logprobs ?? 0,
    top_p: request.top_p ?? 1,
    truncation: 'disabled',
    usage,
    user: request.user ?? null,
    metadata: request.metadata ?? {},
  };
}
