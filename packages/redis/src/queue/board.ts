import type { IncomingMessage, ServerResponse } from 'node:http';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { RedisConnection } from '../connection.ts';
import { isReady, openBullQueue } from './bull-queue.ts';
import { summarizeJob } from './job-codec.ts';

export interface QueueBoard {
  /** To be mounted at `basePath`, behind whatever guards the admin plane. */
  readonly handler: (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;
  close(): Promise<void>;
}

/** What would put the shown summary of a job in the place of its data. */
const FORGING = /^\/api\/queues\/[^/]+\/(add|[^/]+\/update-data)\/?(\?|$)/i;

const API = /^\/api\//i;

/** A page on the queue and its jobs. Of a job's data it shows ids and sizes; prompts and answers never leave Redis. */
export function createQueueBoard(options: { connection: RedisConnection; basePath: string }): QueueBoard {
  const { queue, client } = openBullQueue(options.connection, 'commands', () => {});
  const adapter = new BullMQAdapter(queue);
  adapter.setFormatter('data', (data: unknown) => summarizeJob(data) ?? 'cannot be read');
  const server = new ExpressAdapter();
  server.setBasePath(options.basePath);
  createBullBoard({ queues: [adapter], serverAdapter: server, options: { uiConfig: { boardTitle: 'nearhit queue' } } });
  // Its own passes on what Redis said, and under NODE_ENV=development the stack.
  server.setErrorHandler(() => ({ status: 500, body: { error: 'The queue could not be read or changed.' } }));
  const app = server.getRouter() as QueueBoard['handler'];
  return {
    handler(req, res, next) {
      const url = req.url ?? '';
      if (FORGING.test(url))
        return refuse(res, 403, 'Jobs are made by the gateway; here they are driven again or removed.');
      if (API.test(url) && !isReady(client)) return refuse(res, 503, 'The queue is not available at the moment.');
      app(req, res, next);
    },
    async close() {
      client.disconnect();
      await queue.close();
    },
  };
}

function refuse(res: ServerResponse, status: number, error: string): void {
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(JSON.stringify({ error }));
}
