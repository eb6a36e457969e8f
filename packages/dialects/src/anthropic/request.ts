import { isObject, type JsonObject, parseJsonObject, without } from '@nearhit/core';
import { invalid, objectsOf, present, textOf } from '../provider/values.ts';
import { conversationOf } from './messages.ts';
import { answerSchema } from './schema.ts';
import { thinkingOf } from './thinking.ts';
import { toolFields } from './tools.ts';
import { type ClaudeTraits, claudeTraits } from './traits.ts';

export interface AnthropicTarget {
  /** Anthropic's name for the model. */
  readonly model: string;
  /** Tokens that it can write; undefined when not known. */
  readonly maxOutputTokens?: number | undefined;
}

/** Of a model that nothing is known of. */
const MAX_TOKENS = 4_096;
const JSON_ONLY = 'Answer with one valid JSON object and nothing else: no text around it, no code fence.';

/** What is put in other words below. */
const TRANSLATED = [
  ...['model', 'messages', 'max_tokens', 'max_completion_tokens', 'stop', 'n', 'temperature', 'top_p', 'top_k'],
  ...['tools', 'tool_choice', 'parallel_tool_calls', 'web_search_options', 'response_format', 'output_config'],
  ...['reasoning_effort', 'thinking', 'user', 'metadata', 'safety_identifier', 'service_tier', 'stream', 'modalities'],
];
/** What Anthropic has nothing for, and refuses: OpenAI's, then other vendors'. */
const LEFT_OUT = [
  ...['stream_options', 'frequency_penalty', 'presence_penalty', 'logit_bias', 'logprobs', 'top_logprobs', 'seed'],
  ...['store', 'prediction', 'audio', 'verbosity', 'prompt_cache_key', 'prompt_cache_retention', 'nearhit'],
  ...['extra_body', 'google', 'safety_settings', 'generation_config', 'reasoning', 'include_reasoning'],
];
const NOT_AS_THEY_ARE: ReadonlySet<string> = new Set([...TRANSLATED, ...LEFT_OUT]);
/** Of the Responses API, a list; Anthropic's of the same name is an object. */
const NOT_OPENAIS: ReadonlySet<string> = new Set([...NOT_AS_THEY_ARE, 'context_management']);

/** A chat completion request as Anthropic's Messages request. Throws INVALID_REQUEST on what can't be said there. */
export function toAnthropicRequest(body: Buffer, target: AnthropicTarget): Buffer {
  const request = parseJsonObject(body);
  refuse(request);
  const traits = claudeTraits(target.model);
  const { system, turns } = conversationOf(objectsOf(request.messages));
  const maxTokens = maxTokensOf(request, target);
  const { thinking, effort } = thinkingOf(request, maxTokens, traits);
  if (isObject(request.response_format) && request.response_format.type === 'json_object') {
    system.push({ type: 'text', text: JSON_ONLY });
  }
  const translated = present({
    model: target.model,
    max_tokens: maxTokens,
    system: system.length === 0 ? undefined : system,
    messages: turns,
    ...toolFields(request, traits),
    thinking,
    output_config: outputConfig(request, effort),
    stop_sequences: stopSequences(request.stop),
    ...sampling(request, traits, thinking),
    metadata: metadataOf(request),
    service_tier: serviceTier(request.service_tier),
    stream: request.stream === true ? true : undefined,
  });
  const others = without(request, Array.isArray(request.context_management) ? NOT_OPENAIS : NOT_AS_THEY_ARE);
  return Buffer.from(JSON.stringify({ ...others, ...translated }));
}

function refuse(request: JsonObject): void {
  if (typeof request.n === 'number' && request.n > 1) {
    throw invalid('Anthropic gives one choice per request; expected n to be 1 or left out.', 'n');
  }
  if (Array.isArray(request.modalities) && request.modalities.includes('audio')) {
    throw invalid('Anthropic answers in text only; expected modalities without "audio".', 'modalities');
  }
  if (Array.isArray(request.functions) && request.functions.length > 0) {
    throw invalid('functions is not understood by this provider; use tools, which took its place.', 'functions');
  }
}

function maxTokensOf(request: JsonObject, { maxOutputTokens }: AnthropicTarget): number {
  const asked = request.max_completion_tokens ?? request.max_tokens;
  return typeof asked === 'number' ? asked : (maxOutputTokens ?? MAX_TOKENS);
}

function outputConfig(request: JsonObject, effort: string | undefined): JsonObject | undefined {
  const format = request.response_format;
  const wanted =
    isObject(format) && format.type === 'json_schema' && isObject(format.json_schema) ? format.json_schema : undefined;
  const config = present({
    ...(isObject(request.output_config) ? {} : { effort }),
    format: wanted === undefined ? undefined : { type: 'json_schema', schema: answerSchema(wanted.schema ?? {}) },
    ...(isObject(request.output_config) ? request.output_config : {}),
  });
  return Object.keys(config).length === 0 ? undefined : config;
}

function stopSequences(stop: unknown): string[] | undefined {
  const sequences = (Array.isArray(stop) ? stop : [stop]).filter((one) => typeof one === 'string' && one.trim() !== '');
  return sequences.length === 0 ? undefined : (sequences as string[]);
}

/** A temperature above 1 counts as 1. Models that think take none while they do, the newest not at all. */
function sampling(request: JsonObject, traits: ClaudeTraits, thinking: JsonObject | undefined): JsonObject {
  const { temperature, top_p, top_k } = request;
  if (!traits.takesSampling) return {};
  if (thinking !== undefined && thinking.type !== 'disabled')
    return isObject(request.thinking) ? { temperature, top_p, top_k } : {};
  return { temperature: typeof temperature === 'number' ? Math.min(temperature, 1) : undefined, top_p, top_k };
}

function metadataOf({ metadata, user, safety_identifier }: JsonObject): JsonObject | undefined {
  const given = isObject(metadata) ? metadata.user_id : undefined;
  const id = [given, user, safety_identifier].find((one) => typeof one === 'string' && one !== '');
  return id === undefined ? undefined : { user_id: id };
}

function serviceTier(tier: unknown): string | undefined {
  if (tier === 'default' || tier === 'standard_only') return 'standard_only';
  return textOf(tier) === '' ? undefined : 'auto';
}
