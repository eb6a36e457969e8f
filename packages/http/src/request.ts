import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Visible ASCII: safe in a header, in a log line and in a terminal. */
const SANE = /^[\x21-\x7e]{1,200}$/;

/** The request's id: the client's own when it is sane, else made and kept in the request's headers. */
export function requestIdOf(req: IncomingMessage): string {
  const given = req.headers['x-request-id'];
  if (typeof given === 'string' && SANE.test(given)) return given;
  const id = randomUUID();
  req.headers['x-request-id'] = id;
  return id;
}

/**
 * Lets a caller in, or throws UNAUTHORIZED. Answers what of the credential may go on to a provider: nothing, when it is
 * one for nearhit alone.
 */
export type Authorize = (credential: string | undefined) => string | undefined;

/** The bearer token, undefined when there is none. */
export function bearerOf(req: IncomingMessage): string | undefined {
  const { authorization } = req.headers;
  if (authorization === undefined) return undefined;
  return /^bearer +([\x21-\x7e]+) *$/i.exec(authorization)?.[1];
}
