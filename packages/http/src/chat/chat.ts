import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ChatCall, type Client, type Exchange, NOTHING_SPENT, UNLIMITED } from '@nearhit/core';
import { readBody, requireJson } from '../body.ts';
import { type Authorize, bearerOf, type Enter, requestIdOf } from '../request.ts';
import { deliver } from './deliver.ts';

export interface ChatDeps {
  readonly answer: (call: ChatCall) => Promise<Exchange>;
  readonly bodyBytesMax: number;
  readonly authorize: Authorize;
  /** Absent: nobody is limited. */
  readonly enter?: Enter | undefined;
  /** Writes a failure in OpenAI's shape. */
  readonly fail: (req: IncomingMessage, res: ServerResponse, error: unknown) => void;
}

/** Client headers that mean something to a provider. Everything else stays here. */
const FORWARDED = [
  'accept-language',
  'openai-organization',
  'openai-project',
  'openai-beta',
  'x-request-id',
  'idempotency-key',
  'traceparent',
  'tracestate',
];

export function forwardedHeaders(req: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of FORWARDED) {
    const value = req.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}

function clientOf(res: ServerResponse): Client {
  return {
    get gone() {
      return res.closed || res.destroyed;
    },
    onGone: (listener) => void res.once('close', listener),
  };
}

/** POST /v1/chat/completions, JSON and SSE. A plain handler: Express routes to it, and the server may call it directly. */
export function createChatHandler(deps: ChatDeps): (req: IncomingMessage, res: ServerResponse) => void {
  return (req, res) => {
    const handle = async () => {
      const caller = await deps.authorize(bearerOf(req), req);
      requireJson(req);
      const body = await readBody(req, deps.bodyBytesMax);
      const startedAtMs = performance.now();
      const allowance = deps.enter === undefined ? UNLIMITED : await deps.enter(caller);
      const asked = deps.answer({
        requestId: requestIdOf(req),
        body,
        headers: req.headers,
        callId: randomUUID(),
        caller,
        allowance,
        endpoint: 'chat',
        forward: forwardedHeaders(req),
        startedAtMs,
        client: clientOf(res),
      });
      const exchange = await asked.catch((error: unknown) => {
        // Refused before anything was asked of anybody: it gives its place back.
        allowance.settle(NOTHING_SPENT);
        throw error;
      });
      deliver(exchange, res, startedAtMs);
    };
    handle().catch((error: unknown) => deps.fail(req, res, error));
  };
}
