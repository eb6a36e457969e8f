import { isObject, type JsonObject, ToolCalls } from '@nearhit/core';
import { readCall } from './answer.ts';

/** Hears of calls one after the other: each begins, grows, and is over before the next one begins. */
export interface CallSink {
  begin(call: JsonObject): void;
  /** More of the arguments of the call that has begun. */
  more(text: string): void;
  /** The call that has begun is whole. */
  over(): void;
}

/**
 * Brings the fragments of parallel tool calls, and what is said beside them, into the order of APIs that tell one thing
 * after the other. Nearly every provider sends them so; what comes between is held back until the call is whole.
 */
export class CallOrder {
  readonly #calls = new ToolCalls();
  readonly #known: JsonObject[] = [];
  readonly #seen = new Set<JsonObject>();
  readonly #sink: CallSink;
  #waiting: (() => void)[] = [];
  /** Position in `known` of the call that is being told, how much of its arguments was, and whether it has begun. */
  #at = 0;
  #told = 0;
  #begun = false;
  /** How long its arguments were when they were looked at last. */
  #looked = -1;

  constructor(sink: CallSink) {
    this.#sink = sink;
  }

  get any(): boolean {
    return this.#known.length > 0;
  }

  add(fragments: readonly unknown[]): void {
    for (const fragment of fragments) {
      if (!isObject(fragment)) continue;
      const call = this.#calls.add(fragment);
      if (!this.#seen.has(call)) this.#known.push(call);
      this.#seen.add(call);
      this.#tell(call === this.#known[this.#at] ? readCall(fragment).input : undefined);
      while (this.#at < this.#known.length - 1 && this.#isWhole()) {
        this.#next();
        this.#tell();
      }
    }
  }

  /** Runs what tells of something else: at once, or when the call that has begun is whole. */
  aside(run: () => void): void {
    if (this.#begun && this.#isWhole()) this.#next();
    if (this.#begun) this.#waiting.push(run);
    else run();
  }

  /** No more fragments will come. */
  end(): void {
    while (this.#at < this.#known.length) {
      this.#tell(undefined, true);
      this.#next();
    }
  }

  /** A call can be told of when its name is known. `more`: what its last fragment added. */
  #tell(more?: string, last = false): void {
    const call = this.#known[this.#at];
    if (call === undefined) return;
    const { name, input } = readCall(call);
    if (!this.#begun) {
      if (name === '' && !last) return;
      this.#sink.begin(call);
      this.#begun = true;
    }
    if (input.length <= this.#told) return;
    this.#sink.more(more !== undefined && this.#told + more.length === input.length ? more : input.slice(this.#told));
    this.#told = input.length;
  }

  #next(): void {
    if (this.#begun) this.#sink.over();
    this.#at += 1;
    this.#told = 0;
    this.#begun = false;
    this.#looked = -1;
    for (const run of this.#waiting.splice(0)) run();
  }

  /** Nothing can follow a whole JSON text but blanks. Of a custom tool's input nobody can tell: it ends with the next. */
  #isWhole(): boolean {
    const { input, custom } = readCall(this.#known[this.#at] as JsonObject);
    if (!this.#begun || (!custom && input.length === this.#looked)) return false;
    this.#looked = input.length;
    return custom || (/[}\]]\s*$/.test(input.slice(-16)) && isJson(input));
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
