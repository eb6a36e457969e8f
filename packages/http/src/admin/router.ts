import { type Request, type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import { parseJson, readBody, requireJson } from '../body.ts';
import type { Logger } from '../logger.ts';
import { wildcard } from '../openai/models.ts';
import { sendJson } from '../reply.ts';
import { type Route, routerOf } from '../routes.ts';
import { csvOf } from './csv.ts';
import { type EntryDeps, entryOperations } from './entries.ts';
import { type EvidenceDeps, evidenceOperations } from './evidence.ts';
import { checkAll } from './faults.ts';
import { type KeyDeps, keyOperations } from './keys.ts';
import { type ObserveDeps, observeOperations } from './observe.ts';
import { openApiOf } from './openapi.ts';
import type { Operation } from './operation.ts';
import { policyOperations } from './policies.ts';
import type { PolicyAdmin } from './ports.ts';
import { type ServiceDeps, serviceOperations } from './services.ts';
import { tenantOperations } from './tenants.ts';
import { requireToken, tokenOrSignature } from './token.ts';
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
  /** The queue's page, for /admin/queues. Absent: there is none. */
  readonly board?: RequestHandler | undefined;
}

/** Largest body: a chat request to explain. */
const BODY_BYTES_MAX = 10_485_760;

/** Read before it is known who sent it. */
const SIGNED_BYTES_MAX = 1_048_576;

const NO_QUERY = z.strictObject({});

/** `/admin/v1`, to be mounted there. */
export function createAdminRouter(deps: AdminDeps): Router {
  const operations = adminOperations(deps);
  // Made when it is first asked for: a tenth of a second of every start otherwise.
  let document: ReturnType<typeof openApiOf> | undefined;
  const router = Router({ caseSensitive: true });
  router.use((_req, res, next) => {
    res.setHeader('cache-control', 'no-store');
    next();
  });
  router.use(
    routerOf([
      {
        method: 'get',
        path: '/openapi.json',
        handler(_req, res) {
          document ??= openApiOf(operations, deps);
          sendJson(res, 200, document);
        },
      },
    ]),
  );
  const signed = tokenOrSignature(deps.token, deps.webhookSecret, deps.now ?? Date.now);
  router.use(routerOf(operations.filter((one) => one.signed).map((one) => toRoute(one, signed))));
  router.use(requireToken(deps.token));
  router.use(routerOf(operations.filter((one) => !one.signed).map((one) => toRoute(one))));
  return router;
}

function adminOperations(deps: AdminDeps): Operation[] {
  return [
    ...policyOperations(deps.policies),
    ...entryOperations({ ...deps, now: deps.now ?? Date.now }),
    ...observeOperations(deps),
    ...usageOperations({ ...deps, now: deps.now ?? Date.now }),
    ...serviceOperations(deps),
    ...(deps.keys === undefined ? [] : keyOperations(deps.keys, deps.now ?? Date.now)),
    ...(deps.keys === undefined ? [] : tenantOperations(deps.keys)),
    ...(deps.evidence === undefined ? [] : evidenceOperations(deps.evidence, deps.now ?? Date.now)),
    ...webhookOperations(deps),
  ];
}

/** `signed`: whoever is let in without the token. */
function toRoute(operation: Operation, signed?: ReturnType<typeof tokenOrSignature>): Route {
  const path = operation.path.replace('{model}', '*model').replaceAll(/\{(\w+)\}/g, ':$1');
  const handler: RequestHandler = async (req, res) => {
    const checkSigned = signed?.(req, res);
    const raw = await rawBody(operation, req);
    checkSigned?.(raw);
    const checksBody = operation.body !== undefined && operation.rawBody !== true;
    const [params, query, body] = checkAll([
      { name: 'path', schema: operation.params, value: pathOf(req) },
      { name: 'query', schema: operation.query ?? NO_QUERY, value: queryOf(req) },
      {
        name: 'body',
        schema: checksBody ? operation.body : undefined,
        value: checksBody ? bodyOf(operation, raw) : undefined,
      },
    ]);
    const answer = await operation.handle({ params, query, body, raw, headers: req.headers });
    if (operation.answer === undefined) res.writeHead(204).end();
    else sendAnswer(req, res, operation, answer);
  };
  return { method: operation.method, path, handler };
}

const NDJSON = 'application/x-ndjson';

/** JSON, unless a table, or lines of it, are what the caller would rather have. */
function sendAnswer(req: Request, res: Response, { csv, lines, headers }: Operation, answer: unknown): void {
  const others = [...(csv === undefined ? [] : ['text/csv']), ...(lines === undefined ? [] : [NDJSON])];
  if (others.length > 0) res.setHeader('vary', 'accept');
  const wanted = others.length === 0 ? false : req.accepts(['application/json', ...others]);
  if (csv !== undefined && wanted === 'text/csv')
    sendText(res, 'text/csv; charset=utf-8; header=present', csvOf(csv(answer as never)), headers?.(answer as never));
  else if (lines !== undefined && wanted === NDJSON) {
    const text = lines(answer as never).map((line) => `${JSON.stringify(line)}\n`);
    sendText(res, NDJSON, text.join(''), headers?.(answer as never));
  } else sendJson(res, 200, answer);
}

function sendText(
  res: Response,
  type: string,
  text: string,
  more: Readonly<Record<string, string | undefined>> = {},
): void {
  const bytes = Buffer.from(text);
  res.writeHead(200, { 'content-type': type, 'content-length': bytes.length, ...more }).end(bytes);
}

async function rawBody(operation: Operation, req: Request): Promise<Buffer> {
  if (operation.body === undefined) return Buffer.alloc(0);
  if (operation.optionalBody !== true) requireJson(req);
  return readBody(req, operation.signed === true ? SIGNED_BYTES_MAX : BODY_BYTES_MAX);
}

function bodyOf(operation: Operation, raw: Buffer): unknown {
  return operation.optionalBody === true && raw.length === 0 ? {} : parseJson(raw);
}

function pathOf(req: Request): Record<string, unknown> {
  const { model, ...rest } = req.params as Record<string, unknown>;
  return model === undefined ? rest : { ...rest, model: wildcard(model) };
}

/** `?namespace=` says nothing about the namespace. */
function queryOf(req: Request): Record<string, unknown> {
  return Object.fromEntries(Object.entries(req.query).filter(([, value]) => value !== ''));
}
