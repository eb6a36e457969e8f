import type { ServerResponse } from 'node:http';
import { type Delivery, type Exchange, NearhitError } from '@nearhit/core';
import { endAccounted, retryAfterSeconds } from '../reply.ts';
import type { ReplyForm } from './form.ts';
import { errorHeaders } from './head.ts';

export const SSE = 'text/event-stream; charset=utf-8';
export const JSON_TYPE = 'application/json';

/** Whom a reply goes to, and how it is written there. */
export interface Recipient {
  readonly res: ServerResponse;
  /** `performance.now()` when the request had been read. */
  readonly startedAtMs: number;
  readonly form: ReplyForm;
}

export function rendered(answer: Buffer, { request }: Exchange, { form }: Recipient): Buffer {
  return request.stream ? form.sse(answer, request.includeUsage) : form.json(answer);
}

export function finish(exchange: Exchange, status: number, firstByteAtMs: number, failed = false): void {
  exchange.finish({ status, firstByteAtMs, endAtMs: performance.now(), failed } satisfies Delivery);
}

export function writeError(exchange: Exchange, error: NearhitError, { res, startedAtMs, form }: Recipient): void {
  const finished = () => finish(exchange, error.status, performance.now(), true);
  if (res.headersSent || res.destroyed) {
    finished();
    return;
  }
  const body = form.error(error, error.status);
  const headers = errorHeaders(exchange, startedAtMs, body.length);
  const seconds = retryAfterSeconds(error);
  if (seconds !== undefined) headers.push('retry-after', seconds);
  res.writeHead(error.status, headers);
  finished();
  endAccounted(res, body);
}

/** What nobody waits for must not fail unheard: that would end the process. */
export function giveUp(exchange: Exchange, cause: unknown, to: Recipient): void {
  if (to.res.headersSent) to.res.destroy();
  const known = cause instanceof NearhitError;
  writeError(exchange, known ? cause : new NearhitError('INTERNAL', 'The answer could not be written.', { cause }), to);
}
