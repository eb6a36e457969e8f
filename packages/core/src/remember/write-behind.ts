import { type Entry, entryBytes } from '../entry.ts';
import { NearhitError } from '../errors.ts';
import type { Observer } from '../ports/observer.ts';
import type { QueueAdmin } from '../ports/queue-admin.ts';
import type { WriteQueue } from '../ports/write-queue.ts';
import { DeadLetters } from './dead-letters.ts';
import { failureReason } from './failure-reason.ts';
import { type PendingWrite, type WriteDeps, writeUnlessVoid } from './voided.ts';

export interface WriteBehindOptions extends WriteDeps {
  readonly observer: Observer;
  readonly now?: () => number;
  /** Collect this long before a batch is written. */
  readonly delayMs?: number;
  readonly batchMax?: number;
  readonly entriesMax?: number;
  readonly bytesMax?: number;
  /** Waits before the second, third ... try of a batch; afterwards each of its entries is tried alone, then given up. */
  readonly retryDelaysMs?: readonly number[];
  /** Given-up entries that are kept to be driven again. */
  readonly deadLettersMax?: number;
}

export interface WriteBehind extends WriteQueue {
  readonly admin: QueueAdmin;
}

const DEAD_BYTES_MAX = 33_554_432;

/** The queue of the embedded mode: in memory, bounded, written in batches in the order of arrival. */
export function createWriteBehind(options: WriteBehindOptions): WriteBehind {
  return new MemoryQueue(options);
}

class MemoryQueue implements WriteBehind {
  readonly #options: WriteBehindOptions;
  readonly #entriesMax: number;
  readonly #bytesMax: number;
  readonly #retryDelaysMs: readonly number[];
  readonly #now: () => number;
  readonly #waiting: PendingWrite[] = [];
  readonly #dead: DeadLetters;
  readonly #flushers = new Set<{ upto: number; resolve: () => void }>();
  #bytes = 0;
  #accepted = 0;
  #finished = 0;
  /** Of the batch in hand. */
  #active = 0;
  #delayed = 0;
  /** The batch that waits for its next try. */
  #retrying: readonly PendingWrite[] | undefined;
  #closed = false;
  #running: Promise<void> | undefined;
  readonly admin: QueueAdmin = {
    counts: async () => ({
      waiting: this.#waiting.length,
      active: this.#active,
      delayed: this.#delayed,
      dead: this.#dead.size,
    }),
    oldestAtMs: async () => (this.#retrying ?? this.#waiting)[0]?.entry.createdAtMs,
    deadLetters: async (page) => this.#dead.list(page),
    redrive: async (ids = this.#dead.ids()) => ids.filter((id) => this.#redrive(id)).length,
    discard: async (ids = this.#dead.ids()) => ids.filter((id) => this.#dead.take(id) !== undefined).length,
  };

  constructor(options: WriteBehindOptions) {
    this.#options = options;
    this.#entriesMax = options.entriesMax ?? 10_000;
    this.#bytesMax = options.bytesMax ?? 134_217_728;
    this.#retryDelaysMs = options.retryDelaysMs ?? [50, 500, 5000];
    this.#now = options.now ?? Date.now;
    this.#dead = new DeadLetters({ entriesMax: options.deadLettersMax ?? 1000, bytesMax: DEAD_BYTES_MAX });
  }

  enqueue(entry: Entry, askedAtMs: number): boolean {
    const size = entryBytes(entry);
    if (this.#closed || this.depth() >= this.#entriesMax || this.#bytes + size > this.#bytesMax) return false;
    this.#waiting.push({ entry, askedAtMs });
    this.#accepted += 1;
    this.#bytes += size;
    this.#running ??= this.#drain();
    return true;
  }

  async flush({ timeoutMs }: { readonly timeoutMs?: number | undefined } = {}): Promise<void> {
    if (this.depth() === 0) return;
    let flusher: { upto: number; resolve: () => void } | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        flusher = { upto: this.#accepted, resolve };
        this.#flushers.add(flusher);
        if (timeoutMs === undefined) return;
        const message = (): string => `${this.depth()} writes were still waiting after ${timeoutMs} ms; they go on`;
        timer = setTimeout(() => reject(new NearhitError('FLUSH_TIMEOUT', message())), timeoutMs);
      });
    } finally {
      clearTimeout(timer);
      if (flusher !== undefined) this.#flushers.delete(flusher);
    }
  }

  depth(): number {
    return this.#accepted - this.#finished;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    await this.#running;
  }

  async #drain(): Promise<void> {
    const { delayMs = 5, batchMax = 100 } = this.#options;
    if (!this.#closed) await pause(delayMs);
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batchMax);
      this.#active = batch.length;
      await this.#writeBatch(batch);
      this.#active = 0;
      this.#bytes -= batch.reduce((sum, { entry }) => sum + entryBytes(entry), 0);
      this.#finished += batch.length;
      for (const flusher of this.#flushers) if (flusher.upto <= this.#finished) flusher.resolve();
    }
    this.#running = undefined;
  }

  async #writeBatch(batch: readonly PendingWrite[]): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await writeUnlessVoid(batch, this.#options);
      } catch (error) {
        this.#options.observer.incident('write-failed', error);
        const delayMs = this.#retryDelaysMs[attempt];
        if (delayMs === undefined) return this.#writeEach(batch, error);
        this.#active = 0;
        this.#delayed = batch.length;
        this.#retrying = batch;
        await pause(delayMs);
        this.#delayed = 0;
        this.#retrying = undefined;
        this.#active = batch.length;
      }
    }
  }

  /** So that one entry that can't be written takes no other with it. */
  async #writeEach(batch: readonly PendingWrite[], failure: unknown): Promise<void> {
    let given = 0;
    for (const pending of batch) {
      try {
        if (batch.length === 1) throw failure;
        await writeUnlessVoid([pending], this.#options);
      } catch (error) {
        given += 1;
        const attempts = this.#retryDelaysMs.length + (batch.length === 1 ? 1 : 2);
        this.#dead.add(pending, { attempts, failedAtMs: this.#now(), reason: failureReason(error) });
      }
    }
    if (given > 0) this.#options.observer.incident('write-given-up', given);
  }

  #redrive(id: string): boolean {
    const pending = this.#dead.peek(id);
    if (pending === undefined || !this.enqueue(pending.entry, pending.askedAtMs)) return false;
    this.#dead.take(id);
    return true;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
