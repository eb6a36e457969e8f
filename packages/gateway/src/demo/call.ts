import type { UpstreamFlow } from '@nearhit/core';
import type { CallSink, InFlight } from '../provider/provider.ts';

export interface DemoScript {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Each is one onData. */
  readonly chunks: readonly Buffer[];
  /** Until the head and the first chunk. */
  readonly firstMs: number;
  /** Between chunks. 0: all at once, one macrotask later. */
  readonly betweenMs: number;
  readonly batch: boolean;
}

/** Plays a script to a sink, never faster than the sink takes it. */
export class DemoCall implements UpstreamFlow {
  readonly #script: DemoScript;
  readonly #sink: CallSink;
  readonly #inFlight: InFlight;
  #next = -1;
  #paused = false;
  #done = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(script: DemoScript, sink: CallSink, inFlight: InFlight) {
    this.#script = script;
    this.#sink = sink;
    this.#inFlight = inFlight;
    inFlight.enter();
    this.#schedule(script.firstMs);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#schedule(0);
  }

  abort(): void {
    if (!this.#done) this.#finish();
  }

  #schedule(delayMs: number): void {
    if (this.#done || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#play(), delayMs).unref();
  }

  #play(): void {
    this.#timer = undefined;
    if (this.#next < 0 && !this.#paused) {
      this.#next = 0;
      this.#sink.onHead(this.#script.status, this.#script.headers);
    }
    while (!this.#paused && !this.#done) {
      if (this.#step()) continue;
      this.#schedule(this.#script.betweenMs);
      break;
    }
  }

  /** One chunk. False: the next one has to wait its time. */
  #step(): boolean {
    const { chunks, betweenMs } = this.#script;
    const chunk = chunks[this.#next++];
    if (chunk === undefined) {
      this.#end();
      return true;
    }
    this.#sink.onData(chunk);
    return betweenMs === 0 || this.#next === chunks.length;
  }

  #end(): void {
    this.#finish();
    this.#sink.onEnd();
  }

  #finish(): void {
    this.#done = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#inFlight.leave(this.#script.status >= 500, this.#script.batch);
  }
}
