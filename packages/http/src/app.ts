import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BatchRoom } from '@nearhit/batch';
import type { Application } from 'express';
import { boardDoor } from './admin/board.ts';
import { type AdminDeps, createAdminRouter } from './admin/router.ts';
import { bareApp, withRequestId } from './bare-app.ts';
import type { Logger } from './logger.ts';
import { batchRoutes } from './openai/batches.ts';
import { createEmbeddingsHandler, type EmbeddingsDeps } from './openai/embeddings.ts';
import { fileRoutes } from './openai/files.ts';
import { modelRoutes } from './openai/models.ts';
import { type OpsDeps, opsRoutes } from './ops/ops.ts';
import { sendError } from './reply.ts';
import { routerOf } from './routes.ts';

export interface AppDeps extends OpsDeps {
  /** POST /v1/chat/completions. Answers its own failures. */
  readonly chat: (req: IncomingMessage, res: ServerResponse) => void;
  readonly upstream: EmbeddingsDeps['upstream'] & AdminDeps['upstream'];
  readonly embedder?: EmbeddingsDeps['embedder'];
  /** Absent: everybody may use the data plane. */
  readonly authorize?: EmbeddingsDeps['authorize'];
  /** Absent: no files and no batches here. */
  readonly batchRoom?: BatchRoom | undefined;
  readonly admin: Omit<AdminDeps, 'upstream' | 'log'>;
  readonly bodyBytesMax: number;
  readonly log: Logger;
}

/** The whole wire of the ingress: data plane, admin plane, operations. */
export function createApp(deps: AppDeps): Application {
  const { log, upstream, embedder, batchRoom } = deps;
  const fail = (req: IncomingMessage, res: ServerResponse, error: unknown): void => sendError(req, res, error, log);
  return bareApp(log, (app) => {
    app.use(withRequestId);
    app.use(
      '/v1',
      routerOf([
        { method: 'post', path: '/chat/completions', handler: deps.chat },
        { method: 'post', path: '/embeddings', handler: createEmbeddingsHandler({ ...deps, fail }) },
        ...modelRoutes({ upstream, authorize: deps.authorize, localModel: embedder && (() => embedder.model.id) }),
        ...(batchRoom === undefined
          ? []
          : [...fileRoutes({ ...batchRoom, ...deps }), ...batchRoutes({ ...batchRoom, ...deps })]),
      ]),
    );
    app.use('/admin/v1', createAdminRouter({ ...deps.admin, upstream, log }));
    if (deps.admin.board !== undefined) app.use('/admin/queues', boardDoor(deps.admin.token), deps.admin.board);
    app.use(routerOf(opsRoutes(deps)));
  });
}
