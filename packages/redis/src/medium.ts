import { type Observer, searchable } from '@nearhit/core';
import { createRedisAuditQueue } from './audits/audit-queue.ts';
import { connectRedis } from './connection.ts';
import { createRedisDecisions } from './decisions/redis-decisions.ts';
import { createRedisFlights } from './flights/flights.ts';
import { openRedisStores } from './open-stores.ts';
import { createQueueBoard } from './queue/board.ts';
import { createRedisWriteQueue, type RedisWriteQueueOptions } from './queue/write-queue.ts';
import type { RedisSettings } from './settings.ts';

export interface RedisMediumOptions {
  readonly settings: RedisSettings;
  readonly observer: Observer;
  readonly queue: Pick<RedisWriteQueueOptions, 'flushMs' | 'entriesMax' | 'attemptsMax'>;
  /** Where what could not be handed on waits for the next start. */
  readonly leftoversFile: string;
  /** How far all indexes have taken in the change log: a flush waits for them. */
  readonly position: () => Promise<number>;
  /** Where the queue's page will be mounted. */
  readonly boardPath: string;
}

/** All that a process which answers requests shares with the others by Redis. Does not wait for Redis. */
export function openRedisMedium({ settings, observer, queue, position, boardPath, leftoversFile }: RedisMediumOptions) {
  const connection = connectRedis(settings, (error) => observer.incident('redis-connection', error));
  const stores = openRedisStores(connection);
  const sharedFlights = createRedisFlights({ connection, observer });
  const barrier = (deadlineMs: number | undefined) => searchable(stores.log, position, deadlineMs);
  const { flushMs, entriesMax, attemptsMax } = queue;
  const writing = createRedisWriteQueue({
    ...{ connection, observer, barrier, leftoversFile },
    ...{ flushMs, entriesMax, attemptsMax },
  });
  const audits = createRedisAuditQueue({ connection, observer });
  const decisions = createRedisDecisions({ connection, observer });
  const board = createQueueBoard({ connection, basePath: boardPath });
  return {
    ...{ connection, stores, sharedFlights, decisions, board, audits },
    queue: writing,
    invalidations: stores.invalidations,
    registry: stores.registry,
    ping: () => connection.client.ping(),
    ready: (timeoutMs: number) => connection.ready(timeoutMs),
    /** What is enqueued is handed on first. */
    async close(): Promise<void> {
      await writing.close();
      await Promise.all([sharedFlights.close(), decisions.close(), board.close(), audits.close()]);
      await stores.close();
      await connection.close();
    },
  };
}
