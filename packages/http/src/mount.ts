import { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import { createAdminRouter, createSessionRouter } from './admin/router.ts';
import { type AppDeps, dataPlane } from './app.ts';
import { nothingThere, withRequestId } from './bare-app.ts';
import { dashboardSite } from './dashboard/site.ts';
import { guarded, type WireDeps } from './door.ts';
import { opsRoutes } from './ops/ops.ts';
import { sendError } from './reply.ts';
import { routerOf } from './routes.ts';

/** The wire without a server of its own: each for a path of an Express app, of version 4 or 5. */
export interface Mounted {
  /** `/v1`. */
  readonly data: RequestHandler;
  /** `/admin/v1`. */
  readonly admin: RequestHandler;
  /** Health, readiness and metrics: `/`, or wherever they do not meet the app's own. */
  readonly ops: RequestHandler;
  /** The page at `/dashboard` and its sessions, which speak to `/admin/v1` and `/v1`: for the app's root. All else goes on. */
  readonly dashboard: RequestHandler;
}

/** What is not nearhit's is refused below these paths, in nearhit's words: nothing of it falls through to the app. */
export function mountDoor(deps: WireDeps): Mounted {
  const { doors, authorize } = guarded(deps);
  const all: AppDeps = { ...deps, doors, authorize };
  const { log, upstream } = deps;
  const data = closed(deps, [dataPlane(all)]);
  const direct = new Map(Object.entries(doors));
  return {
    data(req, res, next) {
      const door = req.method === 'POST' ? direct.get(req.url) : undefined;
      if (door === undefined) data(req, res, next);
      else door(req, res);
    },
    admin: closed(deps, [createAdminRouter({ ...deps.admin, upstream, log, readiness: deps.readiness })]),
    ops: routerOf(opsRoutes(all)),
    dashboard: page(all),
  };
}

function page({ admin, dashboard, log }: AppDeps): RequestHandler {
  const router = Router({ caseSensitive: true });
  router.use('/dashboard', withRequestId);
  router.use(createSessionRouter(admin));
  if (dashboard !== undefined) router.use('/dashboard', dashboardSite(dashboard));
  return withErrors(router, log);
}

function withErrors(router: Router, log: WireDeps['log']): RequestHandler {
  const onError: ErrorRequestHandler = (error, req, res, _next) => sendError(req, res, error, log);
  router.use(onError);
  return (req, res, next) => router(req, res, next);
}

/** A router, not an app: apps within apps swap the prototypes of requests, and take over settings. */
function closed({ log }: WireDeps, handlers: readonly RequestHandler[]): RequestHandler {
  const router = Router({ caseSensitive: true });
  router.use(withRequestId, ...handlers);
  router.use(nothingThere);
  return withErrors(router, log);
}
