import { isObject, type JsonObject, piecesOf } from '@nearhit/core';
import { objectsIn, readCall, reasoningIn, speaks } from '../chat/answer.ts';
import { CallOrder, type CallSink } from '../chat/call-order.ts';
import { bare } from '../chat/places.ts';

/** Hears of content blocks one after the other, in Anthropic's words. */
export interface BlockSink {
  start(block: JsonObject): void;
  delta(delta: JsonObject): void;
  stop(): void;
}

type Open = 'none' | 'text' | 'thinking' | 'call';

/** Turns the deltas of a chat answer into content blocks; one is open at a time. */
export class BlockWriter implements CallSink {
  readonly #sink: BlockSink;
  readonly #calls = new CallOrder(this);
  #open: Open = 'none';
  /** Of the open thinking block. */
  #thought = '';

  constructor(sink: BlockSink) {
    this.#sink = sink;
  }

  get called(): boolean {
    return this.#calls.any;
  }

  add(delta: JsonObject): void {
    if (speaks(delta)) this.#calls.aside(() => this.#say(delta));
    if (Array.isArray(delta.tool_calls)) this.#calls.add(delta.tool_calls);
  }

  #say(delta: JsonObject): void {
    const reasoning = reasoningIn(delta);
    if (reasoning !== undefined) this.#think(reasoning);
    for (const block of objectsIn(delta.thinking_blocks).map(bare)) {
      if (block.type === 'thinking') this.#thinkingBlock(block);
      else this.#whole(block);
    }
    for (const block of objectsIn(delta.native_blocks).map(bare)) if (isNative(block)) this.#whole(block);
    if (typeof delta.content === 'string') this.#write(delta.content);
    else for (const part of objectsIn(delta.content)) this.#part(part);
    if (typeof delta.refusal === 'string') this.#write(delta.refusal);
    this.#cite(delta.citations);
    for (const image of objectsIn(delta.images)) this.#whole(imageBlock(image));
  }

  end(): void {
    this.#calls.end();
    this.#close();
  }

  begin(call: JsonObject): void {
    const { id, name, extra } = readCall(call);
    const { anthropic, ...others } = extra;
    const known = isObject(anthropic) ? anthropic : {};
    const kept = Object.keys(others).length > 0 && { extra_content: others };
    this.#start('call', { ...known, type: 'tool_use', id, name, input: {}, ...kept });
  }

  more(text: string): void {
    this.#sink.delta({ type: 'input_json_delta', partial_json: text });
  }

  over(): void {
    this.#close();
  }

  #start(open: Open, block: JsonObject): void {
    this.#close();
    this.#sink.start(block);
    this.#open = open;
  }

  #close(): void {
    if (this.#open !== 'none') this.#sink.stop();
    this.#open = 'none';
    this.#thought = '';
  }

  #write(text: string): void {
    if (text === '') return;
    if (this.#open !== 'text') this.#start('text', { type: 'text', text: '' });
    this.#sink.delta({ type: 'text_delta', text });
  }

  #think(thinking: string): void {
    if (thinking === '') return;
    if (this.#open !== 'thinking') this.#start('thinking', { type: 'thinking', thinking: '', signature: '' });
    this.#thought += thinking;
    this.#sink.delta({ type: 'thinking_delta', thinking });
  }

  /** A block as it is at its end: what of its text was told already is not told again. */
  #thinkingBlock(block: JsonObject): void {
    const thinking = typeof block.thinking === 'string' ? block.thinking : '';
    if (this.#open === 'thinking' && !thinking.startsWith(this.#thought)) this.#close();
    if (this.#open !== 'thinking') this.#start('thinking', { type: 'thinking', thinking: '', signature: '' });
    for (const { text } of piecesOf(thinking.slice(this.#thought.length)))
      this.#sink.delta({ type: 'thinking_delta', thinking: text });
    if (typeof block.signature === 'string' && block.signature !== '')
      this.#sink.delta({ type: 'signature_delta', signature: block.signature });
    this.#close();
  }

  #part(part: JsonObject): void {
    if (part.type === 'thinking') this.#think(textIn(part.thinking));
    else if (part.type === 'text' && typeof part.text === 'string') this.#textPart(part.text, part);
    else this.#whole(part);
  }

  #textPart(text: string, part: JsonObject): void {
    this.#write(text);
    this.#cite(part.citations);
    // Texts with sources of their own are blocks of their own.
    if (Array.isArray(part.citations)) this.#close();
  }

  /** The sources of the text that is open. */
  #cite(citations: unknown): void {
    if (this.#open !== 'text') return;
    for (const citation of objectsIn(citations)) this.#sink.delta({ type: 'citations_delta', citation });
  }

  #whole(block: JsonObject): void {
    this.#start('none', block);
    this.#sink.stop();
  }
}

/** Of Anthropic's kind: Gemini's have a field of the name of their type. */
const isNative = (block: JsonObject): boolean => typeof block.type === 'string' && !(block.type in block);

const DATA_URL = /^data:([^;,]+);base64,(.*)$/s;

/** A picture that the model made, as Anthropic writes pictures. */
function imageBlock({ image_url: image }: JsonObject): JsonObject {
  const url = isObject(image) && typeof image.url === 'string' ? image.url : '';
  const [, media_type, data] = DATA_URL.exec(url) ?? [];
  return { type: 'image', source: data === undefined ? { type: 'url', url } : { type: 'base64', media_type, data } };
}

/** Mistral's thinking is a list of text parts. */
function textIn(thinking: unknown): string {
  if (typeof thinking === 'string') return thinking;
  return objectsIn(thinking).reduce((all, { text }) => (typeof text === 'string' ? all + text : all), '');
}

/** The blocks themselves. */
export class BlockList implements BlockSink {
  readonly blocks: JsonObject[] = [];
  #json = '';

  start(block: JsonObject): void {
    this.#json = '';
    this.blocks.push({ ...block });
  }

  delta(delta: JsonObject): void {
    const block = this.blocks.at(-1) as JsonObject;
    if (delta.type === 'text_delta') block.text = `${block.text}${delta.text}`;
    else if (delta.type === 'thinking_delta') block.thinking = `${block.thinking}${delta.thinking}`;
    else if (delta.type === 'signature_delta') block.signature = delta.signature;
    else if (delta.type === 'citations_delta')
      block.citations = [...(Array.isArray(block.citations) ? block.citations : []), delta.citation];
    else this.#json += delta.partial_json;
  }

  stop(): void {
    const block = this.blocks.at(-1) as JsonObject;
    if (this.#json !== '') block.input = inputOf(this.#json);
    this.#json = '';
  }
}

/** Arguments that are no JSON object stay readable. */
function inputOf(json: string): unknown {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : json;
  } catch {
    return json;
  }
}
