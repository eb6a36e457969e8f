import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Queue } from 'bullmq';
import type { RedisClient, RedisConnection } from '../connection.ts';
import type { BoardHandler } from './board-page.ts';
import { isReady, openBullQueue } from './bull-queue.ts';

export interface QueueBoard {
  /** To be mounted at `basePath`, behind whatever guards the admin plane. */
  readonly handler: BoardHandler;
  close(): Promise<void>;
}

interface OpenBoard {
  readonly queue: Queue;
  readonly client: RedisClient;
  readonly page: BoardHandler;
}

/** What would put the shown summary of a job in the place of its data. */
const FORGING = /^\/api\/queues\/[^/]+\/(add|[^/]+\/update-data)\/?(\?|$)/i;

const API = /^\/api\//i;

/** How long the first look waits for a connection of its own. */
const CONNECT_MS = 1000;

/**
 * A page on the queue and its jobs. Of a job's data it shows ids and sizes; prompts and answers never leave Redis.
 * Loaded and connected at the first look.
 */
export function createQueueBoard(options: { connection: RedisConnection; basePath: string }): QueueBoard {
  let opened: Promise<OpenBoard> | undefined;
  const board = (): Promise<OpenBoard> => {
    opened ??= open(options);
    return opened;
  };
  return {
    handler(req, res, next) {
      const url = req.url ?? '';
      if (FORGING.test(url))
        return refuse(res, 403, 'Jobs are made by the gateway; here they are driven again or removed.');
      board().then(({ client, page }) => {
        if (API.test(url) && !isReady(client)) return refuse(res, 503, 'The queue is not available at the moment.');
        page(req, res, next);
      }, next);
    },
    async close() {
      const board = await opened?.catch(() => undefined);
      board?.client.disconnect();
      await board?.queue.close();
    },
  };
}

async function open({ connection, basePath }: { connection: RedisConnection; basePath: string }): Promise<OpenBoard> {
  const { boardPage } = await import('./board-page.ts');
  const { queue, client } = openBullQueue(connection, 'commands', () => {});
  if (!isReady(client)) await once(client, 'ready', { signal: AbortSignal.timeout(CONNECT_MS) }).catch(() => {});
  return { queue, client, page: boardPage(queue, basePath) };
}

function refuse(res: ServerResponse, status: number, error: string): void {
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(JSON.stringify({ error }));
}
