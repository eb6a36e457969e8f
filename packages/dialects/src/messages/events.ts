import type { JsonObject, NearhitError } from '@nearhit/core';
import type { FrontEvents } from '../front-stream.ts';
import { endingOf, messageId, messageUsage } from './answer.ts';
import { type BlockSink, BlockWriter } from './blocks.ts';
import { errorBody } from './error.ts';

const event = (type: string, fields: JsonObject): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

/** The events of one message, `message_start` to `message_stop`. */
export class MessageEvents implements BlockSink, FrontEvents {
  readonly #blocks = new BlockWriter(this);
  #out = '';
  #index = -1;

  start(block: JsonObject): void {
    this.#index += 1;
    this.#out += event('content_block_start', { index: this.#index, content_block: block });
  }

  delta(delta: JsonObject): void {
    this.#out += event('content_block_delta', { index: this.#index, delta });
  }

  stop(): void {
    this.#out += event('content_block_stop', { index: this.#index });
  }

  begin({ id, model, usage }: JsonObject): void {
    const message = { id: messageId(id), type: 'message', role: 'assistant', model: model ?? '', content: [] };
    const counted = { ...messageUsage(usage), output_tokens: 0 };
    this.#out += event('message_start', {
      message: { ...message, stop_reason: null, stop_sequence: null, usage: counted },
    });
  }

  add(delta: JsonObject): void {
    this.#blocks.add(delta);
  }

  finish(choice: JsonObject, usage: unknown): void {
    this.#blocks.end();
    this.#out += event('message_delta', { delta: endingOf(choice, this.#blocks.called), usage: messageUsage(usage) });
    this.#out += event('message_stop', {});
  }

  ping(): void {
    this.#out += event('ping', {});
  }

  fail(error: NearhitError | object): void {
    this.#out += event('error', errorBody(error, 500));
  }

  take(): Buffer {
    const bytes = Buffer.from(this.#out);
    this.#out = '';
    return bytes;
  }
}
