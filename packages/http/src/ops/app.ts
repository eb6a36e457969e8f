import type { Application } from 'express';
import { bareApp } from '../bare-app.ts';
import type { Logger } from '../logger.ts';
import { routerOf } from '../routes.ts';
import { type OpsDeps, opsRoutes } from './ops.ts';

/** For a process that serves nobody: /healthz, /readyz and /metrics. */
export function createOpsApp(deps: OpsDeps & { readonly log: Logger }): Application {
  return bareApp(deps.log, (app) => app.use(routerOf(opsRoutes(deps))));
}
