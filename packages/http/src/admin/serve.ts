import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { parseJson, readBody, requireJson } from '../body.ts';
import { wildcard } from '../openai/models.ts';
import { sendJson } from '../reply.ts';
import type { Route } from '../routes.ts';
import { csvOf } from './csv.ts';
import { checkAll } from './faults.ts';
import type { Operation } from './operation.ts';
import type { tokenOrSignature } from './token.ts';

/** Largest body: a chat request to explain. */
const BODY_BYTES_MAX = 10_485_760;

/** Read before it is known who sent it. */
const SIGNED_BYTES_MAX = 1_048_576;
const ANYONES_BYTES_MAX = 16_384;

const NO_QUERY = z.strictObject({});

/** The route of an operation: checks what comes in, and writes the answer. `signed`: whoever is let in without the token. */
export function toRoute(operation: Operation, signed?: ReturnType<typeof tokenOrSignature>): Route {
  const path = operation.path.replace('{model}', '*model').replaceAll(/\{(\w+)\}/g, ':$1');
  const handler: RequestHandler = async (req, res) => {
    const checkSigned = signed?.(req, res);
    const raw = await rawBody(operation, req);
    checkSigned?.(raw);
    const checksBody = operation.body !== undefined && operation.rawBody !== true && operation.bodyType === undefined;
    const [params, query, body] = checkAll([
      { name: 'path', schema: operation.params, value: pathOf(req) },
      { name: 'query', schema: operation.query ?? NO_QUERY, value: queryOf(req) },
      {
        name: 'body',
        schema: checksBody ? operation.body : undefined,
        value: checksBody ? bodyOf(operation, raw) : undefined,
      },
    ]);
    const input = { params, query, body, raw, headers: req.headers };
    if (operation.respond !== undefined) {
      await operation.respond({ ...input, req, res });
      return;
    }
    const answer = await operation.handle?.(input);
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
  if (operation.body === undefined || operation.bodyType !== undefined) return Buffer.alloc(0);
  if (operation.optionalBody !== true) requireJson(req);
  return readBody(req, bytesMaxOf(operation));
}

function bytesMaxOf({ signed, access }: Operation): number {
  if (access === 'anyone') return ANYONES_BYTES_MAX;
  return signed === true ? SIGNED_BYTES_MAX : BODY_BYTES_MAX;
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
