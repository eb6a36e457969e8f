import { type JsonObject, NearhitError } from '@nearhit/core';
import { ChatChunks, type ChatEvent } from './chat/chunks.ts';
import type { FrontStream } from './front.ts';

/** Writes one answer as the events of another API. */
export interface FrontEvents {
  /** `head`: the answer, or its first chunk: id, model, and usage where that is known before the answer is. */
  begin(head: JsonObject): void;
  add(delta: JsonObject, logprobs?: unknown): void;
  /** `choice`: what of it is no delta: how it ended. `usage`: undefined when nobody counted. */
  finish(choice: JsonObject, usage: unknown): void;
  /** Perhaps before anything was begun. */
  fail(error: NearhitError | object): void;
  /** Keeps a connection alive that hears nothing for long. */
  ping(): void;
  /** What was written since the last time. */
  take(): Buffer;
}

/** A live chat stream as that of another API. Its last events wait for the usage, which comes after the finish reason. */
export class EventStream implements FrontStream {
  readonly #chunks = new ChatChunks();
  readonly #events: FrontEvents;
  #begun = false;
  #over = false;
  #ending: JsonObject = {};
  #usage: unknown;

  constructor(events: FrontEvents) {
    this.#events = events;
  }

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
      if (this.#begun) this.#finish();
    } else this.#chunk(one.chunk, one.choice);
  }

  #chunk(chunk: JsonObject, choice: JsonObject | undefined): void {
    if (!this.#begun) this.#events.begin(chunk);
    this.#begun = true;
    if (chunk.usage) this.#usage = chunk.usage;
    if (choice === undefined) return;
    const { delta, index: _, logprobs, ...ending } = choice;
    for (const field of Object.keys(ending)) if (ending[field]) this.#ending[field] = ending[field];
    if (typeof delta === 'object' && delta !== null) this.#events.add(delta as JsonObject, logprobs);
  }

  #finish(): void {
    if (this.#over) return;
    this.#events.finish(this.#ending, this.#usage);
    this.#over = true;
  }
}
