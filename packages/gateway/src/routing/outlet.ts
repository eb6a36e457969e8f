import type { UpstreamSink } from '@nearhit/core';

/** What the outlet tells whoever filled it. */
export interface OutletOwner {
  /** The last byte has gone out; onEnd is the owner's to call. */
  drained(): void;
  /** The client's side threw. */
  sinkThrew(cause: unknown): void;
}

/** Bytes on their way to the client's side, at its pace: what comes while it pauses waits here. */
export class Outlet {
  paused = false;
  readonly #sink: UpstreamSink;
  readonly #owner: OutletOwner;
  #waiting: Buffer[] | undefined;
  #ended = false;
  #closed = false;
  #flushing = false;

  constructor(sink: UpstreamSink, owner: OutletOwner) {
    this.#sink = sink;
    this.#owner = owner;
  }

  data(chunk: Buffer): void {
    if (this.#closed) return;
    if (this.paused || this.#waiting !== undefined) {
      this.#waiting ??= [];
      this.#waiting.push(chunk);
      return;
    }
    try {
      this.#sink.onData(chunk);
    } catch (cause) {
      this.#owner.sinkThrew(cause);
    }
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#closed) return;
    if (this.#waiting === undefined) this.#owner.drained();
    else this.#ended = true;
  }

  /** After a pause; it may come to the next one at once. */
  flush(): void {
    if (this.#flushing || this.#waiting === undefined) return;
    this.#flushing = true;
    try {
      while (!this.paused && !this.#closed) {
        const chunk = this.#waiting.shift();
        if (chunk === undefined) break;
        this.#sink.onData(chunk);
      }
    } catch (cause) {
      this.#owner.sinkThrew(cause);
    } finally {
      this.#flushing = false;
    }
    if (this.#closed || this.#waiting.length > 0) return;
    this.#waiting = undefined;
    if (this.#ended) this.#owner.drained();
  }

  /** Nothing goes out any more. */
  close(): void {
    this.#closed = true;
  }
}
