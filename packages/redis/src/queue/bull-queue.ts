import { setImmediate as nextTurn } from 'node:timers/promises';
import { NearhitError } from '@nearhit/core';
import { Queue } from 'bullmq';
import type { ClientPurpose, RedisClient, RedisConnection } from '../connection.ts';
import { describeFailure } from '../failure.ts';

export const QUEUE_NAME = 'writes';

/** Names and behaviour that the producer, the consumer and the board must have in common. */
export function bullOptions(connection: RedisConnection) {
  return {
    // The hash tag keeps every key of the queue in one slot of a cluster.
    prefix: `${connection.prefix}:{queue}`,
    // BullMQ would ask for the server's version and print what it thinks of its eviction policy.
    skipVersionCheck: true,
  } as const;
}

/** A queue of BullMQ with a client of its own. Close both: BullMQ leaves a client that it was given open. */
export function openBullQueue(
  connection: RedisConnection,
  purpose: ClientPurpose,
  onError: (error: Error) => void,
  name = QUEUE_NAME,
): { queue: Queue<string>; client: RedisClient } {
  const client = connection.open(purpose);
  const queue = new Queue<string>(name, {
    connection: client,
    ...bullOptions(connection),
    streams: { events: { maxLen: 100 } },
  });
  queue.on('error', onError);
  return { queue, client };
}

export const isReady = (client: RedisClient): boolean => client.status === 'ready';

/** BullMQ would wait for Redis as long as it takes. Throws STORE_UNAVAILABLE, without the command that failed. */
export async function askQueue<T>(client: RedisClient, ask: () => Promise<T>): Promise<T> {
  if (!isReady(client)) throw unavailable('not connected');
  try {
    return await ask();
  } catch (error) {
    throw unavailable(describeFailure(error));
  }
}

const RECOUNTS_MAX = 3;

/**
 * What Redis counts, and what `held` says that this process holds beside it. What is handed on meanwhile is asked for again,
 * so that it is counted once; under steady traffic it may be counted twice, never not at all.
 */
export async function countWith<T>(held: () => number, ask: () => Promise<T>): Promise<{ counts: T; held: number }> {
  for (let recounts = 0; ; recounts += 1) {
    const before = held();
    const counts = await ask();
    // Redis answers in order: by the next turn this process knows of all that Redis had taken when it counted.
    await nextTurn();
    if (held() === before || recounts === RECOUNTS_MAX) return { counts, held: before };
  }
}

function unavailable(detail: string): NearhitError {
  return new NearhitError('STORE_UNAVAILABLE', 'the queue is not available at the moment', { detail });
}
