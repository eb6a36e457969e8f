import { NearhitError } from '@nearhit/core';
import type { Request, RequestHandler, Response } from 'express';
import { bearerOf } from '../request.ts';
import { CSRF_HEADER, type Sessions } from '../session/session.ts';
import { tokenCheck } from '../token-check.ts';
import { checkSignature, SIGNATURE_HEADER } from './signature.ts';

/** Lets an operator through: one who shows the admin token, or a browser that is logged in. */
export function requireOperator(token: string, sessions: Sessions): RequestHandler {
  const assertOperator = operatorCheck(token, sessions);
  return (req, res, next) => {
    assertOperator(req, res);
    next();
  };
}

const READING: readonly string[] = ['GET', 'HEAD'];

/**
 * Throws UNAUTHORIZED at a request with neither token nor session; FORBIDDEN at one that has a session, changes
 * something, and does not show that a page of ours sent it.
 */
function operatorCheck(token: string, sessions: Sessions): (req: Request, res: Response) => void {
  const isToken = tokenCheck(token, 'admin');
  return (req, res) => {
    const given = bearerOf(req);
    if (isToken(given)) return;
    const session = given === undefined ? sessions.of(req) : undefined;
    if (session !== undefined) {
      if (READING.includes(req.method) || sessions.isOwn(req, session)) return;
      throw new NearhitError(
        'FORBIDDEN',
        `With a session this needs '${CSRF_HEADER}', as GET /dashboard/session tells it.`,
      );
    }
    res.setHeader('www-authenticate', 'Bearer realm="nearhit admin"');
    const what = given === undefined ? 'needs the admin token' : 'was given a wrong admin token';
    throw new NearhitError('UNAUTHORIZED', `The admin plane ${what}: send 'authorization: Bearer <token>'.`);
  };
}

/**
 * The token, or a signature of the body. Answers how to check the latter, as soon as the body is there; undefined where
 * the token was shown. Throws UNAUTHORIZED.
 */
export function tokenOrSignature(token: string, sessions: Sessions, secret: string | undefined, now: () => number) {
  const assertOperator = operatorCheck(token, sessions);
  return (req: Request, res: Response): ((body: Buffer) => void) | undefined => {
    const signature = req.headers[SIGNATURE_HEADER];
    if (typeof signature !== 'string' || secret === undefined) {
      assertOperator(req, res);
      return undefined;
    }
    return (body) => checkSignature(signature, body, { secret, nowMs: now() });
  };
}
