import type { IncomingMessage, ServerResponse } from 'node:http';
import { NearhitError } from '@nearhit/core';
import express, { type Application, type ErrorRequestHandler } from 'express';
import { boardDoor } from './admin/board.ts';
import { type AdminDeps, createAdminRouter } from './admin/router.ts';
import type { Logger } from './logger.ts';
import { createEmbeddingsHandler, type EmbeddingsDeps } from './openai/embeddings.ts';
import { modelRoutes } from './openai/models.ts';
import { type OpsDeps, opsRoutes } from './ops/ops.ts';
import { sendError } from './reply.ts';
import { requestIdOf } from './request.ts';
import { routerOf } from './routes.ts';

export interface AppDeps extends OpsDeps {
  /** POST /v1/chat/completions. Answers its own failures. */
  readonly chat: (req: IncomingMessage, res: ServerResponse) => void;
  readonly upstream: EmbeddingsDeps['upstream'] & AdminDeps['upstream'];
  readonly embedder?: EmbeddingsDeps['embedder'];
  /** Absent: everybody may use the data plane. */
  readonly authorize?: EmbeddingsDeps['authorize'];
  readonly admin: Omit<AdminDeps, 'upstream' | 'log'>;
  readonly bodyBytesMax: number;
  readonly log: Logger;
}

/** The whole wire of the ingress: data plane, admin plane, operations. */
export function createApp(deps: AppDeps): Application {
  const { log, upstream, embedder } = deps;
  const fail = (req: IncomingMessage, res: ServerResponse, error: unknown): void => sendError(req, res, error, log);
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple').set('case sensitive routing', true);

  app.use((req, res, next) => {
    res.setHeader('x-request-id', requestIdOf(req));
    next();
  });
  app.use(
    '/v1',
    routerOf([
      { method: 'post', path: '/chat/completions', handler: deps.chat },
      { method: 'post', path: '/embeddings', handler: createEmbeddingsHandler({ ...deps, fail }) },
      ...modelRoutes({ upstream, authorize: deps.authorize, localModel: embedder && (() => embedder.model.id) }),
    ]),
  );
  app.use('/admin/v1', createAdminRouter({ ...deps.admin, upstream, log }));
  if (deps.admin.board !== undefined) app.use('/admin/queues', boardDoor(deps.admin.token), deps.admin.board);
  app.use(routerOf(opsRoutes(deps)));

  app.use((req) => {
    throw new NearhitError('NOT_FOUND', `There is nothing at ${req.method} ${req.path.slice(0, 200)}.`);
  });
  const onError: ErrorRequestHandler = (error, req, res, _next) => fail(req, res, error);
  app.use(onError);
  return app;
}
