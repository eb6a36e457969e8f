import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { NearhitError } from '@nearhit/core';
import type { Response } from 'express';
import { z } from 'zod';
import { type Operation, operation } from '../admin/operation.ts';
import { FailedAttempts } from '../failed-attempts.ts';
import { sendJson } from '../reply.ts';
import { tokenCheck } from '../token-check.ts';
import { CSRF_HEADER, SESSION_COOKIE, SESSION_SECONDS, type Session, type Sessions } from './session.ts';

export interface SessionDeps {
  readonly token: string;
  readonly sessions: Sessions;
  readonly failures?: FailedAttempts | undefined;
}

export const sessionBody = z.strictObject({ token: z.string().min(1).max(4096).describe('The admin token.') });
export const sessionAnswer = z.object({
  csrf: z.string().describe(`To be sent as \`${CSRF_HEADER}\` with whatever changes something.`),
});

const PATH = '/dashboard/session';

/** Logging in and out, for the dashboard. */
export function sessionOperations({ token, sessions, failures = new FailedAttempts() }: SessionDeps): Operation[] {
  const isToken = tokenCheck(token, 'admin');
  const assertToken = (given: string, address: string | undefined): void => {
    const blockedMs = failures.blockedMs(address);
    if (blockedMs > 0) throw tooMany(blockedMs);
    if (isToken(given)) return;
    failures.note(address);
    throw new NearhitError('UNAUTHORIZED', 'That is not the admin token.');
  };
  return [
    operation({
      ...{ method: 'post', path: PATH, id: 'openSession', server: '/', access: 'anyone' },
      summary: `Logs an operator in: the admin token in, a cookie (\`${SESSION_COOKIE}\`) out. 401 at another token.`,
      body: sessionBody,
      answer: sessionAnswer,
      respond: ({ body, req, res }) => {
        assertToken(body.token, req.socket.remoteAddress);
        const session = sessions.open();
        setCookie(req, res, session.cookie, SESSION_SECONDS);
        sendSession(res, session);
      },
    }),
    operation({
      ...{ method: 'get', path: PATH, id: 'getSession', server: '/', access: 'session' },
      summary: 'The csrf value of the session that the cookie names; 401 without one.',
      answer: sessionAnswer,
      respond: ({ req, res }) => {
        const session = sessions.of(req);
        if (session === undefined) throw new NearhitError('UNAUTHORIZED', 'Nobody is logged in here.');
        sendSession(res, session);
      },
    }),
    operation({
      ...{ method: 'delete', path: PATH, id: 'closeSession', server: '/', access: 'anyone' },
      summary: 'Logs the operator out of this browser: the cookie is gone. 204 without one, too.',
      respond: ({ req, res }) => {
        setCookie(req, res, '', 0);
        res.writeHead(204).end();
      },
    }),
  ];
}

const sendSession = (res: Response, { csrf }: Session): void => sendJson(res, 200, { csrf });

function setCookie(req: IncomingMessage, res: Response, value: string, seconds: number): void {
  res.cookie(SESSION_COOKIE, value, {
    ...{ httpOnly: true, sameSite: 'strict', path: '/', maxAge: seconds * 1000 },
    secure: cameByHttps(req),
  });
}

/** Directly, or as the proxy in front says. Whoever lies about it only keeps a cookie from going out in the clear. */
function cameByHttps(req: IncomingMessage): boolean {
  const told = req.headers['x-forwarded-proto'];
  const nearest = (Array.isArray(told) ? told[0] : told)?.split(',')[0]?.trim().toLowerCase();
  return (req.socket as Partial<TLSSocket>).encrypted === true || nearest === 'https';
}

function tooMany(retryAfterMs: number): NearhitError {
  const seconds = Math.ceil(retryAfterMs / 1000);
  const message = `Too many wrong tokens came from your address. Try again in ${seconds} s.`;
  return new NearhitError('RATE_LIMITED', message, { retryAfterMs });
}
