import { setTimeout as sleep } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import type { RedisClient } from '../connection.ts';
import { askQueue } from './bull-queue.ts';

const POLL_MS = 25;
const WINDOW = 100;

export interface Left {
  /** Jobs that had not left by the deadline; undefined when Redis did not even say which there are. */
  readonly remaining: number | undefined;
}

/**
 * Waits until every job that is in the queue now, whoever put it there, has left it: done, or given up. While Redis is
 * away it asks on, until `expired` says so.
 */
export async function whenJobsLeft(queue: Queue, client: RedisClient, expired: () => boolean): Promise<Left> {
  let ids: string[] | undefined;
  let reached = false;
  for (;;) {
    try {
      // One script: no job is missed by moving from one list to another between two looks.
      ids ??= await askQueue(client, () => queue.getRanges(['waiting', 'active', 'delayed'], 0, -1));
      reached = true;
      ids = await withoutGone(queue, client, ids);
      if (ids.length === 0) return { remaining: 0 };
    } catch {
      // The deadline decides.
    }
    if (expired()) return { remaining: reached ? ids?.length : undefined };
    await sleep(POLL_MS);
  }
}

/** Looks at the first ones only, and goes on as long as all of them are gone. */
async function withoutGone(queue: Queue, client: RedisClient, ids: string[]): Promise<string[]> {
  for (let at = 0; at < ids.length; at += WINDOW) {
    const window = ids.slice(at, at + WINDOW);
    const pipeline = client.pipeline();
    for (const id of window) pipeline.hmget(queue.toKey(id), 'name', 'finishedOn');
    const replies = (await pipeline.exec()) ?? [];
    const still = window.filter((_, i) => {
      const [error, fields] = replies[i] as [Error | null, [string | null, string | null]];
      if (error !== null) throw error;
      return fields[0] !== null && fields[1] === null;
    });
    if (still.length > 0) return [...still, ...ids.slice(at + WINDOW)];
  }
  return [];
}
