import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Allowance, Caller } from '@nearhit/core';

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
 * Whose credential this is. Throws (or rejects with) UNAUTHORIZED when it opens nothing, RATE_LIMITED when too many that
 * open nothing came from where `req` comes from.
 */
export type Authorize = (credential: string | undefined, req: IncomingMessage) => Caller | Promise<Caller>;

/** Lets a caller's request in, within the caller's limits. Throws (or rejects with) RATE_LIMITED, BUDGET_EXCEEDED. */
export type Enter = (caller: Caller) => Allowance | Promise<Allowance>;

/** The bearer token, or what Anthropic's and Azure's clients send instead; undefined when there is none. */
export function bearerOf(req: IncomingMessage): string | undefined {
  const { authorization } = req.headers;
  if (authorization === undefined) return keyOf(req.headers['x-api-key'] ?? req.headers['api-key']);
  return /^bearer +([\x21-\x7e]+) *$/i.exec(authorization)?.[1];
}

function keyOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[\x21-\x7e]+$/.test(header) ? header : undefined;
}
