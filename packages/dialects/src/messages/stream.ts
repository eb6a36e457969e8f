import { type JsonObject, NearhitError } from '@nearhit/core';
import { ChatChunks, type ChatEvent } from '../chat/chunks.ts';
import type { FrontStream } from '../front.ts';
import { endingOf, messageId, messageUsage } from './answer.ts';
import { type BlockSink, BlockWriter } from './blocks.ts';
import { errorBody } from './error.ts';

const event = (type: string, fields: JsonObject): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

/** The events of one message, `message_start` to `message_stop`. */
export class MessageEvents implements BlockSink {
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

  /** `usage`: where it is known before the answer is. */
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

  error(error: NearhitError | object): void {
    this.#out += event('error', errorBody(error, 500));
  }

  take(): Buffer {
    const bytes = Buffer.from(this.#out);
    this.#out = '';
    return bytes;
  }
}

/** A live chat stream as Anthropic's. Its last events wait for the usage, which comes after the finish reason. */
export class MessageStream implements FrontStream {
  readonly #chunks = new ChatChunks();
  readonly #events = new MessageEvents();
  #begun = false;
  #over = false;
  /** What is known of the choice beside its deltas: how it ended. */
  #ending: JsonObject = {};
  #usage: unknown;

  push(bytes: Buffer): Buffer {
    for (const one of this.#chunks.push(bytes)) this.#hear(one);
    if (this.#chunks.commented && !this.#over) this.#events.ping();
    return this.#events.take();
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
    if (!this.#over) this.#events.error(error);
    this.#over = true;
    return this.#events.take();
  }

  #hear(one: ChatEvent): void {
    if (this.#over) return;
    if (one.kind === 'error') {
      this.#events.error(one.error);
      this.#over = true;
    } else if (one.kind === 'done') {
      if (this.#begun) this.#finish();
    } else this.#chunk(one.chunk, one.choice);
  }

  #chunk(chunk: JsonObject, choice: JsonObject | undefined): void {
    if (!this.#begun) this.#events.begin(chunk);
    this.#begun = true;
    if (chunk.usage) this.#usage = chunk.usage;
    if (choice === undefined) return;
    const { delta, index: _, logprobs: __, ...ending } = choice;
    for (const field of Object.keys(ending)) if (ending[field]) this.#ending[field] = ending[field];
    if (typeof delta === 'object' && delta !== null) this.#events.add(delta as JsonObject);
  }

  #finish(): void {
    if (this.#over) return;
    this.#events.finish(this.#ending, this.#usage);
    this.#over = true;
  }
}
