import {
  type Entry,
  entryBytes,
  NearhitError,
  type Observer,
  type PendingWrite,
  type QueueAdmin,
  type WriteQueue,
} from '@nearhit/core';
import type { JobJson, JobsOptions, Queue } from 'bullmq';
import type { RedisClient, RedisConnection } from '../connection.ts';
import { publicError } from '../failure.ts';
import { isReady, openBullQueue } from './bull-queue.ts';
import { encodeJob } from './job-codec.ts';
import { keepLeftovers, takeLeftovers } from './leftovers.ts';
import { Outbox } from './outbox.ts';
import { createQueueAdmin } from './queue-admin.ts';
import { atMostEvery } from './throttle.ts';
import { whenJobsLeft } from './when-left.ts';

export interface RedisWriteQueueOptions {
  readonly connection: RedisConnection;
  readonly observer: Observer;
  readonly now?: () => number;
  /** What is enqueued waits at most this long for company. */
  readonly flushMs?: number;
  readonly batchMax?: number;
  /** Bounds of what waits in this process, Redis being slow or away. */
  readonly entriesMax?: number;
  readonly bytesMax?: number;
  /** Tries of a job before it is given up; the second comes after half to all of `retryMs`, then twice that, and so on. */
  readonly attemptsMax?: number;
  readonly retryMs?: number;
  /** Last step of `flush`: resolves when what is in the log by now is searchable everywhere. Throws FLUSH_TIMEOUT. */
  readonly barrier?: ((deadlineMs: number | undefined) => Promise<void>) | undefined;
  /** How long `close` tries to hand on what is in memory. */
  readonly closeMs?: number;
  /** Where `close` leaves what could not be handed on, for the next start. Absent: it is dropped. */
  readonly leftoversFile?: string | undefined;
}

export interface RedisWriteQueue extends WriteQueue {
  readonly admin: QueueAdmin;
}

const ENTRY_ID = /^[0-9a-f]{64}$/;
const INCIDENT_INTERVAL_MS = 10_000;
const NEW_JOB = { name: 'write' };

/**
 * The producer's side of the queue of the distributed mode: in memory for up to `flushMs`, then in Redis, from where a
 * consumer takes it. Does not wait for Redis: what is enqueued while it is away is handed on when it is back.
 */
export function createRedisWriteQueue(options: RedisWriteQueueOptions): RedisWriteQueue {
  return new BullWriteQueue(options);
}

class BullWriteQueue implements RedisWriteQueue {
  readonly admin: QueueAdmin;
  readonly #options: RedisWriteQueueOptions;
  readonly #now: () => number;
  readonly #queue: Queue<string>;
  readonly #client: RedisClient;
  readonly #outbox: Outbox<PendingWrite>;
  readonly #jobOptions: JobsOptions;
  #closing: Promise<void> | undefined;

  constructor(options: RedisWriteQueueOptions) {
    const { connection, observer, attemptsMax = 8, retryMs = 2000 } = options;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    // A client of its own, so that no look-up stands in line behind a batch; it fails while Redis is away, where one that
    // waits would pile up every repetition of a batch.
    const { queue, client } = openBullQueue(connection, 'commands', () => {});
    this.#queue = queue;
    this.#client = client;
    // Eight tries take two to four minutes: no outage that passes kills a job.
    this.#jobOptions = { attempts: attemptsMax, backoff: { type: 'exponential', delay: retryMs, jitter: 0.5 } };
    const report = atMostEvery(INCIDENT_INTERVAL_MS, (error: unknown) =>
      observer.incident('queue-unavailable', publicError(error)),
    );
    this.#outbox = new Outbox<PendingWrite>({
      send: (batch) => this.#send(batch),
      bytesOf: ({ entry }) => entryBytes(entry),
      // The first batch of a process may be quicker than its connection.
      onFailure: (error, failures) => failures > 1 && report(error),
      flushMs: options.flushMs ?? 50,
      batchMax: options.batchMax ?? 100,
      entriesMax: options.entriesMax ?? 10_000,
      bytesMax: options.bytesMax ?? 134_217_728,
    });
    this.admin = createQueueAdmin({ queue, client, inMemory: () => this.#outbox.depth });
    this.#resume();
  }

  enqueue(entry: Entry, askedAtMs: number, traceparent?: string): boolean {
    return this.#outbox.push({ entry, askedAtMs, traceparent });
  }

  async flush({ timeoutMs }: { readonly timeoutMs?: number | undefined } = {}): Promise<void> {
    const deadlineMs = timeoutMs === undefined ? undefined : this.#now() + timeoutMs;
    const expired = (): boolean => deadlineMs !== undefined && this.#now() >= deadlineMs;
    const timedOut = (waiting: string): NearhitError =>
      new NearhitError('FLUSH_TIMEOUT', `After ${timeoutMs} ms ${waiting}; the writes go on.`);
    if (!(await this.#outbox.drained(timeoutMs)))
      throw timedOut(`${this.#outbox.depth} writes had not reached the queue`);
    const { remaining } = await whenJobsLeft(this.#queue, this.#client, expired);
    if (remaining === undefined) throw timedOut('the queue had not answered');
    if (remaining > 0) throw timedOut(`${remaining} writes were still in the queue`);
    await this.#options.barrier?.(deadlineMs);
  }

  depth(): number {
    return this.#outbox.depth;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#outbox.shut();
    await this.#outbox.drained(this.#options.closeMs ?? 10_000);
    this.#leave(this.#outbox.close());
    this.#client.disconnect();
    await this.#queue.close();
  }

  #leave(pending: readonly PendingWrite[]): void {
    const { leftoversFile, observer } = this.#options;
    if (pending.length === 0) return;
    try {
      if (leftoversFile === undefined) throw new Error(`${pending.length} answers could not be handed on`);
      keepLeftovers(leftoversFile, pending);
    } catch (error) {
      observer.incident('write-dropped', error);
    }
  }

  #resume(): void {
    const { leftoversFile, observer } = this.#options;
    if (leftoversFile === undefined) return;
    try {
      for (const pending of takeLeftovers(leftoversFile)) this.#outbox.push(pending);
    } catch (error) {
      observer.incident('leftovers-unreadable', error);
    }
  }

  async #send(batch: readonly PendingWrite[]): Promise<void> {
    if (!isReady(this.#client)) throw new NearhitError('STORE_UNAVAILABLE', 'Redis is away.');
    const jobs = batch.flatMap((pending) => this.#toJob(pending));
    try {
      // What `addBulk` comes to, in one pipeline, without the objects and copies it makes of each job on the way there.
      await this.#queue.getBackend().addJobs(jobs);
    } catch (error) {
      // Whoever does not answer may never do so on this connection, and what was sent would pile up in it.
      if (error instanceof Error && error.message === 'Command timed out') this.#client.disconnect(true);
      throw error;
    }
  }

  /** The same write has the same job id, so that a batch whose outcome is unknown can be sent again. */
  #toJob(pending: PendingWrite): { job: JobJson; jobId: string }[] {
    const { id, createdAtMs } = pending.entry;
    try {
      if (!ENTRY_ID.test(id)) throw new TypeError('an entry id is not 64 hex digits');
      const job = { ...NEW_JOB, timestamp: Date.now(), opts: this.#jobOptions, data: encodeJob(pending) };
      // Bytes where BullMQ's type says text: both go into the same Redis command, one of them without a detour.
      return [{ job: job as unknown as JobJson, jobId: `${id}-${createdAtMs}` }];
    } catch (error) {
      this.#options.observer.incident('write-dropped', error);
      return [];
    }
  }
}
