import { isObject, type JsonObject, type SseEvent, without } from '@nearhit/core';
import { Places } from '../chat/places.ts';
import { ChunkWriter, DONE, errorEvent } from '../provider/chunks.ts';
import { endedEarly, objectOf, type ReplyStream } from '../provider/reply.ts';
import { objectsOf, present, textOf } from '../provider/values.ts';
import { MESSAGE_FIELDS, serviceTier } from './answer.ts';
import { annotationsOf, isNative, isThinking, toolCall } from './blocks.ts';
import { anthropicError } from './errors.ts';
import { finishOf } from './finish.ts';
import { anthropicUsage } from './usage.ts';

interface OpenBlock {
  readonly block: JsonObject;
  /** Of the tool call, among the message's. */
  readonly call: number;
  /** JSON of a tool's input, as far as it came. */
  json: string;
  /** Length of the message's text when this one began. */
  readonly textStart: number;
}

export interface StreamOptions {
  readonly created: number;
  /** Where the stream does not say. */
  readonly model: string;
  readonly includeUsage: boolean;
}

const EVENT_FIELDS: ReadonlySet<string> = new Set(['type', 'delta', 'usage']);

/** Anthropic's events as chat completion chunks. Events that are not known are read over, as Anthropic asks for. */
export class AnthropicStream implements ReplyStream {
  readonly #options: StreamOptions;
  #chunks: ChunkWriter | undefined;
  readonly #open = new Map<unknown, OpenBlock>();
  #usage: JsonObject = {};
  #calls = 0;
  #thoughts = 0;
  #natives = 0;
  #textLength = 0;
  readonly #places = new Places();
  #finished = false;
  /** Of a message that began whole: a stop reason that no later event repeats. */
  #stopReason: unknown;
  /** An error event or the end came: what follows is nobody's answer. */
  #over = false;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  push(event: SseEvent): string {
    if (this.#over || event.data.startsWith('[DONE]')) return '';
    const value = objectOf(event, 'stream of an Anthropic message');
    switch (value.type ?? event.event) {
      case 'message_start':
        return this.#start(isObject(value.message) ? value.message : {});
      case 'content_block_start':
        return this.#blockStart(value.index, isObject(value.content_block) ? value.content_block : {});
      case 'content_block_delta':
        return this.#blockDelta(value.index, isObject(value.delta) ? value.delta : {});
      case 'content_block_stop':
        return this.#blockStop(value.index);
      case 'message_delta':
        return this.#messageDelta(value);
      case 'message_stop':
        return this.#stop();
      case 'error':
        this.#over = true;
        return errorEvent(anthropicError(value));
      default:
        return '';
    }
  }

  end(): string {
    if (this.#over) return '';
    throw endedEarly();
  }

  /** A second start says nothing new. Blocks that are there from the start are told at once. */
  #start(message: JsonObject): string {
    if (this.#chunks !== undefined) return '';
    this.#stopReason = message.stop_reason;
    if (isObject(message.usage)) this.#usage = { ...message.usage };
    const head = {
      id: textOf(message.id),
      created: this.#options.created,
      model: textOf(message.model) || this.#options.model,
      ...serviceTier(message.usage),
    };
    this.#chunks = new ChunkWriter(head, this.#options.includeUsage);
    const opening = this.#chunks.role(0, without(message, MESSAGE_FIELDS));
    return objectsOf(message.content).reduce(
      (text, block, at) => text + this.#blockStart(`start ${at}`, block) + this.#blockStop(`start ${at}`),
      opening,
    );
  }

  #stop(): string {
    this.#over = true;
    const finish = this.#finished ? '' : this.#finish({ stop_reason: this.#stopReason }, {});
    return finish + this.#writer().usage(anthropicUsage(this.#usage)) + DONE;
  }

  /** A stream that leaves out its first event is one still. */
  #writer(): ChunkWriter {
    const { created, model, includeUsage } = this.#options;
    this.#chunks ??= new ChunkWriter({ id: '', created, model }, includeUsage);
    return this.#chunks;
  }

  #blockStart(index: unknown, block: JsonObject): string {
    const call = block.type === 'tool_use' ? this.#calls++ : -1;
    const open: OpenBlock = { block: { ...block }, call, json: '', textStart: this.#textLength };
    this.#open.set(index, open);
    if (block.type === 'text') return this.#text(textOf(block.text));
    if (block.type === 'thinking') return this.#reasoning(textOf(block.thinking));
    if (call < 0) return '';
    return this.#delta({ tool_calls: [{ index: call, ...toolCall(block, '') }] });
  }

  #blockDelta(index: unknown, delta: JsonObject): string {
    const open = this.#open.get(index);
    if (open === undefined) return '';
    const { block } = open;
    switch (delta.type) {
      case 'text_delta':
        return this.#text(textOf(delta.text));
      case 'thinking_delta':
        block.thinking = textOf(block.thinking) + textOf(delta.thinking);
        return this.#reasoning(textOf(delta.thinking));
      case 'signature_delta':
        block.signature = textOf(block.signature) + textOf(delta.signature);
        return '';
      case 'citations_delta':
        block.citations = [...(Array.isArray(block.citations) ? block.citations : []), delta.citation];
        return '';
      case 'input_json_delta':
        return this.#input(open, textOf(delta.partial_json));
      default:
        return '';
    }
  }

  #input(open: OpenBlock, json: string): string {
    open.json += json;
    if (json === '' || open.call < 0) return '';
    return this.#delta({ tool_calls: [{ index: open.call, function: { arguments: json } }] });
  }

  #blockStop(index: unknown): string {
    const open = this.#open.get(index);
    if (open === undefined) return '';
    this.#open.delete(index);
    const { block, call, json, textStart } = open;
    if (call >= 0) return json === '' ? this.#input(open, JSON.stringify(block.input ?? {})) : '';
    if (isThinking(block)) {
      const place = this.#places.next('thinking_blocks', textStart);
      return this.#delta({ thinking_blocks: [{ index: this.#thoughts++, ...block, ...place }] });
    }
    if (isNative(block)) {
      const place = this.#places.next('native_blocks', textStart);
      return this.#delta({ native_blocks: [{ index: this.#natives++, ...block, ...inputOf(json), ...place }] });
    }
    return this.#citations(block.citations, textStart);
  }

  #citations(citations: unknown, textStart: number): string {
    if (!Array.isArray(citations) || citations.length === 0) return '';
    const annotations = annotationsOf(citations, textStart, this.#textLength);
    return this.#delta(present({ citations, annotations: annotations.length > 0 ? annotations : undefined }));
  }

  #messageDelta(value: JsonObject): string {
    if (isObject(value.usage)) Object.assign(this.#usage, present(value.usage));
    const delta = isObject(value.delta) ? value.delta : {};
    const extra = { ...without(value, EVENT_FIELDS), ...without(delta, MESSAGE_FIELDS) };
    return this.#finish(delta, extra);
  }

  #finish({ stop_reason, stop_sequence }: JsonObject, extra: JsonObject): string {
    if (typeof stop_reason !== 'string') return '';
    this.#finished = true;
    return this.#writer().chunk(0, {}, finishOf(stop_reason, stop_sequence), extra);
  }

  #text(text: string): string {
    this.#textLength += text.length;
    return text === '' ? '' : this.#delta({ content: text });
  }

  #reasoning(text: string): string {
    return text === '' ? '' : this.#delta({ reasoning_content: text });
  }

  #delta(delta: JsonObject): string {
    return this.#writer().chunk(0, delta);
  }
}

/** Of a tool that runs with the provider. */
function inputOf(json: string): JsonObject {
  if (json === '') return {};
  try {
    return { input: JSON.parse(json) as unknown };
  } catch {
    return { input: json };
  }
}
