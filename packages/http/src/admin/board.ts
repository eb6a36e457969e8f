import type { IncomingMessage } from 'node:http';
import { NearhitError } from '@nearhit/core';
import type { RequestHandler } from 'express';
import { bearerOf } from '../request.ts';
import { tokenCheck } from '../token-check.ts';

const SAFE_METHODS: readonly (string | undefined)[] = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Door of pages that browsers open: the admin token as bearer token, or as the password of any user (Basic), which
 * browsers ask for. As they then send it by themselves, what changes something must come from a page of the same origin.
 */
export function boardDoor(token: string): RequestHandler {
  const isToken = tokenCheck(token, 'admin');
  return (req, res, next) => {
    res.setHeader('cache-control', 'no-store');
    res.setHeader('x-frame-options', 'DENY');
    if (isToken(bearerOf(req))) return next();
    if (!isToken(passwordOf(req))) {
      res.setHeader('www-authenticate', 'Basic realm="nearhit", charset="UTF-8"');
      throw new NearhitError(
        'UNAUTHORIZED',
        'This page needs the admin token: give it as password, with any user name.',
      );
    }
    if (!SAFE_METHODS.includes(req.method) && !isSameOrigin(req))
      throw new NearhitError('FORBIDDEN', 'This was sent by a page of another origin.');
    next();
  };
}

function passwordOf(req: IncomingMessage): string | undefined {
  const given = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(req.headers.authorization ?? '')?.[1];
  if (given === undefined) return undefined;
  const login = Buffer.from(given, 'base64').toString();
  const colon = login.indexOf(':');
  return colon === -1 ? undefined : login.slice(colon + 1);
}

/** Programs say neither; browsers say at least one, and pages can't change it. */
function isSameOrigin({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin, host } = headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
