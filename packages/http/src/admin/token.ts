import { NearhitError } from '@nearhit/core';
import type { RequestHandler } from 'express';
import { bearerOf } from '../request.ts';
import { tokenCheck } from '../token-check.ts';

export function requireToken(token: string): RequestHandler {
  const isToken = tokenCheck(token, 'admin');
  return (req, res, next) => {
    const given = bearerOf(req);
    if (isToken(given)) {
      next();
      return;
    }
    res.setHeader('www-authenticate', 'Bearer realm="nearhit admin"');
    const what = given === undefined ? 'needs the admin token' : 'was given a wrong admin token';
    throw new NearhitError('UNAUTHORIZED', `The admin plane ${what}: send 'authorization: Bearer <token>'.`);
  };
}
