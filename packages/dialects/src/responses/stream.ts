import { type JsonObject, NearhitError } from '@nearhit/core';
import { ChatChunks, type ChatEvent } from '../chat/chunks.ts';
import { faultOf } from '../chat/fault.ts';
import type { FrontStream } from '../front.ts';
import { bareId, IN_PROGRESS, type ResponseState, responseObject, responseUsage, stateOf } from './object.ts';
import type { ResponsesRequest } from './request-schema.ts';
import { ItemWriter } from './writer.ts';

/** The events of one response, `response.created` to `response.completed`, numbered. */
export class ResponseEvents {
  readonly #request: ResponsesRequest;
  /** Of the answer: id, model, when it was made. */
  #head: JsonObject = {};
  #writer: ItemWriter | undefined;
  #number = 0;
  #out = '';

  constructor(request: ResponsesRequest) {
    this.#request = request;
  }

  get begun(): boolean {
    return this.#writer !== undefined;
  }

  begin(head: JsonObject): void {
    this.#head = head;
    this.#writer = new ItemWriter(bareId(head.id), (type, fields) => this.#event(`response.${type}`, fields));
    const response = responseObject(this.#request, head, IN_PROGRESS);
    this.#event('response.created', { response });
    this.#event('response.in_progress', { response });
  }

  add(delta: JsonObject, logprobs?: unknown): void {
    this.#writer?.add(delta, logprobs);
  }

  tokens(logprobs: unknown): void {
    this.#writer?.tokens(logprobs);
  }

  finish(choice: JsonObject, usage: unknown): void {
    const state = stateOf(choice);
    this.#writer?.end(state.status === 'completed');
    const response = this.#response(state, { usage: responseUsage(usage) });
    this.#event(`response.${state.status}`, { response });
  }

  /** Clients differ in which of the two they look for. */
  fail(error: NearhitError | object): void {
    const { message, type, code, param } = faultOf(error, 500);
    this.#writer?.end(false);
    const said = { code: code ?? type, message };
    this.#event('error', { ...said, param, error: { ...said, type, param } });
    const failed: ResponseState = { status: 'failed', incomplete_details: null };
    this.#event('response.failed', { response: this.#response(failed, { error: said }) });
  }

  take(): Buffer {
    const bytes = Buffer.from(this.#out);
    this.#out = '';
    return bytes;
  }

  #response(state: ResponseState, more: { usage?: unknown; error?: unknown }): JsonObject {
    return responseObject(this.#request, this.#head, state, { output: this.#writer?.output ?? [], ...more });
  }

  #event(type: string, fields: JsonObject): void {
    const data = { type, sequence_number: this.#number, ...fields };
    this.#number += 1;
    this.#out += `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
  }
}

/** A comment. */
const STILL_HERE = Buffer.from(':\n\n');

/** A live chat stream as that of a response. Its last event waits for the usage, which comes after the finish reason. */
export class ResponseStream implements FrontStream {
  readonly #chunks = new ChatChunks();
  readonly #events: ResponseEvents;
  #over = false;
  #ending: JsonObject = {};
  #usage: unknown;

  constructor(request: ResponsesRequest) {
    this.#events = new ResponseEvents(request);
  }

  push(bytes: Buffer): Buffer {
    for (const one of this.#chunks.push(bytes)) this.#hear(one);
    return this.#chunks.commented && !this.#over ? STILL_HERE : this.#events.take();
  }

  end(): Buffer {
    for (const one of this.#chunks.end()) this.#hear(one);
    if (this.#ending.finish_reason) this.#finish();
    return this.#over
      ? this.#events.take()
      : this.fail(
          new NearhitError('UPSTREAM_ENDED_EARLY', 'The provider ended the stream before the answer was complete.'),
        );
  }

  fail(error: NearhitError): Buffer {
    if (!this.#over) this.#events.fail(error);
    this.#over = true;
    return this.#events.take();
  }

  #hear(one: ChatEvent): void {
    if (this.#over) return;
    if (one.kind === 'error') {
      this.#events.fail(one.error);
      this.#over = true;
    } else if (one.kind === 'done') {
      if (this.#events.begun) this.#finish();
    } else this.#chunk(one.chunk, one.choice);
  }

  #chunk(chunk: JsonObject, choice: JsonObject | undefined): void {
    if (!this.#events.begun) this.#events.begin(chunk);
    if (chunk.usage) this.#usage = chunk.usage;
    if (choice === undefined) return;
    if (choice.finish_reason) this.#ending = { finish_reason: choice.finish_reason };
    if (typeof choice.delta === 'object' && choice.delta !== null)
      this.#events.add(choice.delta as JsonObject, choice.logprobs);
  }

  #finish(): void {
    if (this.#over) return;
    this.#events.finish(this.#ending, this.#usage);
    this.#over = true;
  }
}
