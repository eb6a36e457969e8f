import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'bullmq';
import type { RedisClient } from '../connection.ts';
import { isReady } from './bull-queue.ts';

const REFUSED_MS = 500;
const AWAY_CLOSE_MS = 1000;
const LOOK_MS = 100;

/** Resolves after `closeMs`, or soon where Redis is away: then there is nobody to take leave of. */
export async function patience(client: RedisClient, closeMs: number, signal: AbortSignal): Promise<void> {
  let awayMs = 0;
  for (let leftMs = closeMs; leftMs > 0 && awayMs < AWAY_CLOSE_MS; leftMs -= LOOK_MS) {
    await sleep(Math.min(LOOK_MS, leftMs), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    awayMs = isReady(client) ? 0 : awayMs + LOOK_MS;
  }
}

/** BullMQ asks again at once when Redis refuses to hand out a job (out of memory, disk full), thousands of times a second. */
export class PatientWorker extends Worker<string> {
  protected override async moveToActive(token: string, name?: string) {
    try {
      return await super.moveToActive(token, name);
    } catch (error) {
      await sleep(REFUSED_MS);
      throw error;
    }
  }

  /** A close that waits for Redis does not come to this, and its timer would run on. */
  letGo(): Promise<void> {
    return this.lockManager.close();
  }
}

/** A peer that vanished without a word would be waited for until TCP gives up, a quarter of an hour later. */
export function watchConnection(client: RedisClient, key: string, aliveMs: number): NodeJS.Timeout {
  let asked = false;
  const ask = (): void => {
    const silent = asked;
    asked = isReady(client);
    if (!asked) return;
    if (silent) client.disconnect(true);
    const answered = (): void => {
      asked = false;
    };
    client.exists(key).then(answered, answered);
  };
  return setInterval(ask, aliveMs);
}

/** BullMQ makes copies of a client for its blocking commands and loses sight of them when Redis never came up. */
export function withCopies(client: RedisClient): { client: RedisClient; disconnect: () => void } {
  const copies: RedisClient[] = [];
  const duplicate = client.duplicate.bind(client) as (...args: unknown[]) => RedisClient;
  client.duplicate = ((...args: unknown[]) => {
    const copy = duplicate(...args);
    copies.push(copy);
    return copy;
  }) as typeof client.duplicate;
  return {
    client,
    disconnect: () => {
      for (const one of [client, ...copies]) one.disconnect();
    },
  };
}
