import type { DeadLetter, QueueAdmin } from '@nearhit/core';
import type { Job, Queue } from 'bullmq';
import { summarizeJob } from './job-codec.ts';

const PAGE = 100;
const REASON_CHARS_MAX = 200;

/** `inMemory`: how many this process holds that the shared queue does not know of yet. */
export function createQueueAdmin(queue: Queue<string>, inMemory: () => number): QueueAdmin {
  const deadIds = (): Promise<string[]> => queue.getRanges(['failed'], 0, -1);
  return {
    async counts() {
      const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
      const { waiting = 0, active = 0, delayed = 0, failed: dead = 0 } = counts;
      return { waiting: waiting + inMemory(), active, delayed, dead };
    },
    async deadLetters({ offset, limit }) {
      if (limit < 1) return [];
      const jobs = await queue.getFailed(offset, offset + limit - 1);
      return jobs.map(letterOf);
    },
    // Ids are read first: what fails again meanwhile is not driven again in the same call.
    redrive: async (ids) => countOf(ids ?? (await deadIds()), (id) => redrive(queue, id)),
    discard: async (ids) => countOf(ids ?? (await deadIds()), (id) => discard(queue, id)),
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
