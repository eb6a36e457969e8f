import { isUtf8 } from 'node:buffer';
import {
  ANSWER_FIELDS,
  CHOICE_FIELDS,
  type ChatAnswer,
  type ChatChoice,
  canonicalAnswer,
  isChoice,
  isIndex,
  isObject,
  type JsonObject,
  own,
} from './answer.ts';
import { grow, growContent, settle } from './merge.ts';
import { type SseEvent, SseParser } from './sse.ts';
import { addNamed, ToolCalls } from './tool-calls.ts';

/** `error-event`: the body carries an `error` object, with whatever status it came. */
export type IncompleteWhy = 'no-done' | 'no-finish-reason' | 'error-event' | 'malformed' | 'empty';

export interface CompleteAnswer {
  readonly kind: 'complete';
  readonly answer: ChatAnswer;
}

export type Assembled = CompleteAnswer | { readonly kind: 'incomplete'; readonly why: IncompleteWhy };

/** Deepest nesting that is kept; far below what makes JSON.stringify run out of stack. */
const NESTING_MAX = 200;

/**
 * A recorded SSE body, whole, as one canonical `chat.completion` object. Incomplete unless every choice has a finish
 * reason and `[DONE]` was seen: what was cut off must not be stored as an answer. Never throws.
 */
export function assembleStream(bytes: Buffer): Assembled {
  const events = wholeEvents(bytes);
  const building = new Building();
  for (const event of events) {
    if (isDone(event)) return finish(building);
    const chunk = parseObject(event.data);
    if (event.event === 'error' || chunk?.error) return incomplete('error-event');
    if (chunk === undefined || !building.add(chunk)) return incomplete('malformed');
  }
  if (events.length > 0) return incomplete('no-done');
  return incomplete(bytes.byteLength === 0 ? 'empty' : 'malformed');
}

/** What of a stream has come, for a guess at what it cost: never an answer to store. Never throws. */
export function partialAnswer(bytes: Buffer): ChatAnswer {
  const building = new Building();
  for (const event of new SseParser().push(bytes)) {
    const chunk = parseObject(event.data);
    if (chunk !== undefined) building.add(chunk);
  }
  return building.answer();
}

/** A `[DONE]` that the stream ended on without its blank line counts; any other event cut off there does not. */
function wholeEvents(bytes: Buffer): SseEvent[] {
  const parser = new SseParser();
  const events = parser.push(bytes);
  const tail = parser.end();
  if (tail !== undefined && isDone(tail)) events.push(tail);
  return events;
}

function isDone(event: SseEvent): boolean {
  return event.data.startsWith('[DONE]');
}

function finish(building: Building): Assembled {
  const answer = building.answer();
  if (answer.choices.length === 0) return incomplete('empty');
  if (!answer.choices.every((choice) => choice.finish_reason)) return incomplete('no-finish-reason');
  return { kind: 'complete', answer };
}

/**
 * A JSON body as an answer, just as the provider wrote it. HTML, cut-off JSON, invalid UTF-8 and a byte order mark are
 * `malformed`, so that the bytes of a complete answer may be stored as they are. Never throws. `json`: what JSON.parse gives
 * for them, where that is known.
 */
export function readJsonAnswer(bytes: Buffer, json?: unknown): Assembled {
  if (bytes.byteLength === 0) return incomplete('empty');
  if (!isUtf8(bytes)) return incomplete('malformed');
  const body = json === undefined ? parseObject(bytes.toString()) : shallowObject(json, bytes.byteLength);
  if (body === undefined) return incomplete('malformed');
  if (body.error) return incomplete('error-event');
  if (!isAnswer(body)) return incomplete('malformed');
  if (body.choices.length === 0) return incomplete('empty');
  if (!body.choices.every((choice) => choice.finish_reason)) return incomplete('no-finish-reason');
  return { kind: 'complete', answer: body };
}

function isAnswer(body: JsonObject): body is ChatAnswer {
  return Array.isArray(body.choices) && body.choices.every(isChoice);
}

function incomplete(why: IncompleteWhy): Assembled {
  return { kind: 'incomplete', why };
}

function parseObject(text: string): JsonObject | undefined {
  try {
    return shallowObject(JSON.parse(text), text.length);
  } catch {
    return undefined;
  }
}

/** `length`: of its text, at least. Each level takes two characters: nearly every chunk is too short to look into. */
function shallowObject(value: unknown, length: number): JsonObject | undefined {
  if (!isObject(value)) return undefined;
  return length <= 2 * NESTING_MAX || nestsWithin(value, NESTING_MAX) ? value : undefined;
}

function nestsWithin(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  const children = Array.isArray(value) ? value : Object.values(value);
  return children.every((child) => nestsWithin(child, depth - 1));
}

class Building {
  readonly #head: JsonObject = {};
  readonly #rest: JsonObject = {};
  readonly #choices = new Map<number, BuildingChoice>();

  /** False when the chunk is not one. */
  add(chunk: JsonObject): boolean {
    const choices = chunk.choices ?? [];
    if (!Array.isArray(choices) || !choices.every(isObject)) return false;
    for (const field of ['id', 'created', 'model']) this.#head[field] ||= own(chunk, field);
    if (isObject(chunk.usage)) this.#head.usage = chunk.usage;
    for (const field of Object.keys(chunk)) if (!ANSWER_FIELDS.has(field)) settle(this.#rest, field, chunk[field]);
    for (const [position, choice] of choices.entries()) this.#choice(choice, position).add(choice);
    return true;
  }

  #choice(choice: JsonObject, position: number): BuildingChoice {
    const index = isIndex(choice.index) ? choice.index : position;
    let building = this.#choices.get(index);
    if (building === undefined) {
      building = new BuildingChoice(index);
      this.#choices.set(index, building);
    }
    return building;
  }

  answer(): ChatAnswer {
    const choices = [...this.#choices.values()].map((choice) => choice.choice());
    return canonicalAnswer({ ...this.#head, ...this.#rest, choices });
  }
}

class BuildingChoice {
  readonly #index: number;
  readonly #message: JsonObject = {};
  readonly #rest: JsonObject = {};
  #calls: ToolCalls | undefined;
  #logprobs: JsonObject | undefined;
  #finishReason: unknown = null;

  constructor(index: number) {
    this.#index = index;
  }

  add(choice: JsonObject): void {
    const delta = isObject(choice.delta) ? choice.delta : choice.message;
    if (isObject(delta)) for (const field of Object.keys(delta)) this.#addToMessage(field, delta[field]);
    if (isObject(choice.logprobs)) this.#addLogprobs(choice.logprobs);
    this.#finishReason = choice.finish_reason || this.#finishReason;
    for (const field of Object.keys(choice)) {
      if (CHOICE_FIELDS.has(field)) continue;
      const value = choice[field];
      if (Array.isArray(value)) grow(this.#rest, field, value);
      else settle(this.#rest, field, value);
    }
  }

  #addToMessage(field: string, value: unknown): void {
    const message = this.#message;
    if (field === 'content') growContent(message, value);
    else if (field === 'role') settle(message, field, value);
    else if (field === 'tool_calls' && Array.isArray(value) && value.every(isObject)) this.#addToolCalls(value);
    else if (field === 'function_call' && isObject(value)) {
      message.function_call = addNamed(isObject(message.function_call) ? message.function_call : {}, value);
    } else if (field !== 'obfuscation') grow(message, field, value);
  }

  #addToolCalls(fragments: readonly JsonObject[]): void {
    this.#message.tool_calls = [];
    this.#calls ??= new ToolCalls();
    for (const fragment of fragments) this.#calls.add(fragment);
  }

  #addLogprobs(logprobs: JsonObject): void {
    this.#logprobs ??= {};
    for (const field of Object.keys(logprobs)) grow(this.#logprobs, field, logprobs[field]);
  }

  choice(): ChatChoice {
    const message = this.#message;
    if (this.#calls !== undefined) message.tool_calls = this.#calls.list();
    return {
      ...this.#rest,
      index: this.#index,
      message,
      logprobs: this.#logprobs,
      finish_reason: this.#finishReason,
    };
  }
}
