import type { JsonObject, NearhitError } from '@nearhit/core';
import { faultOf } from '../chat/fault.ts';
import type { FrontEvents } from '../front-stream.ts';
import { bareId, IN_PROGRESS, type ResponseState, responseObject, responseUsage, stateOf } from './object.ts';
import type { ResponsesRequest } from './request-schema.ts';
import { ItemWriter } from './writer.ts';

/** The events of one response, `response.created` to `response.completed`, numbered. */
export class ResponseEvents implements FrontEvents {
  readonly #request: ResponsesRequest;
  /** Of the answer: id, model, when it was made. */
  #head: JsonObject = {};
  #writer: ItemWriter | undefined;
  #number = 0;
  #out = '';

  constructor(request: ResponsesRequest) {
    this.#request = request;
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

  ping(): void {
    this.#out += ':\n\n';
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
