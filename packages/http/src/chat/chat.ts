import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type ChatCall,
  type Client,
  type Endpoint,
  type Exchange,
  type FrontApi,
  newCallId,
  UNLIMITED,
} from '@nearhit/core';
import type { FrontDialect } from '@nearhit/dialects';
import { readBody, requireJson } from '../body.ts';
import type { ErrorShape } from '../reply.ts';
import { type Authorize, bearerOf, type Enter, requestIdOf } from '../request.ts';
import { deliver } from './deliver.ts';
import { chatForm, frontForm, type ReplyForm } from './form.ts';

export interface ChatDeps {
  readonly answer: (call: ChatCall) => Promise<Exchange>;
  readonly bodyBytesMax: number;
  readonly authorize: Authorize;
  /** The trace context for what a request causes, given that of its client. Absent: requests are not traced. */
  readonly trace?: ((traceparent: string | undefined) => string) | undefined;
  /** Absent: nobody is limited. */
  readonly enter?: Enter | undefined;
  /** Writes a failure; without a `shape`, in OpenAI's. */
  readonly fail: (req: IncomingMessage, res: ServerResponse, error: unknown, shape?: ErrorShape) => void;
}

/** A plain handler: Express routes to it, and the server may call it directly. `provider`: the one that must answer. */
export type AnswerHandler = (req: IncomingMessage, res: ServerResponse, provider?: string) => void;

/** Client headers that mean something to a provider. Everything else stays here. */
const FORWARDED = [
  'accept-language',
  'openai-organization',
  'openai-project',
  'openai-beta',
  'anthropic-beta',
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

function traceparentOf({ headers: { traceparent } }: IncomingMessage): string | undefined {
  return typeof traceparent === 'string' ? traceparent : undefined;
}

/**
 * A class: a getter in an object literal gives each object a hidden class of its own, which V8 keeps, and with it the whole request, until
 * the next major garbage collection.
 */
class HttpClient implements Client {
  readonly #res: ServerResponse;

  constructor(res: ServerResponse) {
    this.#res = res;
  }

  get gone(): boolean {
    return this.#res.closed || this.#res.destroyed;
  }

  onGone(listener: () => void): void {
    this.#res.once('close', listener);
  }
}

/** What a door is asked for, as a chat completion, and how it answers. */
interface Asked {
  readonly body: Buffer;
  /** Where it came as something else. */
  readonly madeOf?: FrontApi;
  readonly form: ReplyForm;
}

interface ChatDoor {
  readonly endpoint: Endpoint;
  /** Of failures before there is an answer. Absent: OpenAI's. */
  readonly shape?: ErrorShape;
  read(body: Buffer): Asked;
}

const CHAT: ChatDoor = { endpoint: 'chat', read: (body) => ({ body, form: chatForm }) };

/** POST /v1/chat/completions, JSON and SSE. */
export function createChatHandler(deps: ChatDeps): AnswerHandler {
  return handlerOf(CHAT, deps);
}

/** The same answers in the words of another API, JSON and SSE. */
export function createFrontHandler(dialect: FrontDialect, deps: ChatDeps): AnswerHandler {
  const read = (body: Buffer): Asked => {
    const { body: chat, replies } = dialect.read(body);
    return { body: chat, madeOf: dialect.name, form: frontForm(replies) };
  };
  return handlerOf({ endpoint: dialect.name, shape: dialect.error, read }, deps);
}

function handlerOf(door: ChatDoor, deps: ChatDeps): AnswerHandler {
  return (req, res, provider) => {
    const handle = async () => {
      const caller = await deps.authorize(bearerOf(req), req);
      requireJson(req);
      const bytes = await readBody(req, deps.bodyBytesMax);
      const startedAtMs = performance.now();
      const { form, body, madeOf } = door.read(bytes);
      const exchange = await deps.answer({
        requestId: requestIdOf(req),
        body,
        madeOf,
        headers: req.headers,
        span: deps.trace?.(traceparentOf(req)),
        callId: newCallId(),
        caller,
        allowance: deps.enter === undefined ? UNLIMITED : await deps.enter(caller),
        endpoint: door.endpoint,
        provider,
        forward: forwardedHeaders(req),
        startedAtMs,
        client: new HttpClient(res),
      });
      deliver(exchange, { res, startedAtMs, form });
    };
    handle().catch((error: unknown) => deps.fail(req, res, error, door.shape));
  };
}
