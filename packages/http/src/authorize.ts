import type { IncomingMessage } from 'node:http';
import { ANYONE, type Caller, NearhitError } from '@nearhit/core';
import { FailedAttempts } from './failed-attempts.ts';
import type { Authorize } from './request.ts';
import { CSRF_HEADER, Sessions } from './session/session.ts';
import { tokenCheck } from './token-check.ts';

/** Whose key it is; the gateway's keyring is one. */
export interface Keyring {
  /** Throws, or rejects with, UNAUTHORIZED when it is no valid key; STORE_UNAVAILABLE when nobody can say. */
  caller(key: string): Caller | Promise<Caller>;
  /** Who calls without a key of the house. */
  anyone(credential: string | undefined): Caller | Promise<Caller>;
  /** It was one when it was looked up last. */
  recognises(key: string): boolean;
}

export interface AuthorizeOptions {
  readonly auth: () => 'required' | 'optional';
  /** The admin token, which opens the data plane too. */
  readonly token: string;
  /** Absent: there are no keys. */
  readonly keyring?: Keyring | undefined;
  readonly failures?: FailedAttempts | undefined;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** What begins so is meant for this house: when it is not valid it is refused, whatever `auth` says, and goes nowhere. */
const KEY_PREFIX = 'nh_';

/**
 * Who may use the data plane: whoever has a key, and an operator's browser that is logged in at the dashboard; with `optional` also everyone else who can reach the port, with a
 * provider's own key or none. The admin token never goes on to a provider. Wrong keys are counted by address: beyond
 * a hundred a minute only keys that are known already are let in from there.
 */
export function createAuthorize({
  auth,
  token,
  keyring,
  failures = new FailedAttempts(),
  now,
}: AuthorizeOptions): Authorize {
  const isAdmin = tokenCheck(token, 'admin');
  const isOperator = operatorCheck(new Sessions(token, now));
  const refused = (error: NearhitError, req: IncomingMessage | undefined): NearhitError => {
    if (error.kind === 'UNAUTHORIZED') failures.note(req?.socket.remoteAddress);
    return error;
  };
  const assertMayTry = (credential: string, req: IncomingMessage | undefined): void => {
    const blockedMs = failures.blockedMs(req?.socket.remoteAddress);
    if (blockedMs > 0 && keyring?.recognises(credential) !== true) throw tooManyFailures(blockedMs);
  };
  return (credential, req) => {
    if (isAdmin(credential) || (credential === undefined && isOperator(req))) return ANYONE;
    if (credential?.startsWith(KEY_PREFIX)) {
      assertMayTry(credential, req);
      return callerOf(credential, keyring, (error) => refused(error, req));
    }
    if (auth() === 'optional') return anyone(keyring, credential);
    if (credential === undefined) throw unauthorized('No API key was given: send it as `Authorization: Bearer <key>`.');
    assertMayTry(credential, req);
    throw refused(unauthorized('The API key is not valid here.'), req);
  };
}

/** The header is asked for whatever the method: no page but ours can bring it about that a browser sends it. */
function operatorCheck(sessions: Sessions): (req: IncomingMessage | undefined) => boolean {
  return (req) => {
    if (req?.headers?.[CSRF_HEADER] === undefined) return false;
    const session = sessions.of(req);
    return session !== undefined && sessions.isOwn(req, session);
  };
}

function callerOf(
  key: string,
  keyring: Keyring | undefined,
  refused: (error: NearhitError) => NearhitError,
): Caller | Promise<Caller> {
  const fail = (error: unknown): never => {
    throw error instanceof NearhitError ? refused(withChallenge(error)) : error;
  };
  if (keyring === undefined) return fail(unauthorized('The API key is not valid here.'));
  try {
    const caller = keyring.caller(key);
    return caller instanceof Promise ? caller.catch(fail) : caller;
  } catch (error) {
    return fail(error);
  }
}

function anyone(keyring: Keyring | undefined, credential: string | undefined): Caller | Promise<Caller> {
  if (keyring !== undefined) return keyring.anyone(credential);
  return credential === undefined ? ANYONE : { ...ANYONE, credential };
}

const CHALLENGE = ['www-authenticate', 'Bearer realm="nearhit"'];

const unauthorized = (message: string): NearhitError =>
  new NearhitError('UNAUTHORIZED', message, { headers: CHALLENGE });

const withChallenge = (error: NearhitError): NearhitError =>
  error.kind === 'UNAUTHORIZED' ? unauthorized(error.message) : error;

function tooManyFailures(retryAfterMs: number): NearhitError {
  const seconds = Math.ceil(retryAfterMs / 1000);
  const message = `Too many wrong API keys came from your address. Try again in ${seconds} s.`;
  return new NearhitError('RATE_LIMITED', message, { retryAfterMs });
}
