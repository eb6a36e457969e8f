import { setTimeout as sleep } from 'node:timers/promises';

export interface OutboxOptions<T> {
  /** Resolves when all of the batch is safe elsewhere. After a failure the batch, or its beginning, is sent again. */
  readonly send: (batch: readonly T[]) => Promise<void>;
  readonly bytesOf: (item: T) => number;
  /** `failures`: of this batch in a row. */
  readonly onFailure: (error: unknown, failures: number) => void;
  readonly flushMs: number;
  readonly batchMax: number;
  readonly entriesMax: number;
  readonly bytesMax: number;
  readonly retryMsMax?: number;
}

const RETRY_MS = 100;

/** Collects in memory, within bounds, and hands on in batches, one at a time, in order, until it succeeds. */
export class Outbox<T> {
  readonly #options: OutboxOptions<T>;
  readonly #items: T[] = [];
  readonly #waiters = new Set<{ upto: number; resolve: () => void }>();
  #bytes = 0;
  #sent = 0;
  #urgentUpto = 0;
  #batchMax: number;
  #timer: NodeJS.Timeout | undefined;
  #sending = false;
  #shut = false;
  #closed = false;

  constructor(options: OutboxOptions<T>) {
    this.#options = options;
    this.#batchMax = options.batchMax;
  }

  /** Not handed on yet. */
  get depth(): number {
    return this.#items.length;
  }

  /** False when it is full or shut. */
  push(item: T): boolean {
    const bytes = this.#options.bytesOf(item);
    const { entriesMax, bytesMax } = this.#options;
    if (this.#shut || this.#items.length >= entriesMax || this.#bytes + bytes > bytesMax) return false;
    this.#items.push(item);
    this.#bytes += bytes;
    this.#schedule();
    return true;
  }

  /** True when all that was pushed before has been handed on, false when that took longer than `timeoutMs`. */
  async drained(timeoutMs: number | undefined): Promise<boolean> {
    const upto = this.#sent + this.#items.length;
    if (upto === this.#sent) return true;
    this.#urgentUpto = upto;
    let timer: NodeJS.Timeout | undefined;
    const outcome = await new Promise<boolean>((resolve) => {
      const waiter = { upto, resolve: () => resolve(true) };
      this.#waiters.add(waiter);
      this.#schedule();
      if (timeoutMs === undefined) return;
      timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        resolve(false);
      }, timeoutMs);
    });
    clearTimeout(timer);
    return outcome;
  }

  /** Takes no more; what is there still goes out. */
  shut(): void {
    this.#shut = true;
  }

  /** Takes no more and tries no more. Answers what was not handed on. */
  close(): readonly T[] {
    this.#shut = true;
    this.#closed = true;
    clearTimeout(this.#timer);
    return this.#items;
  }

  #schedule(): void {
    if (this.#sending || this.#closed || this.#items.length === 0) return;
    if (this.#items.length >= this.#options.batchMax || this.#sent < this.#urgentUpto) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      void this.#send();
    } else {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        void this.#send();
      }, this.#options.flushMs);
    }
  }

  async #send(): Promise<void> {
    this.#sending = true;
    for (let failures = 0; !this.#closed; failures++) {
      const batch = this.#items.slice(0, this.#batchMax);
      try {
        await this.#options.send(batch);
        this.#remove(batch);
        break;
      } catch (error) {
        this.#options.onFailure(error, failures + 1);
        // What was too much for one turn goes out in smaller ones.
        this.#batchMax = Math.max(1, Math.ceil(this.#batchMax / 2));
        const delayMs = Math.min(RETRY_MS * 2 ** failures, this.#options.retryMsMax ?? 2000);
        await sleep(delayMs * (0.5 + Math.random() / 2));
      }
    }
    this.#sending = false;
    this.#schedule();
  }

  #remove(batch: readonly T[]): void {
    this.#items.splice(0, batch.length);
    this.#sent += batch.length;
    this.#bytes -= batch.reduce((sum, item) => sum + this.#options.bytesOf(item), 0);
    this.#batchMax = Math.min(this.#options.batchMax, this.#batchMax * 2);
    for (const waiter of this.#waiters) {
      if (waiter.upto > this.#sent) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}
