import { NearhitError } from '@nearhit/core';
import type { Request, RequestHandler, Response } from 'express';
import { bearerOf } from '../request.ts';
import { tokenCheck } from '../token-check.ts';
import { checkSignature, SIGNATURE_HEADER } from './signature.ts';

export function requireToken(token: string): RequestHandler {
  const assertToken = adminTokenCheck(token);
  return (req, res, next) => {
    assertToken(req, res);
    next();
  };
}

/** Throws UNAUTHORIZED at a request without the token. */
function adminTokenCheck(token: string): (req: Request, res: Response) => void {
  const isToken = tokenCheck(token, 'admin');
  return (req, res) => {
    const given = bearerOf(req);
    if (isToken(given)) return;
    res.setHeader('www-authenticate', 'Bearer realm="nearhit admin"');
    const what = given === undefined ? 'needs the admin token' : 'was given a wrong admin token';
    throw new NearhitError('UNAUTHORIZED', `The admin plane ${what}: send 'authorization: Bearer <token>'.`);
  };
}

/**
 * The token, or a signature of the body. Answers how to check the latter, as soon as the body is there; undefined where
 * the token was shown. Throws UNAUTHORIZED.
 */
export function tokenOrSignature(token: string, secret: string | undefined, now: () => number) {
  const assertToken = adminTokenCheck(token);
  return (req: Request, res: Response): ((body: Buffer) => void) | undefined => {
    const signature = req.headers[SIGNATURE_HEADER];
    if (typeof signature !== 'string' || secret === undefined) {
      assertToken(req, res);
      return undefined;
    }
    return (body) => checkSignature(signature, body, { secret, nowMs: now() });
  };
}
