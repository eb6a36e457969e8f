import { type RequestHandler, Router } from 'express';
import type { Logger } from '../logger.ts';
import type { OpsDeps } from '../ops/ops.ts';
import { sendJson } from '../reply.ts';
import { routerOf } from '../routes.ts';
import { Sessions } from '../session/session.ts';
import { sessionOperations } from '../session/session-operations.ts';
import { type EntryDeps, entryOperations } from './entries.ts';
import { eventOperations } from './events/events.ts';
import { statusOf } from './events/status.ts';
import { type EvidenceDeps, evidenceOperations } from './evidence.ts';
import { type KeyDeps, keyOperations } from './keys.ts';
import { type ObserveDeps, observeOperations } from './observe.ts';
import { openApiOf } from './openapi.ts';
import type { Operation } from './operation.ts';
import { policyOperations } from './policies.ts';
import type { PolicyAdmin } from './ports.ts';
import { toRoute } from './serve.ts';
import { type ServiceDeps, serviceOperations } from './services.ts';
import { tenantOperations } from './tenants.ts';
import { requireOperator, tokenOrSignature } from './token.ts';
import { transferOperations } from './transfer/transfer.ts';
import { type UsageDeps, usageOperations } from './usage.ts';
import { type WebhookDeps, webhookOperations } from './webhooks.ts';

export interface AdminDeps
  extends Omit<EntryDeps, 'now'>,
    ObserveDeps,
    ServiceDeps,
    KeyDeps,
    EvidenceDeps,
    WebhookDeps,
    Omit<UsageDeps, 'now'> {
  /** Not empty. */
  readonly token: string;
  readonly policies: PolicyAdmin;
  readonly version: string;
  readonly log: Logger;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** As GET /readyz tells it. */
  readonly readiness: OpsDeps['readiness'];
  /** Aborted when the process is about to end: then whoever listens to events is told. */
  readonly closing?: AbortSignal | undefined;
  /** The queue's page, for /admin/queues. Absent: there is none. */
  readonly board?: RequestHandler | undefined;
}

/** Where operators log in, to be mounted at the root. */
export function createSessionRouter(deps: Pick<AdminDeps, 'token' | 'now'>): Router {
  const router = routerOf(sessionOperationsOf(deps).map((one) => toRoute(one)));
  return Router({ caseSensitive: true }).use('/dashboard/session', notStored).use(router);
}

const notStored: RequestHandler = (_req, res, next) => {
  res.setHeader('cache-control', 'no-store');
  next();
};

const sessionOperationsOf = ({ token, now }: Pick<AdminDeps, 'token' | 'now'>): Operation[] =>
  sessionOperations({ token, sessions: new Sessions(token, now) });

/** `/admin/v1`, to be mounted there. */
export function createAdminRouter(deps: AdminDeps): Router {
  const operations = adminOperations(deps);
  // Made when it is first asked for: a tenth of a second of every start otherwise.
  let document: ReturnType<typeof openApiOf> | undefined;
  const router = Router({ caseSensitive: true });
  router.use(notStored);
  router.use(
    routerOf([
      {
        method: 'get',
        path: '/openapi.json',
        handler(_req, res) {
          document ??= openApiOf([...operations, ...sessionOperationsOf(deps)], deps);
          sendJson(res, 200, document);
        },
      },
    ]),
  );
  const sessions = new Sessions(deps.token, deps.now);
  const signed = tokenOrSignature(deps.token, sessions, deps.webhookSecret, deps.now ?? Date.now);
  router.use(routerOf(operations.filter((one) => one.signed).map((one) => toRoute(one, signed))));
  router.use(requireOperator(deps.token, sessions));
  router.use(routerOf(operations.filter((one) => !one.signed).map((one) => toRoute(one))));
  return router;
}

function adminOperations(deps: AdminDeps): Operation[] {
  return [
    ...policyOperations(deps.policies),
    ...entryOperations({ ...deps, now: deps.now ?? Date.now }),
    ...observeOperations(deps),
    ...eventOperations({
      ...deps,
      now: deps.now ?? Date.now,
      status: () => statusOf({ ...deps, now: deps.now ?? Date.now }),
    }),
    ...usageOperations({ ...deps, now: deps.now ?? Date.now }),
    ...serviceOperations(deps),
    ...(deps.keys === undefined ? [] : keyOperations(deps.keys, deps.now ?? Date.now)),
    ...(deps.keys === undefined ? [] : tenantOperations(deps.keys)),
    ...(deps.evidence === undefined ? [] : evidenceOperations(deps.evidence, deps.now ?? Date.now)),
    ...transferOperations({ ...deps, now: deps.now ?? Date.now }),
    ...webhookOperations(deps),
  ];
}
