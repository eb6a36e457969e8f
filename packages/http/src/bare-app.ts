import { NearhitError } from '@nearhit/core';
import express, { type Application, type ErrorRequestHandler, type RequestHandler } from 'express';
import type { Logger } from './logger.ts';
import { type ErrorShape, sendError } from './reply.ts';
import { requestIdOf } from './request.ts';

/** Echoes the request's id, or makes one. */
export const withRequestId: RequestHandler = (req, res, next) => {
  res.setHeader('x-request-id', requestIdOf(req));
  next();
};

/** Behind everything that is served. */
export const nothingThere: RequestHandler = (req) => {
  throw new NearhitError('NOT_FOUND', `There is nothing at ${req.method} ${req.path.slice(0, 200)}.`);
};

/**
 * An express app as all of the house are set up: `mount` adds what it serves; everything else is a 404. `shapeOf`: of the
 * errors at a path, query included; undefined: OpenAI's.
 */
export function bareApp(
  log: Logger,
  mount: (app: Application) => void,
  shapeOf?: (path: string) => ErrorShape | undefined,
): Application {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple').set('case sensitive routing', true);
  mount(app);
  app.use(nothingThere);
  const onError: ErrorRequestHandler = (error, req, res, _next) =>
    sendError(req, res, error, log, shapeOf?.(req.originalUrl));
  app.use(onError);
  return app;
}
