import { Worker } from 'node:worker_threads';
import { countPrompt } from './prompt-tokens.ts';

export interface TokensToCount {
  readonly id: number;
  readonly of: 'chat' | 'embeddings';
  readonly body: Uint8Array;
}

export interface CountedTokens {
  readonly id: number;
  readonly promptTokens: number;
}

const WORKER_URL = new URL('../../dist/tokens/worker.js', import.meta.url);
/** Longer no request waits: a guess from its length is what it gets then, and what it really used is booked in the end. */
const WAIT_MS = 50;

/** Tokens counted beside the event loop. The thread begins with the first request that asks. */
export class TokenThread {
  readonly #waiting = new Map<number, (promptTokens: number) => void>();
  #worker: Worker | undefined;
  #next = 0;
  #closed = false;

  /** Tokens of a request's prompt, within a moment. Never rejects. `body`: JSON. */
  count(of: TokensToCount['of'], body: Buffer): Promise<number> {
    const guess = () => countPrompt[of](body);
    if (this.#closed) return Promise.resolve(guess());
    const id = this.#next++;
    return new Promise((resolve) => {
      const done = (promptTokens: number): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(promptTokens);
      };
      const timer = setTimeout(() => done(guess()), WAIT_MS);
      this.#waiting.set(id, done);
      this.#thread().postMessage({ id, of, body } satisfies TokensToCount);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    // Flags such as --input-type would keep the worker from starting.
    const worker = new Worker(WORKER_URL, { execArgv: [], name: 'nearhit-tokens' });
    worker.on('message', ({ id, promptTokens }: CountedTokens) => this.#waiting.get(id)?.(promptTokens));
    // Whoever waits gets a guess; the next one starts it again.
    worker.on('error', () => {});
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    worker.unref();
    this.#worker = worker;
    return worker;
  }
}
