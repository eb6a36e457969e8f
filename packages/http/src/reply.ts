import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { ERRORS, NearhitError } from '@nearhit/core';
import type { Logger } from './logger.ts';
import { requestIdOf } from './request.ts';

export function sendJson(res: ServerResponse, status: number, body: unknown, headers: OutgoingHttpHeaders = {}): void {
  const bytes = Buffer.from(JSON.stringify(body));
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers });
  res.end(bytes);
}

/**
 * The last bytes of a reply that an observer was just told of. They go out when this turn's accounts are on disk (see
 * `Observer`): whoever has an answer whole is in the accounts, should the process be killed the moment after.
 */
export function endAccounted(res: ServerResponse, last?: Buffer): void {
  setImmediate(() => {
    if (!res.destroyed) res.end(last);
  });
}

/** An error body in the shape of the API that was asked. */
export type ErrorShape = (error: NearhitError, status: number) => Buffer;

const openaiShape: ErrorShape = (error) => Buffer.from(JSON.stringify(error.toBody()));

/**
 * Answers with OpenAI's error object, or in another `shape`. What is no NearhitError becomes INTERNAL, its detail goes to the log only. When the
 * response has begun, the connection is cut instead: the client must not take a part for the whole.
 */
export function sendError(
  req: IncomingMessage,
  res: ServerResponse,
  error: unknown,
  log: Logger,
  shape: ErrorShape = openaiShape,
): void {
  const requestId = requestIdOf(req);
  const known = toNearhitError(error);
  note(known, requestId, log);
  if (res.headersSent || res.destroyed || known.kind === 'CLIENT_GONE') {
    if (!res.writableEnded) res.destroy();
    return;
  }
  const bytes = shape(known, known.status);
  const headers: OutgoingHttpHeaders = {
    'content-type': 'application/json',
    'content-length': bytes.length,
    'x-request-id': requestId,
  };
  const seconds = retryAfterSeconds(known);
  if (seconds !== undefined) headers['retry-after'] = seconds;
  Object.assign(headers, headersFrom(known.headers));
  if (!mustLinger(req)) {
    res.writeHead(known.status, headers).end(bytes);
    return;
  }
  res.writeHead(known.status, { ...headers, connection: 'close' }).write(bytes);
  linger(req, () => res.end());
}

/** From name, value, name, value ... */
export function headersFrom(list: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < list.length; at += 2) headers[list[at] as string] = list[at + 1] as string;
  return headers;
}

/** As the error knows; else soon, for what passes by itself. */
export function retryAfterSeconds({ status, retryAfterMs }: NearhitError): string | undefined {
  if (retryAfterMs !== undefined) return String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
  return status === 429 || status === 503 ? '1' : undefined;
}

function toNearhitError(error: unknown): NearhitError {
  if (error instanceof NearhitError) return error;
  if (error instanceof URIError)
    return new NearhitError('INVALID_REQUEST', 'The URL is not correctly percent-encoded.');
  return new NearhitError('INTERNAL', 'Something failed in nearhit. Its log has the details under this x-request-id.', {
    cause: error,
  });
}

function note(error: NearhitError, requestId: string, log: Logger): void {
  if (error.kind === 'INTERNAL')
    log.error({ err: error.cause ?? error, requestId, detail: error.detail }, 'request failed');
  else if (ERRORS[error.kind].status >= 500 && error.detail !== undefined) {
    log.warn({ kind: error.kind, requestId, detail: error.detail }, error.message);
  }
}

/** A body up to this length that nobody began to read is left to Node, which discards it and keeps the connection. */
const SMALL_BODY_BYTES = 65_536;
/** As nginx's lingering_timeout and lingering_time. */
const LINGER_IDLE_MS = 5_000;
const LINGER_MS = 30_000;

function mustLinger(req: IncomingMessage): boolean {
  const length = req.headers['content-length'];
  if (req.complete || (length === undefined && req.headers['transfer-encoding'] === undefined)) return false;
  return req.readableFlowing !== null || length === undefined || Number(length) > SMALL_BODY_BYTES;
}

/** Closing while the client still sends makes its kernel throw the unread answer away: read on for a while, then close. */
function linger(req: IncomingMessage, done: () => void): void {
  const finish = (): void => {
    clearTimeout(idle);
    clearTimeout(total);
    req.off('data', onData).off('end', finish).off('close', finish);
    done();
  };
  const idle = setTimeout(finish, LINGER_IDLE_MS);
  const total = setTimeout(finish, LINGER_MS);
  const onData = (): unknown => idle.refresh();
  req.on('data', onData).on('end', finish).on('close', finish);
  req.resume();
}
