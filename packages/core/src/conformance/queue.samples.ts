import { afterEach } from '@jest/globals';
import type { Entry } from '../entry.ts';
import type { EntryId } from '../ids.ts';
import type { Invalidation, Invalidations } from '../ports/invalidations.ts';
import type { QueueAdmin } from '../ports/queue-admin.ts';
import type { WriteQueue } from '../ports/write-queue.ts';
import { T0 } from './storage.samples.ts';

export interface QueueUnderTest {
  readonly queue: WriteQueue;
  readonly admin: QueueAdmin;
  close(): Promise<void>;
}

/** A queue and whoever writes what comes out of it: gives an entry up after two or three tries, within a second. */
export type OpenQueue = (options: {
  readonly write: (entries: readonly Entry[]) => Promise<void>;
  readonly invalidations: Invalidations;
  readonly entriesMax?: number;
  readonly bytesMax?: number;
}) => Promise<QueueUnderTest>;

export const ASKED_AT_MS = T0 - 1000;

/** Where the entries of a test end up. Keeps the newer of two under one id, as a store does. */
export class WriteTarget {
  readonly entries = new Map<EntryId, Entry>();
  readonly poison = new Set<EntryId>();
  /** Each call as it came, failed ones too. */
  readonly calls: (readonly Entry[])[] = [];
  #gate: Promise<void> = Promise.resolve();
  #open = (): void => {};

  /** Until `unblock`, writes hang. */
  block(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  unblock(): void {
    this.#open();
  }

  readonly write = async (entries: readonly Entry[]): Promise<void> => {
    this.calls.push(entries);
    await this.#gate;
    const bad = entries.find(({ id }) => this.poison.has(id));
    if (bad !== undefined) throw new Error(`cannot write ${bad.query}: ${bad.answer.toString()}`);
    for (const entry of entries) {
      const known = this.entries.get(entry.id);
      if (known === undefined || known.createdAtMs <= entry.createdAtMs) this.entries.set(entry.id, entry);
    }
  };
}

export class KnownInvalidations implements Invalidations {
  readonly all: Invalidation[] = [];

  async add(invalidation: Invalidation): Promise<void> {
    this.all.push(invalidation);
  }

  async since(sinceMs: number): Promise<Invalidation[]> {
    return this.all.filter(({ atMs }) => atMs >= sinceMs);
  }
}

export interface StartedQueue extends QueueUnderTest {
  readonly target: WriteTarget;
  readonly invalidations: KnownInvalidations;
}

/** Opens a queue per test and closes it afterwards, writes unblocked. */
export function queuePerTest(open: OpenQueue): {
  start: (bounds?: { entriesMax?: number; bytesMax?: number }) => Promise<StartedQueue>;
} {
  const started: StartedQueue[] = [];
  afterEach(async () => {
    for (const { target, close } of started.splice(0)) {
      target.unblock();
      await close();
    }
  });
  return {
    async start(bounds = {}) {
      const target = new WriteTarget();
      const invalidations = new KnownInvalidations();
      const opened = await open({ write: target.write, invalidations, ...bounds });
      const { queue, admin } = opened;
      const all = { queue, admin, close: () => opened.close(), target, invalidations };
      started.push(all);
      return all;
    },
  };
}

/** Polls until it holds; fails with the last value after `timeoutMs`. */
export async function until<T>(
  read: () => Promise<T> | T,
  holds: (value: T) => boolean,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (performance.now() > deadline) throw new Error(`did not come to hold: ${JSON.stringify(value)?.slice(0, 500)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
