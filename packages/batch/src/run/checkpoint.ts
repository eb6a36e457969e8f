import { setTimeout as sleep } from 'node:timers/promises';
import { type BatchStore, type LineResult, NearhitError } from '@nearhit/core';

const RESULTS_MAX = 64;
const FLUSH_MS = 100;
const RETRY_MS = 500;
/** For so long the store may be away before the run gives up: what was answered is not to be asked again. */
const PATIENCE_MS = 60_000;

/**
 * Answers on their way into the store, many with one write. What a crash takes away is at most that of the last tenth of a
 * second; those lines are asked again, and most find their answers in the cache.
 */
export class Checkpoint {
  readonly #store: Pick<BatchStore, 'putResults'>;
  readonly #id: string;
  #results: LineResult[] = [];
  #timer: NodeJS.Timeout | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #failure: unknown;

  constructor(store: Pick<BatchStore, 'putResults'>, id: string) {
    this.#store = store;
    this.#id = id;
  }

  /** Rejects when results could not be stored. Whoever waits for it answers no faster than the store takes. */
  async add(result: LineResult): Promise<void> {
    this.#results.push(result);
    if (this.#results.length >= RESULTS_MAX) return this.flush();
    this.#timer ??= setTimeout(() => void this.flush().catch(() => undefined), FLUSH_MS);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Resolves when all that was added is durable. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const results = this.#results;
    this.#results = [];
    if (results.length > 0) this.#tail = this.#tail.then(() => this.#put(results)).catch((error) => this.#fail(error));
    await this.#tail;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
  }

  async #put(results: readonly LineResult[]): Promise<void> {
    const giveUpAtMs = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await this.#store.putResults(this.#id, results);
      } catch (error) {
        const away = error instanceof NearhitError && error.kind === 'STORE_UNAVAILABLE';
        if (!away || performance.now() > giveUpAtMs) throw error;
        await sleep(RETRY_MS);
      }
    }
  }
}
