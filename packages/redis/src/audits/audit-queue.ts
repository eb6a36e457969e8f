import { type AuditJob, type AuditQueue, NearhitError, type Observer } from '@nearhit/core';
import type { Queue } from 'bullmq';
import type { RedisClient, RedisConnection } from '../connection.ts';
import { publicError } from '../failure.ts';
import { askQueue, countWith, isReady, openBullQueue } from '../queue/bull-queue.ts';
import { Outbox } from '../queue/outbox.ts';
import { atMostEvery } from '../queue/throttle.ts';

export const AUDIT_QUEUE = 'audits';

export interface RedisAuditQueueOptions {
  readonly connection: RedisConnection;
  readonly observer: Pick<Observer, 'incident'>;
  /** Bound of what waits in Redis, where no worker takes it: what comes then is dropped. Default 5000. */
  readonly sharedMax?: number | undefined;
  /** Of what waits in this process. */
  readonly jobsMax?: number | undefined;
  readonly bytesMax?: number | undefined;
  /** Tries of a job; the second comes after about `retryMs`, then twice that, and so on. */
  readonly attemptsMax?: number | undefined;
  readonly retryMs?: number | undefined;
  readonly flushMs?: number | undefined;
}

const INCIDENT_INTERVAL_MS = 10_000;
/** BullMQ's own separator. */
const UNFIT_ID = /:/g;

/** Hands audits to whichever process consumes them. Does not wait for Redis; what it can't hand on at its end is dropped. */
export function createRedisAuditQueue(options: RedisAuditQueueOptions): AuditQueue {
  return new RedisAudits(options);
}

class RedisAudits implements AuditQueue {
  readonly #options: RedisAuditQueueOptions;
  readonly #queue: Queue<string>;
  readonly #client: RedisClient;
  readonly #outbox: Outbox<{ readonly job: AuditJob; readonly data: string }>;
  #closing: Promise<void> | undefined;

  constructor(options: RedisAuditQueueOptions) {
    const { connection, observer } = options;
    this.#options = options;
    const { queue, client } = openBullQueue(connection, 'commands', () => {}, AUDIT_QUEUE);
    this.#queue = queue;
    this.#client = client;
    const report = atMostEvery(INCIDENT_INTERVAL_MS, (error: unknown) =>
      observer.incident('audit-queue-unavailable', publicError(error)),
    );
    this.#outbox = new Outbox({
      send: (batch) => this.#send(batch),
      bytesOf: ({ data }) => 2 * data.length,
      // The first batch of a process may be quicker than its connection.
      onFailure: (error, failures) => failures > 1 && report(error),
      flushMs: options.flushMs ?? 200,
      batchMax: 20,
      entriesMax: options.jobsMax ?? 200,
      bytesMax: options.bytesMax ?? 16_777_216,
    });
  }

  enqueue(job: AuditJob): boolean {
    return this.#outbox.push({ job, data: JSON.stringify(job) });
  }

  async depth(): Promise<number> {
    const { counts, held } = await countWith(
      () => this.#outbox.depth,
      () => this.#counts(),
    );
    const { waiting = 0, active = 0, delayed = 0 } = counts;
    return held + waiting + active + delayed;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#outbox.shut();
    await this.#outbox.drained(1000);
    const dropped = this.#outbox.close().length;
    if (dropped > 0) this.#options.observer.incident('audits-dropped', new Error(`${dropped} could not be handed on`));
    this.#client.disconnect();
    await this.#queue.close();
  }

  #counts(): Promise<Record<string, number>> {
    return askQueue(this.#client, () => this.#queue.getJobCounts('waiting', 'active', 'delayed'));
  }

  /** The same audit has the same job id, so that a batch whose outcome is unknown can be sent again. */
  async #send(batch: readonly { readonly job: AuditJob; readonly data: string }[]): Promise<void> {
    if (!isReady(this.#client)) throw new NearhitError('STORE_UNAVAILABLE', 'Redis is away.');
    const { sharedMax = 5000, attemptsMax = 4, retryMs = 2000, observer } = this.#options;
    const { waiting = 0, delayed = 0 } = await this.#counts();
    const room = batch.slice(0, Math.max(0, sharedMax - waiting - delayed));
    if (room.length < batch.length) observer.incident('audits-dropped', new Error('too many audits wait'));
    const opts = {
      attempts: attemptsMax,
      backoff: { type: 'exponential', delay: retryMs, jitter: 0.5 },
      ...{ removeOnComplete: true, removeOnFail: true },
    };
    await this.#queue.addBulk(
      room.map(({ job, data }) => ({
        name: 'audit',
        data,
        opts: { ...opts, jobId: job.id.replaceAll(UNFIT_ID, '-') },
      })),
    );
  }
}
