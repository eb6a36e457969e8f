import type { IncomingMessage, ServerResponse } from 'node:http';
import { NearhitError } from '@nearhit/core';
import type { Application } from 'express';
import { bareApp, withRequestId } from '../bare-app.ts';
import type { Logger } from '../logger.ts';
import { type OpsDeps, opsRoutes } from '../ops/ops.ts';
import { sendError } from '../reply.ts';
import { bearerOf } from '../request.ts';
import { type Method, type Route, routerOf } from '../routes.ts';
import { tokenCheck } from '../token-check.ts';
import { BINARY, DEADLINE_HEADER } from './wire.ts';

export interface ServiceDeps extends OpsDeps {
  /** The internal token, not empty: everything but /healthz, /readyz and /metrics needs it as a bearer token. */
  readonly token: string;
  readonly log: Logger;
  /** Hears of each call that belongs to a trace. */
  readonly onTraced?: ((call: TracedCall) => void) | undefined;
}

/** A call that was answered. */
export interface TracedCall {
  /** The caller's W3C trace context. */
  readonly traceparent: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Unix time. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** An internal service as seen from the network: `createServer(app, { fast })`. */
export interface ServiceWire {
  readonly app: Application;
  /** Takes the busiest path ahead of the app. */
  readonly fast: (req: IncomingMessage, res: ServerResponse) => boolean;
}

export interface ServiceRoute {
  readonly method: Extract<Method, 'get' | 'post'>;
  readonly path: string;
  readonly handler: (req: IncomingMessage, res: ServerResponse) => Promise<void>;
}

type Handler = (req: IncomingMessage, res: ServerResponse) => void;

/** `busiest`: the route that is served ahead of express too. */
export function createServiceWire(
  deps: ServiceDeps,
  busiest: ServiceRoute,
  others: readonly ServiceRoute[],
): ServiceWire {
  const { log } = deps;
  const isToken = tokenCheck(deps.token, 'internal');
  const fail = (req: IncomingMessage, res: ServerResponse, error: unknown): void => sendError(req, res, error, log);
  const guarded =
    (handler: ServiceRoute['handler']): Handler =>
    (req, res) => {
      const startedAtMs = performance.now();
      if (isToken(bearerOf(req)))
        handler(req, res)
          .catch((error: unknown) => fail(req, res, error))
          .then(() => note(req, res, startedAtMs, deps));
      else {
        res.setHeader('www-authenticate', 'Bearer realm="nearhit internal"');
        fail(req, res, unauthorized());
      }
    };
  const handle = guarded(busiest.handler);
  const routes: Route[] = [busiest, ...others].map((route) => ({ ...route, handler: guarded(route.handler) }));
  const app = bareApp(log, (bare) => bare.use(withRequestId, routerOf([...routes, ...opsRoutes(deps)])));
  const method = busiest.method.toUpperCase();
  const fast: ServiceWire['fast'] = (req, res) => {
    if (req.url !== busiest.path || req.method !== method) return false;
    handle(req, res);
    return true;
  };
  return { app, fast };
}

/** For whoever follows a request through the services. Probes carry no id and are not told of. */
function note(req: IncomingMessage, res: ServerResponse, startedAtMs: number, { log, onTraced }: ServiceDeps): void {
  const { traceparent } = req.headers;
  if (onTraced !== undefined && typeof traceparent === 'string') {
    const endedAtMs = Date.now();
    const about = { method: req.method ?? '', path: req.url ?? '', status: res.statusCode };
    onTraced({ traceparent, ...about, endedAtMs, startedAtMs: endedAtMs - (performance.now() - startedAtMs) });
  }
  const { 'x-request-id': requestId } = req.headers;
  if (log.debug === undefined || requestId === undefined || req.method === 'GET') return;
  const ms = Math.round((performance.now() - startedAtMs) * 1000) / 1000;
  log.debug({ requestId, path: req.url, status: res.statusCode, ms }, 'served');
}

function unauthorized(): NearhitError {
  return new NearhitError(
    'UNAUTHORIZED',
    "Internal services need the internal token: send 'authorization: Bearer <token>'.",
  );
}

/** When the caller stops waiting, on the `Date.now()` clock; undefined when it set no deadline. Throws INVALID_REQUEST. */
export function deadlineOf(req: IncomingMessage): number | undefined {
  const text = req.headers[DEADLINE_HEADER];
  if (text === undefined) return undefined;
  const leftMs = typeof text === 'string' && text.trim() !== '' ? Number(text) : Number.NaN;
  if (Number.isFinite(leftMs)) return Date.now() + leftMs;
  throw new NearhitError('INVALID_REQUEST', `Invalid request: '${DEADLINE_HEADER}': expected milliseconds.`, {
    param: DEADLINE_HEADER,
  });
}

export function sendBinary(res: ServerResponse, bytes: Buffer): void {
  res.writeHead(200, { 'content-type': BINARY, 'content-length': bytes.length });
  res.end(bytes);
}
