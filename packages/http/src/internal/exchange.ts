import type { Dispatcher } from 'undici';

export interface Exchange {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | undefined;
  /** For everything, from now to the last byte. */
  readonly timeoutMs: number;
  /** Asked once when that is over: milliseconds to wait on, 0 for none. */
  readonly extendMs?: (() => number) | undefined;
  /** A longer answer is not taken. */
  readonly bytesMax: number;
}

export interface ExchangeReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** A view of a larger buffer: copy what is kept. */
  readonly body: Buffer;
}

/** No answer within the time. */
export class ExchangeTimeout extends Error {
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`no answer within ${Math.round(timeoutMs)} ms`);
    this.name = 'ExchangeTimeout';
    this.timeoutMs = timeoutMs;
  }
}

interface Settle {
  resolve(reply: ExchangeReply): void;
  reject(error: Error): void;
}

const EMPTY = Buffer.alloc(0);
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/**
 * One request and its whole answer over undici's dispatch, whose handler this is: `request()` makes a stream for each
 * answer, which costs more than a search does. Rejects with ExchangeTimeout, with undici's error, or with that of `abort`.
 */
export class RunningExchange implements Dispatcher.DispatchHandler {
  readonly reply: Promise<ExchangeReply>;
  readonly #bytesMax: number;
  #timer: NodeJS.Timeout;
  #settle: Settle | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: ExchangeReply['headers'] = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(dispatcher: Dispatcher, exchange: Exchange) {
    const { method, path, headers, body, timeoutMs } = exchange;
    this.#bytesMax = exchange.bytesMax;
    this.reply = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#timer = this.#startTimer(timeoutMs, () => this.#late(timeoutMs, exchange.extendMs?.() ?? 0));
    // Its own timers are coarse and off: this one bounds all.
    dispatcher.dispatch(
      { method, path, headers, body: body ?? null, idempotent: true, headersTimeout: 0, bodyTimeout: 0 },
      this,
    );
  }

  abort(error: Error): void {
    if (this.#settle === undefined) return;
    this.#finish().reject(error);
    this.#controller?.abort(error);
  }

  #late(waitedMs: number, moreMs: number): void {
    if (this.#settle === undefined) return;
    if (moreMs <= 0) this.abort(new ExchangeTimeout(waitedMs));
    else this.#timer = this.#startTimer(moreMs, () => this.#late(waitedMs + moreMs, 0));
  }

  /** After a busy moment of this process timers come before the sockets: an answer that is there already counts. */
  #startTimer(ms: number, onLate: () => void): NodeJS.Timeout {
    return setTimeout(() => setImmediate(onLate), Math.min(Math.ceil(ms), TIMEOUT_MS_MAX));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settle === undefined) controller.abort(new Error('aborted'));
    else this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ExchangeReply['headers']): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bytesMax) this.abort(new Error(`an answer of more than ${this.#bytesMax} bytes`));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#settle === undefined) return;
    const [first = EMPTY] = this.#chunks;
    const body = this.#chunks.length <= 1 ? first : Buffer.concat(this.#chunks, this.#bytes);
    this.#finish().resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.#settle !== undefined) this.#finish().reject(error);
  }

  #finish(): Settle {
    const settle = this.#settle as Settle;
    this.#settle = undefined;
    clearTimeout(this.#timer);
    return settle;
  }
}
