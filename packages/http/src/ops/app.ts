import { NearhitError } from '@nearhit/core';
import express, { type Application, type ErrorRequestHandler } from 'express';
import type { Logger } from '../logger.ts';
import { sendError } from '../reply.ts';
import { routerOf } from '../routes.ts';
import { type OpsDeps, opsRoutes } from './ops.ts';

/** For a process that serves nobody: /healthz, /readyz and /metrics. */
export function createOpsApp(deps: OpsDeps & { readonly log: Logger }): Application {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple').set('case sensitive routing', true);
  app.use(routerOf(opsRoutes(deps)));
  app.use((req) => {
    throw new NearhitError('NOT_FOUND', `There is nothing at ${req.method} ${req.path.slice(0, 200)}.`);
  });
  const onError: ErrorRequestHandler = (error, req, res, _next) => sendError(req, res, error, deps.log);
  app.use(onError);
  return app;
}
