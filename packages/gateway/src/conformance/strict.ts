import type { JsonObject } from '@nearhit/core';
import { bodyOf, type FakeDialect, objects } from './fake-dialect.ts';
import type { OriginScript } from './origin.ts';

/** What an API knows, by place; `type` decides among blocks. A place that is not named here takes everything. */
type Fields = Readonly<Record<string, string>>;

const OPENAI: Fields = {
  request:
    'model messages frequency_penalty presence_penalty logit_bias logprobs top_logprobs max_tokens max_completion_tokens n seed stop stream stream_options temperature top_p tools tool_choice parallel_tool_calls response_format reasoning_effort verbosity modalities audio prediction web_search_options service_tier user metadata store safety_identifier prompt_cache_key prompt_cache_retention functions function_call',
  'message system': 'role content name',
  'message developer': 'role content name',
  'message user': 'role content name',
  'message assistant': 'role content name refusal audio tool_calls function_call',
  'message tool': 'role content tool_call_id',
  'part text': 'type text',
  'part refusal': 'type refusal',
  'part image_url': 'type image_url',
  'part input_audio': 'type input_audio',
  'part file': 'type file',
  'call function': 'id type function',
  'call custom': 'id type custom',
  'tool function': 'type function',
  'tool custom': 'type custom',
};

const ANTHROPIC: Fields = {
  request:
    'model messages max_tokens system temperature top_p top_k stop_sequences stream tools tool_choice thinking metadata service_tier output_config container context_management mcp_servers cache_control inference_geo speed',
  message: 'role content',
  'part text': 'type text citations cache_control',
  'part image': 'type source cache_control',
  'part document': 'type source title context citations cache_control',
  'part search_result': 'type source title content citations cache_control',
  'part thinking': 'type thinking signature',
  'part redacted_thinking': 'type data',
  'part tool_use': 'type id name input cache_control caller',
  'part tool_result': 'type tool_use_id content is_error cache_control',
  tool: 'type name description input_schema cache_control strict defer_loading allowed_callers input_examples eager_input_streaming',
};

const GEMINI: Fields = {
  request: 'contents systemInstruction tools toolConfig safetySettings generationConfig cachedContent labels',
  generationConfig:
    'temperature topP topK seed candidateCount maxOutputTokens stopSequences presencePenalty frequencyPenalty responseLogprobs logprobs responseModalities responseMimeType responseSchema responseJsonSchema thinkingConfig speechConfig mediaResolution imageConfig',
  content: 'role parts',
  part: 'text thought thoughtSignature inlineData fileData functionCall functionResponse executableCode codeExecutionResult videoMetadata',
  tool: 'functionDeclarations googleSearch googleSearchRetrieval urlContext codeExecution googleMaps computerUse fileSearch',
  declaration: 'name description behavior parameters parametersJsonSchema response responseJsonSchema',
};

/** Every object of a request that may hold a field too many: its place, and how the API writes that. */
type Place = readonly [object: JsonObject, names: readonly string[], at: string];

const typed = (kind: string, { type, role }: JsonObject): string[] => [kind, `${kind} ${type ?? role}`];

function placesOfOpenAi(body: JsonObject): Place[] {
  const list = (kind: string, value: unknown, at: string): Place[] =>
    objects(value).map((one, index) => [one, typed(kind, one), `${at}[${index}].`]);
  const messages = list('message', body.messages, 'messages');
  const within = messages.flatMap(([message, , at]) => [
    ...list('part', message.content, `${at}content`),
    ...list('call', message.tool_calls, `${at}tool_calls`),
  ]);
  return [[body, ['request'], ''], ...messages, ...within, ...list('tool', body.tools, 'tools')];
}

function placesOfAnthropic(body: JsonObject): Place[] {
  const list = (kind: string, value: unknown, at: string): Place[] =>
    objects(value).map((one, index) => [one, typed(kind, one), `${at}.${index}.`]);
  const messages = list('message', body.messages, 'messages');
  const parts = messages.flatMap(([message, , at]) => list('part', message.content, `${at}content`));
  const inner = parts.flatMap(([part, , at]) => list('part', part.content, `${at}content`));
  const system = list('part', body.system, 'system');
  // Tools of its own have more fields.
  const tools = list('tool', body.tools, 'tools').filter(([tool]) => tool.input_schema !== undefined);
  return [[body, ['request'], ''], ...messages, ...parts, ...inner, ...system, ...tools];
}

function placesOfGemini(body: JsonObject): Place[] {
  const list = (kind: string, value: unknown, at: string): Place[] =>
    objects(value).map((one, index) => [one, [kind], `${at}[${index}]`]);
  const contents = list('content', body.contents, 'contents');
  const tools = list('tool', body.tools, 'tools');
  return [
    [body, ['request'], ''],
    [(body.generationConfig ?? {}) as JsonObject, ['generationConfig'], 'generation_config'],
    ...contents,
    ...contents.flatMap(([content, , at]) => list('part', content.parts, `${at}.parts`)),
    ...tools,
    ...tools.flatMap(([tool, , at]) => list('declaration', tool.functionDeclarations, `${at}.function_declarations`)),
  ];
}

interface Strictness {
  readonly fields: Fields;
  readonly places: (body: JsonObject) => Place[];
  /** The API's own words. */
  readonly refusal: (at: string, name: string) => JsonObject;
  /** What else it refuses. */
  readonly more?: (body: JsonObject) => JsonObject | undefined;
}

const openAiError = (message: string, param: string, code: string): JsonObject => ({
  error: { message, type: 'invalid_request_error', param, code },
});

/** What OpenAI says of requests whose fields it knows, each by itself. */
function openAisMore(body: JsonObject): JsonObject | undefined {
  if (body.max_tokens !== undefined && body.max_completion_tokens !== undefined) {
    const message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
    return openAiError(message, 'max_tokens', 'invalid_parameter_combination');
  }
  if (body.metadata !== undefined && body.store !== true)
    return openAiError(
      "The 'metadata' parameter is only allowed when 'store' is enabled.",
      'metadata',
      'invalid_value',
    );
  for (const name of ['tool_choice', 'parallel_tool_calls'])
    if (body[name] !== undefined && body.tools === undefined)
      return openAiError(`'${name}' is only allowed when 'tools' are specified.`, name, 'invalid_value');
  if (typeof body.user === 'string' && body.user.length > 64)
    return openAiError("Invalid 'user': string too long.", 'user', 'string_above_max_length');
  const at = objects(body.messages).findIndex(
    ({ role, content }) => role === 'tool' && objects(content).some(({ type }) => type !== 'text'),
  );
  if (at < 0) return undefined;
  const message = `Invalid 'messages[${at}]'. Image URLs are only allowed for messages with role 'user'.`;
  return openAiError(message, `messages[${at}]`, 'invalid_value');
}

const OPENAIS: Strictness = {
  fields: OPENAI,
  places: placesOfOpenAi,
  refusal: (at, name) => openAiError(`Unknown parameter: '${at}${name}'.`, `${at}${name}`, 'unknown_parameter'),
  more: openAisMore,
};

const STRICT: Readonly<Record<FakeDialect['kind'], Strictness>> = {
  openai: OPENAIS,
  'azure-openai': OPENAIS,
  anthropic: {
    fields: ANTHROPIC,
    places: placesOfAnthropic,
    refusal: (at, name) => ({
      type: 'error',
      error: { type: 'invalid_request_error', message: `${at}${name}: Extra inputs are not permitted` },
    }),
  },
  gemini: {
    fields: GEMINI,
    places: placesOfGemini,
    refusal: (at, name) => {
      const where = at === '' ? '' : ` at '${at}'`;
      const message = `Invalid JSON payload received. Unknown name "${name}"${where}: Cannot find field.`;
      return { error: { code: 400, message, status: 'INVALID_ARGUMENT' } };
    },
  },
};

/** The error body with which this API refuses a request for a field that it does not know; undefined: it takes it. */
export function strictRefusal(kind: FakeDialect['kind'], body: JsonObject): JsonObject | undefined {
  const { fields, places, refusal, more } = STRICT[kind];
  for (const [object, names, at] of places(body)) {
    const known = names.map((name) => fields[name]).find((list) => list !== undefined);
    if (known === undefined && names.length === 1) continue;
    const unknown = Object.keys(object).find((name) => !(known ?? 'type').split(' ').includes(name));
    if (unknown !== undefined) return refusal(at, unknown);
  }
  return more?.(body);
}

/** An origin that answers as the script says, unless a request holds what the real API refuses. */
export function strictly(dialect: FakeDialect, script: OriginScript): OriginScript {
  return (call, response, index) => {
    const refused = strictRefusal(dialect.kind, bodyOf(call));
    if (refused === undefined) return script(call, response, index);
    response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(refused));
  };
}
