import { isObject, type JsonObject, parseJsonObject, without } from '@nearhit/core';
import { invalid, objectsOf, present, textOf } from '../provider/values.ts';
import { conversationOf } from './contents.ts';
import { thinkingConfig } from './thinking.ts';
import { toolFields } from './tools.ts';
import { type GeminiTraits, geminiTraits } from './traits.ts';

/** What is put in other words below. */
const TRANSLATED = [
  ...['model', 'messages', 'max_tokens', 'max_completion_tokens', 'stop', 'n', 'temperature', 'top_p', 'top_k', 'seed'],
  ...['presence_penalty', 'frequency_penalty', 'logprobs', 'top_logprobs', 'modalities', 'response_format'],
  ...['tools', 'tool_choice', 'web_search_options', 'reasoning_effort', 'thinking', 'generation_config'],
  ...['generationConfig', 'extra_body', 'google', 'stream'],
];
/** What Gemini has nothing for, and refuses: OpenAI's, then other vendors'. */
const LEFT_OUT = [
  ...['stream_options', 'logit_bias', 'store', 'prediction', 'audio', 'verbosity', 'prompt_cache_key', 'metadata'],
  ...['prompt_cache_retention', 'user', 'safety_identifier', 'service_tier', 'parallel_tool_calls', 'nearhit'],
  ...['output_config', 'reasoning', 'include_reasoning', 'context_management', 'mcp_servers', 'container'],
  ...['cache_control', 'inference_geo', 'speed', 'betas', 'output_format'],
];
const NOT_AS_THEY_ARE: ReadonlySet<string> = new Set([...TRANSLATED, ...LEFT_OUT]);
const STOPS_MAX = 5;

/**
 * A chat completion request as Gemini's generateContent. Its own fields (`safety_settings`, `cached_content`,
 * `generation_config`) go on, from the top level or from where Google's OpenAI-compatible API takes them
 * (`extra_body.google`). Throws INVALID_REQUEST on what can't be said there.
 */
export function toGeminiRequest(body: Buffer, model: string): Buffer {
  const request = parseJsonObject(body);
  if (Array.isArray(request.functions) && request.functions.length > 0) {
    throw invalid('functions is not understood by this provider; use tools, which took its place.', 'functions');
  }
  const traits = geminiTraits(model);
  const { system, contents } = conversationOf(objectsOf(request.messages), traits);
  const extra = googleFields(request);
  const { thinking_config, thinkingConfig: ownThinking, ...otherExtra } = extra;
  const config = generationConfig(request, traits, thinking_config ?? ownThinking);
  const translated = present({
    contents,
    systemInstruction: system.length === 0 ? undefined : { parts: system },
    ...toolFields(request),
    generationConfig: Object.keys(config).length === 0 ? undefined : config,
  });
  return Buffer.from(JSON.stringify({ ...without(request, NOT_AS_THEY_ARE), ...otherExtra, ...translated }));
}

function googleFields({ extra_body, google }: JsonObject): JsonObject {
  const nested = isObject(extra_body) ? extra_body.google : undefined;
  return { ...(isObject(nested) ? nested : {}), ...(isObject(google) ? google : {}) };
}

function generationConfig(request: JsonObject, traits: GeminiTraits, ownThinking: unknown): JsonObject {
  const { n, logprobs, top_logprobs, modalities } = request;
  const own = [request.generation_config, request.generationConfig].filter(isObject);
  return present({
    temperature: request.temperature,
    topP: request.top_p,
    topK: request.top_k,
    seed: request.seed,
    candidateCount: typeof n === 'number' && n > 1 ? n : undefined,
    maxOutputTokens: request.max_completion_tokens ?? request.max_tokens,
    stopSequences: stopSequences(request.stop),
    presencePenalty: request.presence_penalty,
    frequencyPenalty: request.frequency_penalty,
    responseLogprobs: logprobs === true ? true : undefined,
    logprobs: logprobs === true && typeof top_logprobs === 'number' ? top_logprobs : undefined,
    responseModalities: Array.isArray(modalities) ? modalities.map((one) => textOf(one).toUpperCase()) : undefined,
    ...responseFormat(request.response_format),
    thinkingConfig: isObject(ownThinking) ? ownThinking : thinkingConfig(request, traits),
    ...Object.assign({}, ...own),
  });
}

function stopSequences(stop: unknown): string[] | undefined {
  const sequences = (Array.isArray(stop) ? stop : [stop]).filter((one) => typeof one === 'string' && one !== '');
  if (sequences.length > STOPS_MAX) {
    throw invalid(`Gemini takes at most ${STOPS_MAX} stop sequences, got ${sequences.length}.`, 'stop');
  }
  return sequences.length === 0 ? undefined : (sequences as string[]);
}

function responseFormat(format: unknown): JsonObject {
  if (!isObject(format)) return {};
  if (format.type === 'json_object') return { responseMimeType: 'application/json' };
  if (format.type !== 'json_schema' || !isObject(format.json_schema)) return {};
  return { responseMimeType: 'application/json', responseJsonSchema: format.json_schema.schema ?? {} };
}
