import { type Entry, entryBytes } from '../entry.ts';
import type { Observer } from '../ports/observer.ts';
import type { WriteQueue } from '../ports/write-queue.ts';

export interface WriteBehindOptions {
  readonly write: (entries: readonly Entry[]) => Promise<void>;
  readonly observer: Observer;
  /** Collect this long before a batch is written. */
  readonly delayMs?: number;
  readonly batchMax?: number;
  readonly entriesMax?: number;
  readonly bytesMax?: number;
  /** Waits before the second, third ... try of a batch; afterwards it is given up and counted. */
  readonly retryDelaysMs?: readonly number[];
}

/** The queue of the embedded mode: in memory, bounded, written in batches in the order of arrival. */
export function createWriteBehind(options: WriteBehindOptions): WriteQueue {
  const { delayMs = 5, batchMax = 100, entriesMax = 10_000, bytesMax = 134_217_728 } = options;
  const retryDelaysMs = options.retryDelaysMs ?? [50, 500, 5000];
  const waiting: Entry[] = [];
  let bytes = 0;
  let accepted = 0;
  let finished = 0;
  let closed = false;
  let running: Promise<void> | undefined;
  const flushers: { upto: number; resolve: () => void }[] = [];

  const writeBatch = async (batch: readonly Entry[]) => {
    for (let attempt = 0; ; attempt++) {
      try {
        return await options.write(batch);
      } catch (error) {
        options.observer.incident('write-failed', error);
        const delay = retryDelaysMs[attempt];
        if (delay === undefined) return options.observer.incident('write-given-up', batch.length);
        await new Promise((resolve) => setTimeout(resolve, delay));
      }
    }
  };

  const drain = async () => {
    if (!closed) await new Promise((resolve) => setTimeout(resolve, delayMs));
    while (waiting.length > 0) {
      const batch = waiting.splice(0, batchMax);
      // The last of two writes under one id is the one that counts.
      const byId = new Map(batch.map((entry) => [entry.id, entry]));
      await writeBatch([...byId.values()]);
      bytes -= batch.reduce((sum, entry) => sum + entryBytes(entry), 0);
      finished += batch.length;
      while (flushers[0] !== undefined && flushers[0].upto <= finished) flushers.shift()?.resolve();
    }
    running = undefined;
  };

  return {
    enqueue(entry) {
      const size = entryBytes(entry);
      if (closed || accepted - finished >= entriesMax || bytes + size > bytesMax) return false;
      waiting.push(entry);
      accepted += 1;
      bytes += size;
      running ??= drain();
      return true;
    },
    flush() {
      if (accepted === finished) return Promise.resolve();
      return new Promise((resolve) => flushers.push({ upto: accepted, resolve }));
    },
    depth: () => accepted - finished,
    async close() {
      closed = true;
      await this.flush();
      await running;
    },
  };
}
