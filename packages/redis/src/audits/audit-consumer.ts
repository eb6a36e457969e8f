import type { AuditJob, AuditJudgement, Observer, RunAudit } from '@nearhit/core';
import { failureReason } from '@nearhit/core';
import { type Job, UnrecoverableError } from 'bullmq';
import type { RedisConnection } from '../connection.ts';
import { publicError } from '../failure.ts';
import { bullOptions } from '../queue/bull-queue.ts';
import { PatientWorker, patience, watchConnection, withCopies } from '../queue/patient-worker.ts';
import { atMostEvery } from '../queue/throttle.ts';
import { AUDIT_QUEUE } from './audit-queue.ts';

export interface RedisAuditConsumerOptions {
  readonly connection: RedisConnection;
  readonly observer: Pick<Observer, 'incident'>;
  readonly run: RunAudit;
  /** Resolves when there is nothing more urgent to do. Default: at once. */
  readonly calm?: (() => Promise<void>) | undefined;
  /** A consumer that is silent for so long has lost its jobs to others. */
  readonly lockDurationMs?: number | undefined;
  readonly stalledIntervalMs?: number | undefined;
  readonly aliveMs?: number | undefined;
  readonly closeMs?: number | undefined;
}

const INCIDENT_INTERVAL_MS = 10_000;
/** A job whose worker died of it so often is given up. */
const DEATHS_MAX = 3;

/**
 * Runs the audits that the queue holds, one at a time, each until it is done or given up. What a process had in hand when it
 * ended another one takes over, within 9 s at the worst, and finds the verdict if there was one.
 */
export async function startRedisAuditConsumer(options: RedisAuditConsumerOptions): Promise<{ close(): Promise<void> }> {
  const { connection, observer, closeMs = 10_000 } = options;
  const clients = withCopies(connection.open('queue'));
  const closing = new AbortController();
  const worker = new PatientWorker(AUDIT_QUEUE, (job) => runJob(job, options, closing.signal), {
    connection: clients.client,
    ...bullOptions(connection),
    concurrency: 1,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
    lockDuration: options.lockDurationMs ?? 5000,
    stalledInterval: options.stalledIntervalMs ?? 2000,
    maxStalledCount: DEATHS_MAX,
    runRetryDelay: 1000,
  });
  const report = (error: Error) => observer.incident('audit-queue-unavailable', publicError(error));
  worker.on('error', atMostEvery(INCIDENT_INTERVAL_MS, report));
  worker.on('failed', (job, error) => {
    if (job === undefined || job.finishedOn !== undefined) observer.incident('audit-given-up', error);
  });
  const watch = watchConnection(clients.client, worker.toKey('meta'), options.aliveMs ?? 5000);
  return {
    async close() {
      const closed = new AbortController();
      closing.abort();
      await Promise.race([worker.close(), patience(clients.client, closeMs, closed.signal)]);
      closed.abort();
      await worker.letGo();
      clearInterval(watch);
      clients.disconnect();
    },
  };
}

/** A job's data, and the verdict, once there is one. */
type Data = AuditJob & { readonly judged?: AuditJudgement };

async function runJob(job: Job<string>, { run, calm }: RedisAuditConsumerOptions, signal: AbortSignal): Promise<void> {
  const { judged, ...audit } = readJob(job);
  const keep = async (judgement: AuditJudgement): Promise<void> => {
    const kept: Data = { ...audit, judged: judgement };
    await job.updateData(JSON.stringify(kept));
  };
  try {
    await calm?.();
    await run(audit, { judged, keep, signal });
  } catch (error) {
    // Its kind alone: what is kept of a failure is shown to operators.
    const failure = new Error(failureReason(error));
    delete failure.stack;
    throw failure;
  }
}

function readJob({ data }: Job<string>): Data {
  try {
    const read = JSON.parse(data) as Data;
    if (typeof read.id !== 'string' || typeof read.compare !== 'object') throw new TypeError('no audit');
    return read;
  } catch {
    throw new UnrecoverableError('the job cannot be read');
  }
}
