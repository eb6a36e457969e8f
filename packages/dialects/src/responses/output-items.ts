import { isObject, type JsonObject } from '@nearhit/core';
import type { ReadCall } from '../chat/answer.ts';
import { sealThinking } from './thinking.ts';

/** Takes an event without its type's prefix `response.` and its number. */
export type Emit = (type: string, fields: JsonObject) => void;

/** An item of a response's `output` while it is being told. */
export interface OutputItem {
  /** Tells its end; answers it as it stands in the whole response. */
  close(whole: boolean): JsonObject;
}

const ended = (whole: boolean) => ({ status: whole ? 'completed' : 'incomplete' });

/** The assistant's text, or its refusal. */
export class MessageItem implements OutputItem {
  readonly #emit: Emit;
  readonly #at: { readonly item_id: string; readonly output_index: number };
  readonly #content: JsonObject[] = [];
  #part: { type: 'output_text' | 'refusal'; text: string; annotations: JsonObject[]; tokens: JsonObject[] } | undefined;

  constructor(base: string, index: number, emit: Emit) {
    this.#emit = emit;
    this.#at = { item_id: `msg_${base}_${index}`, output_index: index };
    emit('output_item.added', { output_index: index, item: this.#item('in_progress') });
  }

  write(text: string, tokens: readonly JsonObject[]): void {
    const part = this.#open('output_text');
    part.text += text;
    part.tokens.push(...tokens);
    this.#emit('output_text.delta', { ...this.#place(), delta: text, logprobs: tokens });
  }

  refuse(text: string): void {
    this.#open('refusal').text += text;
    this.#emit('refusal.delta', { ...this.#place(), delta: text });
  }

  annotate({ type, ...rest }: JsonObject): void {
    const { annotations } = this.#open('output_text');
    const flat = { type, ...(isObject(rest[String(type)]) ? (rest[String(type)] as JsonObject) : rest) };
    this.#emit('output_text.annotation.added', {
      ...this.#place(),
      annotation_index: annotations.length,
      annotation: flat,
    });
    annotations.push(flat);
  }

  tokens(all: readonly JsonObject[]): void {
    if (this.#part?.type === 'output_text') this.#part.tokens = [...all];
  }

  close(whole: boolean): JsonObject {
    this.#closePart();
    const item = { ...this.#item(ended(whole).status), content: this.#content };
    this.#emit('output_item.done', { output_index: this.#at.output_index, item });
    return item;
  }

  #item(status: string): JsonObject {
    return { id: this.#at.item_id, type: 'message', status, role: 'assistant', content: [] };
  }

  #place(): JsonObject {
    return { ...this.#at, content_index: this.#content.length };
  }

  #open(type: 'output_text' | 'refusal') {
    if (this.#part?.type === type) return this.#part;
    this.#closePart();
    this.#part = { type, text: '', annotations: [], tokens: [] };
    this.#emit('content_part.added', { ...this.#place(), part: partOf(this.#part) });
    return this.#part;
  }

  #closePart(): void {
    const part = this.#part;
    if (part === undefined) return;
    if (part.type === 'refusal') this.#emit('refusal.done', { ...this.#place(), refusal: part.text });
    else this.#emit('output_text.done', { ...this.#place(), text: part.text, logprobs: part.tokens });
    this.#emit('content_part.done', { ...this.#place(), part: partOf(part) });
    this.#content.push(partOf(part));
    this.#part = undefined;
  }
}

function partOf(part: { type: string; text: string; annotations: JsonObject[]; tokens: JsonObject[] }): JsonObject {
  const { type, text, annotations, tokens } = part;
  return type === 'refusal' ? { type, refusal: text } : { type, text, annotations: [...annotations], logprobs: tokens };
}

/** What the model thought aloud, as summary parts; signed thinking beside them in `encrypted_content`. */
export class ReasoningItem implements OutputItem {
  readonly #emit: Emit;
  readonly #at: { readonly item_id: string; readonly output_index: number };
  readonly #summary: JsonObject[] = [];
  readonly #sealed: JsonObject[] = [];
  #open = false;
  /** Of the part that is open. */
  told = '';

  constructor(base: string, index: number, emit: Emit) {
    this.#emit = emit;
    this.#at = { item_id: `rs_${base}_${index}`, output_index: index };
    emit('output_item.added', { output_index: index, item: this.#item() });
  }

  write(text: string): void {
    if (!this.#open) {
      this.#emit('reasoning_summary_part.added', { ...this.#place(), part: { type: 'summary_text', text: '' } });
    }
    this.#open = true;
    this.told += text;
    this.#emit('reasoning_summary_text.delta', { ...this.#place(), delta: text });
  }

  /** A block of signed thinking is whole; its text has been told. */
  seal(block: JsonObject): void {
    this.#closePart();
    this.#sealed.push(block);
  }

  close(): JsonObject {
    this.#closePart();
    const item = { ...this.#item(), summary: this.#summary };
    this.#emit('output_item.done', { output_index: this.#at.output_index, item });
    return item;
  }

  #item(): JsonObject {
    const sealed = this.#sealed.length > 0 && { encrypted_content: sealThinking(this.#sealed) };
    return { id: this.#at.item_id, type: 'reasoning', summary: [], ...sealed };
  }

  #place(): JsonObject {
    return { ...this.#at, summary_index: this.#summary.length };
  }

  #closePart(): void {
    if (!this.#open) return;
    const part = { type: 'summary_text', text: this.told };
    this.#emit('reasoning_summary_text.done', { ...this.#place(), text: this.told });
    this.#emit('reasoning_summary_part.done', { ...this.#place(), part });
    this.#summary.push(part);
    this.#open = false;
    this.told = '';
  }
}

/** A call of one of the caller's tools. */
export class CallItem implements OutputItem {
  readonly #emit: Emit;
  readonly #call: ReadCall;
  readonly #at: { readonly item_id: string; readonly output_index: number };
  #text = '';

  constructor(call: ReadCall, base: string, index: number, emit: Emit) {
    this.#emit = emit;
    this.#call = call;
    this.#at = { item_id: `${call.custom ? 'ctc' : 'fc'}_${base}_${index}`, output_index: index };
    emit('output_item.added', { output_index: index, item: this.#item('in_progress') });
  }

  write(text: string): void {
    this.#text += text;
    this.#emit(this.#call.custom ? 'custom_tool_call_input.delta' : 'function_call_arguments.delta', {
      ...this.#at,
      delta: text,
    });
  }

  close(whole: boolean): JsonObject {
    const { custom, name } = this.#call;
    if (custom) this.#emit('custom_tool_call_input.done', { ...this.#at, input: this.#text });
    else this.#emit('function_call_arguments.done', { ...this.#at, name, arguments: this.#text });
    const item = this.#item(ended(whole).status);
    this.#emit('output_item.done', { output_index: this.#at.output_index, item });
    return item;
  }

  #item(status: string): JsonObject {
    const { id, name, custom, extra } = this.#call;
    const kept = Object.keys(extra).length > 0 && { extra_content: extra };
    const named = {
      id: this.#at.item_id,
      type: custom ? 'custom_tool_call' : 'function_call',
      status,
      call_id: id,
      name,
    };
    return custom ? { ...named, input: this.#text, ...kept } : { ...named, arguments: this.#text, ...kept };
  }
}

/** A picture that the model made: its data, or its address where it came without. */
export class ImageItem implements OutputItem {
  readonly #emit: Emit;
  readonly #index: number;
  readonly #item: JsonObject;

  constructor({ image_url: image }: JsonObject, base: string, index: number, emit: Emit) {
    this.#emit = emit;
    this.#index = index;
    const url = isObject(image) && typeof image.url === 'string' ? image.url : '';
    const result = /^data:[^;,]+;base64,(.*)$/s.exec(url)?.[1] ?? url;
    this.#item = { id: `ig_${base}_${index}`, type: 'image_generation_call', status: 'completed', result };
    emit('output_item.added', { output_index: index, item: { ...this.#item, status: 'in_progress', result: null } });
  }

  close(): JsonObject {
    this.#emit('output_item.done', { output_index: this.#index, item: this.#item });
    return this.#item;
  }
}
