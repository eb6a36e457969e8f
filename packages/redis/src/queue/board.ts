import type { IncomingMessage, ServerResponse } from 'node:http';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { RedisConnection } from '../connection.ts';
import { openBullQueue } from './bull-queue.ts';
import { summarizeJob } from './job-codec.ts';

export interface QueueBoard {
  /** To be mounted at `basePath`, behind whatever guards the admin plane. */
  readonly handler: (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;
  close(): Promise<void>;
}

/** What would put the shown summary of a job in the place of its data. */
const FORGING = /^\/api\/queues\/[^/]+\/(add|[^/]+\/update-data)\/?(\?|$)/;

/** A page on the queue and its jobs. Of a job's data it shows ids and sizes; prompts and answers never leave Redis. */
export function createQueueBoard(options: { connection: RedisConnection; basePath: string }): QueueBoard {
  const { queue, client } = openBullQueue(options.connection, 'commands', () => {});
  const adapter = new BullMQAdapter(queue);
  adapter.setFormatter('data', (data: unknown) => summarizeJob(data) ?? 'cannot be read');
  const server = new ExpressAdapter();
  server.setBasePath(options.basePath);
  createBullBoard({ queues: [adapter], serverAdapter: server, options: { uiConfig: { boardTitle: 'nearhit queue' } } });
  const app = server.getRouter() as QueueBoard['handler'];
  return {
    handler(req, res, next) {
      if (!FORGING.test(req.url ?? '')) return app(req, res, next);
      res.writeHead(403, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ error: 'Jobs are made by the gateway; here they are driven again or removed.' }));
    },
    async close() {
      client.disconnect();
      await queue.close();
    },
  };
}
