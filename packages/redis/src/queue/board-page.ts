import type { IncomingMessage, ServerResponse } from 'node:http';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { Queue } from 'bullmq';
import { summarizeJob } from './job-codec.ts';

export type BoardHandler = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

/** bull-board itself: some 500 modules, which nobody needs but who looks at it. Imported at the first look only. */
export function boardPage(queue: Queue, basePath: string): BoardHandler {
  const adapter = new BullMQAdapter(queue);
  adapter.setFormatter('data', (data: unknown) => summarizeJob(data) ?? 'cannot be read');
  const server = new ExpressAdapter();
  server.setBasePath(basePath);
  createBullBoard({ queues: [adapter], serverAdapter: server, options: { uiConfig: { boardTitle: 'nearhit queue' } } });
  // Its own passes on what Redis said, and under NODE_ENV=development the stack.
  server.setErrorHandler(() => ({ status: 500, body: { error: 'The queue could not be read or changed.' } }));
  return server.getRouter() as BoardHandler;
}
