import { isObject, type JsonObject, NearhitError, piecesOf } from '@nearhit/core';

/** A whole chat completion: its fields, and its first choice. */
export interface ReadAnswer {
  readonly answer: JsonObject;
  readonly choice: JsonObject;
  readonly message: JsonObject;
}

/** Throws UPSTREAM_INVALID on bytes that are no chat completion. */
export function readAnswer(bytes: Buffer): ReadAnswer {
  const answer = parse(bytes);
  const choices = isObject(answer) && Array.isArray(answer.choices) ? answer.choices.filter(isObject) : [];
  const choice = choices.find(({ index }) => index === undefined || index === 0) ?? choices[0];
  if (!isObject(answer) || choice === undefined || !isObject(choice.message)) {
    throw new NearhitError('UPSTREAM_INVALID', 'The provider answered with a body that is no chat completion.');
  }
  return { answer, choice, message: choice.message };
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** What the model thought aloud, under whichever name. */
export function reasoningIn(message: JsonObject): string | undefined {
  for (const field of ['reasoning_content', 'reasoning'] as const) {
    const text = message[field];
    if (typeof text === 'string' && text !== '') return text;
  }
  return undefined;
}

const WORDS = [
  ...['content', 'reasoning_content', 'reasoning', 'refusal', 'thinking_blocks'],
  ...['native_blocks', 'annotations', 'citations', 'images'],
];

/** A delta that says something beside its tool calls. */
export function speaks(delta: JsonObject): boolean {
  return WORDS.some((field) => {
    const value = delta[field];
    return typeof value === 'string' ? value !== '' : Array.isArray(value);
  });
}

export function objectsIn(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/**
 * A whole message as the deltas of a stream, texts in natural pieces. Thinking that is kept in blocks comes as these
 * only: their texts are the reasoning.
 */
export function* deltasOf(message: JsonObject): Generator<JsonObject> {
  const blocks = objectsIn(message.thinking_blocks);
  if (blocks.length > 0) yield { thinking_blocks: blocks };
  else for (const { text } of piecesOf(reasoningIn(message) ?? '')) yield { reasoning_content: text };
  if (Array.isArray(message.native_blocks)) yield { native_blocks: message.native_blocks };
  for (const field of ['content', 'refusal'] as const) {
    const value = message[field];
    if (typeof value === 'string') for (const { text } of piecesOf(value)) yield { [field]: text };
    else if (Array.isArray(value)) yield { [field]: value };
  }
  for (const field of ['citations', 'annotations', 'images'] as const)
    if (Array.isArray(message[field])) yield { [field]: message[field] };
  for (const [index, call] of objectsIn(message.tool_calls).entries()) yield* callDeltas(call, index);
}

function* callDeltas(call: JsonObject, index: number): Generator<JsonObject> {
  const [field, body, key] = isObject(call.custom)
    ? (['custom', call.custom, 'input'] as const)
    : (['function', isObject(call.function) ? call.function : {}, 'arguments'] as const);
  yield { tool_calls: [{ ...call, index, [field]: { ...body, [key]: '' } }] };
  const text = body[key];
  for (const piece of piecesOf(typeof text === 'string' ? text : ''))
    yield { tool_calls: [{ index, [field]: { [key]: piece.text } }] };
}

/** A tool call as far as it is known: `input` is its arguments as text. */
export interface ReadCall {
  readonly id: string;
  readonly name: string;
  readonly input: string;
  readonly custom: boolean;
  /** What its provider wants to see again: `{google: {thought_signature}}`, `{anthropic: {...}}`. */
  readonly extra: JsonObject;
}

export function readCall(call: JsonObject): ReadCall {
  const custom = isObject(call.custom);
  const body = isObject(call.custom) ? call.custom : isObject(call.function) ? call.function : {};
  const input = custom ? body.input : body.arguments;
  return {
    id: typeof call.id === 'string' ? call.id : '',
    name: typeof body.name === 'string' ? body.name : '',
    input: typeof input === 'string' ? input : '',
    custom,
    extra: isObject(call.extra_content) ? call.extra_content : {},
  };
}

/** Tokens that were used, parts named as OpenAI names them; undefined when nobody counted. */
export interface ReadUsage {
  readonly prompt: number;
  readonly completion: number;
  /** Of `prompt`: read from, written to the provider's prompt cache. */
  readonly cached: number;
  readonly created: number;
  /** Of `completion`. */
  readonly reasoning: number;
}

const count = (value: unknown): number =>
  typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : 0;

export function readUsage(usage: unknown): ReadUsage | undefined {
  if (!isObject(usage)) return undefined;
  const input = isObject(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {};
  const output = isObject(usage.completion_tokens_details) ? usage.completion_tokens_details : {};
  const prompt = count(usage.prompt_tokens);
  return {
    prompt,
    completion: Math.max(count(usage.completion_tokens), count(usage.total_tokens) - prompt),
    cached: count(input.cached_tokens ?? usage.prompt_cache_hit_tokens),
    created: count(usage.cache_creation_input_tokens),
    reasoning: count(output.reasoning_tokens),
  };
}
