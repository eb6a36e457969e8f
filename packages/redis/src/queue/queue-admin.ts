import type { DeadLetter, QueueAdmin } from '@nearhit/core';
import type { Job, JobType, Queue } from 'bullmq';
import type { RedisClient } from '../connection.ts';
import { askQueue, countWith } from './bull-queue.ts';
import { summarizeJob } from './job-codec.ts';

const PAGE = 100;
const REASON_CHARS_MAX = 200;
/** A job's id is that of its entry, and when the answer was finished. */
const CREATED_AT = /^[0-9a-f]{64}-(\d{1,15})$/;

export interface QueueAdminDeps {
  readonly queue: Queue<string>;
  readonly client: RedisClient;
  /** How many this process holds that the shared queue does not know of yet. */
  readonly inMemory: () => number;
}

/** Throws STORE_UNAVAILABLE while Redis is away. */
export function createQueueAdmin({ queue, client, inMemory }: QueueAdminDeps): QueueAdmin {
  // Ids are read first: what fails again meanwhile is not driven again in the same call.
  const each = (ids: readonly string[] | undefined, step: (queue: Queue<string>, id: string) => Promise<boolean>) =>
    askQueue(client, async () => {
      const chosen = ids ?? (await queue.getRanges(['failed'], 0, -1));
      return countOf(chosen, (id) => step(queue, id));
    });
  return {
    async counts() {
      const { counts, held } = await askQueue(client, () =>
        countWith(inMemory, () => queue.getJobCounts('waiting', 'active', 'delayed', 'failed')),
      );
      const { waiting = 0, active = 0, delayed = 0, failed: dead = 0 } = counts;
      return { waiting: waiting + held, active, delayed, dead };
    },
    async oldestAtMs() {
      const ask = (state: JobType) => queue.getRanges([state], 0, 0, true);
      const heads = await askQueue(client, () => Promise.all([ask('waiting'), ask('delayed')]));
      const atMs = heads.flat().map((id) => Number(CREATED_AT.exec(id)?.[1] ?? Number.NaN));
      const known = atMs.filter(Number.isFinite);
      return known.length === 0 ? undefined : Math.min(...known);
    },
    async deadLetters({ offset, limit }) {
      if (limit < 1) return [];
      const jobs = await askQueue(client, () => queue.getFailed(offset, offset + limit - 1));
      return jobs.map(letterOf);
    },
    redrive: (ids) => each(ids, redrive),
    discard: (ids) => each(ids, discard),
  };
}

function letterOf(job: Job<string>): DeadLetter {
  const { entryId, namespace, model } = summarizeJob(job.data) ?? {};
  return {
    id: job.id ?? '',
    entryId,
    namespace,
    model,
    attempts: job.attemptsMade,
    failedAtMs: job.finishedOn ?? job.timestamp,
    reason: (job.failedReason ?? 'unknown').replaceAll(/\s+/g, ' ').slice(0, REASON_CHARS_MAX),
  };
}

async function redrive(queue: Queue<string>, id: string): Promise<boolean> {
  const job = await queue.getJob(id);
  if (job === undefined || !(await job.isFailed())) return false;
  if (job.progress !== 0) await job.updateProgress(0);
  return settled(job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true }));
}

async function discard(queue: Queue<string>, id: string): Promise<boolean> {
  const job = await queue.getJob(id);
  if (job === undefined || !(await job.isFailed())) return false;
  return settled(job.remove());
}

/** False when somebody else was quicker: the job is gone, or no longer dead. */
async function settled(step: Promise<unknown>): Promise<boolean> {
  try {
    await step;
    return true;
  } catch (error) {
    // BullMQ numbers what its scripts refuse.
    if (error instanceof Error && typeof (error as { code?: unknown }).code === 'number') return false;
    throw error;
  }
}

async function countOf(ids: readonly string[], step: (id: string) => Promise<boolean>): Promise<number> {
  let count = 0;
  for (let at = 0; at < ids.length; at += PAGE) {
    const done = await Promise.all(ids.slice(at, at + PAGE).map(step));
    count += done.filter(Boolean).length;
  }
  return count;
}
