/** What JSON.parse gives for an object. */
export type JsonObject = { [field: string]: unknown };

export interface ChatChoice extends JsonObject {
  message: JsonObject;
}

/** OpenAI's `chat.completion` object, with whatever else the provider put into it. */
export interface ChatAnswer extends JsonObject {
  choices: ChatChoice[];
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Choices that have a message, wherever the object came from. */
export function choicesOf(answer: JsonObject): ChatChoice[] {
  return Array.isArray(answer.choices) ? answer.choices.filter(isChoice) : [];
}

export function isChoice(value: unknown): value is ChatChoice {
  return isObject(value) && isObject(value.message);
}

/** Own fields only: a provider's field called `constructor` is data, not code. */
export function own(object: JsonObject, field: string): unknown {
  return Object.hasOwn(object, field) ? object[field] : undefined;
}

/** Assignment that also takes a field called `__proto__` for data. */
export function put(object: JsonObject, field: string, value: unknown): void {
  if (field === '__proto__') {
    Object.defineProperty(object, field, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[field] = value;
  }
}

/** Everything but the named fields, own `__proto__` included. */
export function without(object: JsonObject, fields: ReadonlySet<string>): JsonObject {
  const rest: JsonObject = {};
  for (const field of Object.keys(object)) if (!fields.has(field)) put(rest, field, object[field]);
  return rest;
}

/** Of an answer, and of a chunk of one. */
export const ANSWER_FIELDS: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'choices',
  'usage',
  'obfuscation',
  'error',
]);
/** Perplexity sends the message so far in `message` beside each `delta`. */
export const CHOICE_FIELDS: ReadonlySet<string> = new Set(['index', 'message', 'delta', 'logprobs', 'finish_reason']);
const MESSAGE_FIELDS: ReadonlySet<string> = new Set(['role', 'content', 'refusal', 'tool_calls', 'obfuscation']);
/** Lists of whole blocks, which a stream numbers. */
const BLOCK_FIELDS = ['thinking_blocks', 'native_blocks'] as const;
const LOGPROB_FIELDS: ReadonlySet<string> = new Set(['content', 'refusal']);
const INDEX_FIELD: ReadonlySet<string> = new Set(['index']);

/**
 * The one form in which a streamed and a JSON answer are equal: required fields that a provider left out are there as
 * OpenAI's defaults (mostly null), choices are sorted by a distinct index, tool calls carry no `index`, padding and
 * `usage: null` are gone. Nothing else changes. Shares what it does not change with its argument.
 */
export function canonicalAnswer(answer: ChatAnswer): ChatAnswer {
  const { id, created, model, usage } = answer;
  return {
    id: id ?? '',
    object: 'chat.completion',
    created: created ?? 0,
    model: model ?? '',
    choices: canonicalChoices(answer.choices),
    ...(isObject(usage) ? { usage } : {}),
    ...without(answer, ANSWER_FIELDS),
  };
}

function canonicalChoices(choices: readonly ChatChoice[]): ChatChoice[] {
  const indices = choices.map((choice) => choice.index);
  const distinct = indices.every(isIndex) && new Set(indices).size === indices.length;
  return choices
    .map((choice, position) => ({
      index: distinct ? choice.index : position,
      message: canonicalMessage(choice.message),
      logprobs: canonicalLogprobs(choice.logprobs),
      finish_reason: choice.finish_reason ?? null,
      ...without(choice, CHOICE_FIELDS),
    }))
    .sort((a, b) => Number(a.index) - Number(b.index));
}

export function isIndex(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
}

function canonicalMessage(message: JsonObject): JsonObject {
  const { role, content, refusal } = message;
  return {
    role: role || 'assistant',
    content: content ?? null,
    refusal: refusal ?? null,
    ...(Object.hasOwn(message, 'tool_calls') ? { tool_calls: canonicalToolCalls(message.tool_calls) } : {}),
    ...without(message, MESSAGE_FIELDS),
    ...unnumberedBlocks(message),
  };
}

function unnumberedBlocks(message: JsonObject): JsonObject {
  const unnumbered: JsonObject = {};
  for (const field of BLOCK_FIELDS) {
    const blocks = own(message, field);
    if (Array.isArray(blocks)) {
      unnumbered[field] = blocks.map((block) => (isObject(block) ? without(block, INDEX_FIELD) : block));
    }
  }
  return unnumbered;
}

function canonicalToolCalls(calls: unknown): unknown {
  if (!isToolCalls(calls)) return calls;
  return calls.map((call) => {
    const named = isObject(call.function) ? { type: 'function', ...call } : call;
    const bare = without(named, INDEX_FIELD);
    if (isObject(bare.function)) bare.function = { ...bare.function, arguments: bare.function.arguments ?? '' };
    return bare;
  });
}

/** At least one call, and nothing else among them. */
export function isToolCalls(value: unknown): value is JsonObject[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject);
}

function canonicalLogprobs(logprobs: unknown): unknown {
  if (!isObject(logprobs)) return null;
  const { content, refusal } = logprobs;
  return { content: content ?? null, refusal: refusal ?? null, ...without(logprobs, LOGPROB_FIELDS) };
}
