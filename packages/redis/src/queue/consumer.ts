import { failureReason, type Observer, type PendingWrite, type WriteDeps, writeUnlessVoid } from '@nearhit/core';
import { type Job, UnrecoverableError, type WorkerOptions } from 'bullmq';
import type { RedisClient, RedisConnection } from '../connection.ts';
import { publicError } from '../failure.ts';
import { bullOptions, QUEUE_NAME } from './bull-queue.ts';
import { Collector } from './collector.ts';
import { decodeJob } from './job-codec.ts';
import { PatientWorker, patience, watchConnection, withCopies } from './patient-worker.ts';
import { atMostEvery } from './throttle.ts';

export interface RedisConsumerOptions extends WriteDeps {
  readonly connection: RedisConnection;
  readonly observer: Observer;
  /** Jobs in hand at a time. */
  readonly concurrency?: number;
  /** Of all consumers together; absent: as fast as they can. */
  readonly ratePerSecond?: number | undefined;
  /** Jobs that come within this time become one write. */
  readonly collectMs?: number;
  readonly batchMax?: number;
  /** A consumer that is silent for so long has lost its jobs to others. */
  readonly lockDurationMs?: number;
  readonly stalledIntervalMs?: number;
  /** Hears of each try of a write that belongs to a trace. */
  readonly onTraced?: ((write: TracedWrite) => void) | undefined;
  /** Dead letters that are kept, the newest. */
  readonly deadLettersMax?: number;
  /** Redis is asked for a sign of life this often; one that gives none for as long is connected to anew. */
  readonly aliveMs?: number;
  /** How long `close` waits for the jobs in hand; 1 s at most while Redis is away. Default 25,000. */
  readonly closeMs?: number;
}

/** One try of a write. */
export interface TracedWrite {
  /** W3C trace context of the request whose answer is written. */
  readonly traceparent: string;
  readonly queue: string;
  /** Unix time. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly failed: boolean;
}

export interface RedisConsumer {
  /** Taking jobs, or waiting for Redis to come back. */
  running(): boolean;
  /** Takes no more jobs and finishes those in hand; what is not finished in time another consumer takes over. */
  close(): Promise<void>;
}

/** With fewer, half of the CPU goes into waiting for company: measured 270 us a job at 16, 115 us at 64. */
const CONCURRENCY = 64;
const INCIDENT_INTERVAL_MS = 10_000;
/** Tries alone that ended with the death of the process. */
const DEATHS_MAX = 3;

/**
 * Writes what the queue holds, each entry at least once, those in hand together in one call. Does not wait for Redis,
 * and survives its absence. A job that can't be read, or whose worker died of it three times, is given up at once; one
 * whose write failed is tried again as its producer said.
 */
export async function startRedisConsumer(options: RedisConsumerOptions): Promise<RedisConsumer> {
  const { connection, observer, concurrency = CONCURRENCY, batchMax = 100, closeMs = 25_000 } = options;
  const clients = withCopies(connection.open('queue'));
  const collector = new Collector({
    ...options,
    collectMs: options.collectMs ?? 5,
    batchMax: Math.min(batchMax, concurrency),
    onBatchFailure: (error) => observer.incident('write-failed', error),
  });
  const processJob = processor(collector, options);
  const worker = new PatientWorker(QUEUE_NAME, processJob, workerOptions(clients.client, options));
  worker.on(
    'error',
    atMostEvery(INCIDENT_INTERVAL_MS, (error: Error) => observer.incident('queue-unavailable', publicError(error))),
  );
  worker.on('failed', (job) => {
    if (job?.finishedOn !== undefined) observer.incident('write-given-up', 1);
  });
  const watch = watchConnection(clients.client, worker.toKey('meta'), options.aliveMs ?? 5000);
  return {
    running: () => worker.isRunning() && !worker.closing,
    async close() {
      const closed = new AbortController();
      await Promise.race([worker.close(), patience(clients.client, closeMs, closed.signal)]);
      closed.abort();
      await worker.letGo();
      clearInterval(watch);
      clients.disconnect();
    },
  };
}

function workerOptions(client: RedisClient, options: RedisConsumerOptions): WorkerOptions {
  const { connection, concurrency = CONCURRENCY, ratePerSecond, deadLettersMax = 10_000 } = options;
  return {
    connection: client,
    ...bullOptions(connection),
    concurrency,
    ...(ratePerSecond !== undefined && { limiter: { max: ratePerSecond, duration: 1000 } }),
    removeOnComplete: { count: 0 },
    removeOnFail: { count: deadLettersMax },
    // A dead worker's lock runs out within 5 s, and the next look, at most twice 2 s later (the workers share one timer),
    // gives its jobs to another: 9 s at the worst. BullMQ's own bound of such losses would blame every job that was in
    // hand, or that an outage of Redis took from a worker in good health: `processor` counts for itself.
    lockDuration: options.lockDurationMs ?? 5000,
    stalledInterval: options.stalledIntervalMs ?? 2000,
    maxStalledCount: 1_000_000,
    runRetryDelay: 1000,
  };
}

/**
 * A job that some worker lost is suspect of having killed it: such are written one at a time, each with a mark in Redis
 * while it is in hand, so that only the one that does kill its worker collects marks.
 */
function processor(collector: Collector, deps: RedisConsumerOptions): (job: Job<string>) => Promise<void> {
  let suspects: Promise<unknown> = Promise.resolve();
  return async (job) => {
    try {
      if (job.stalledCounter === 0) return await traced(readJob(job), collector, deps.onTraced);
      const turn = suspects.then(() => writeSuspect(job, deps));
      suspects = turn.catch(() => {});
      return await turn;
    } catch (error) {
      throw asJobFailure(error);
    }
  };
}

async function traced(
  pending: PendingWrite,
  collector: Collector,
  tell: RedisConsumerOptions['onTraced'],
): Promise<void> {
  const { traceparent } = pending;
  if (traceparent === undefined || tell === undefined) return collector.write(pending);
  const startedAtMs = Date.now();
  let failed = true;
  try {
    await collector.write(pending);
    failed = false;
  } finally {
    tell({ traceparent, queue: QUEUE_NAME, startedAtMs, endedAtMs: Date.now(), failed });
  }
}

async function writeSuspect(job: Job<string>, deps: WriteDeps): Promise<void> {
  const deaths = typeof job.progress === 'number' ? job.progress : 0;
  if (deaths >= DEATHS_MAX) throw new UnrecoverableError(`its worker died ${deaths} times while it wrote this`);
  await job.updateProgress(deaths + 1);
  try {
    await writeUnlessVoid([readJob(job)], deps);
  } catch (error) {
    await job.updateProgress(deaths);
    throw error;
  }
}

function readJob(job: Job<string>): PendingWrite {
  try {
    return decodeJob(job.data);
  } catch {
    throw new UnrecoverableError('the job cannot be read');
  }
}

/** What BullMQ keeps of a failure is shown to operators: its kind, without message and stack of where it came from. */
function asJobFailure(error: unknown): Error {
  const failure = error instanceof UnrecoverableError ? error : new Error(failureReason(error));
  delete failure.stack;
  return failure;
}
