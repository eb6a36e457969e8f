import { createHash, timingSafeEqual } from 'node:crypto';
import { NearhitError } from '@nearhit/core';
import type { RequestHandler } from 'express';
import { bearerOf } from '../request.ts';

/** Is this the token? The time it takes tells nothing about it. Throws TypeError on an empty token. */
export function tokenCheck(token: string): (given: string) => boolean {
  if (token === '') throw new TypeError('the admin token must not be empty');
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(token);
  // Digests are of equal length, so the time tells nothing about the token, its length included.
  return (given) => timingSafeEqual(digest(given), expected);
}

export function requireToken(token: string): RequestHandler {
  const isToken = tokenCheck(token);
  return (req, res, next) => {
    const given = bearerOf(req);
    if (given !== undefined && isToken(given)) {
      next();
      return;
    }
    res.setHeader('www-authenticate', 'Bearer realm="nearhit admin"');
    const what = given === undefined ? 'needs the admin token' : 'was given a wrong admin token';
    throw new NearhitError('UNAUTHORIZED', `The admin plane ${what}: send 'authorization: Bearer <token>'.`);
  };
}
