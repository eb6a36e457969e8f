import { isObject, type JsonObject, piecesOf } from '@nearhit/core';
import { objectsIn, readCall, reasoningIn, speaks } from '../chat/answer.ts';
import { CallOrder, type CallSink } from '../chat/call-order.ts';
import { CallItem, type Emit, ImageItem, MessageItem, type OutputItem, ReasoningItem } from './output-items.ts';

/** Turns the deltas of a chat answer into output items and the events that tell of them; one item is open at a time. */
export class ItemWriter implements CallSink {
  readonly output: JsonObject[] = [];
  readonly #emit: Emit;
  readonly #base: string;
  readonly #calls = new CallOrder(this);
  #open: OutputItem | undefined;
  /** What is over is whole; not at the end of an answer that was cut off. */
  #whole = true;

  /** `base`: what the items' ids are made from. */
  constructor(base: string, emit: Emit) {
    this.#base = base;
    this.#emit = emit;
  }

  /** `logprobs`: of the tokens of this delta's text. */
  add(delta: JsonObject, logprobs?: unknown): void {
    if (speaks(delta)) this.#calls.aside(() => this.#say(delta, logprobs));
    if (Array.isArray(delta.tool_calls)) this.#calls.add(delta.tool_calls);
  }

  #say(delta: JsonObject, logprobs: unknown): void {
    const reasoning = reasoningIn(delta);
    if (reasoning !== undefined) this.#reasoning().write(reasoning);
    for (const block of objectsIn(delta.thinking_blocks)) this.#thinkingBlock(block);
    const tokens = isObject(logprobs) ? objectsIn(logprobs.content) : [];
    if (typeof delta.content === 'string') this.#text(delta.content, tokens);
    else for (const part of objectsIn(delta.content)) this.#part(part);
    if (typeof delta.refusal === 'string' && delta.refusal !== '') this.#message().refuse(delta.refusal);
    for (const annotation of objectsIn(delta.annotations)) this.#message().annotate(annotation);
    for (const image of objectsIn(delta.images)) this.#start((at) => new ImageItem(image, this.#base, at, this.#emit));
  }

  /** Log probabilities of the whole text, for a message that was told without them. */
  tokens(logprobs: unknown): void {
    if (isObject(logprobs) && this.#open instanceof MessageItem) this.#open.tokens(objectsIn(logprobs.content));
  }

  /** `whole`: nothing is missing at its end. */
  end(whole: boolean): void {
    this.#whole = whole;
    this.#calls.end();
    this.#close(whole);
  }

  begin(call: JsonObject): void {
    this.#start((at) => new CallItem(readCall(call), this.#base, at, this.#emit));
  }

  more(text: string): void {
    if (this.#open instanceof CallItem) this.#open.write(text);
  }

  over(): void {
    this.#close(this.#whole);
  }

  #start<I extends OutputItem>(make: (at: number) => I): I {
    this.#close(true);
    const item = make(this.output.length);
    this.#open = item;
    return item;
  }

  #close(whole: boolean): void {
    if (this.#open !== undefined) this.output.push(this.#open.close(whole));
    this.#open = undefined;
  }

  #message(): MessageItem {
    if (this.#open instanceof MessageItem) return this.#open;
    return this.#start((at) => new MessageItem(this.#base, at, this.#emit));
  }

  #reasoning(): ReasoningItem {
    if (this.#open instanceof ReasoningItem) return this.#open;
    return this.#start((at) => new ReasoningItem(this.#base, at, this.#emit));
  }

  #text(text: string, tokens: readonly JsonObject[]): void {
    if (text !== '' || tokens.length > 0) this.#message().write(text, tokens);
  }

  #part({ type, text, thinking }: JsonObject): void {
    if (type === 'text' && typeof text === 'string') this.#text(text, []);
    else if (type === 'thinking') {
      const thought =
        typeof thinking === 'string'
          ? thinking
          : objectsIn(thinking)
              .map((part) => part.text)
              .join('');
      if (thought !== '') this.#reasoning().write(thought);
    }
  }

  #thinkingBlock({ index: _, ...block }: JsonObject): void {
    const item = this.#reasoning();
    const thinking = typeof block.thinking === 'string' ? block.thinking : '';
    // What a provider sent while the block was open is not told again.
    const rest = thinking.startsWith(item.told) ? thinking.slice(item.told.length) : '';
    for (const { text } of piecesOf(rest)) item.write(text);
    item.seal(block);
  }
}
