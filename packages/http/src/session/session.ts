import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const SESSION_COOKIE = 'nearhit_session';
export const CSRF_HEADER = 'x-nearhit-csrf';
/** How long an operator stays logged in. */
export const SESSION_SECONDS = 43_200;

/** A logged-in operator. */
export interface Session {
  /** What goes into the cookie: says nothing of the admin token. */
  readonly cookie: string;
  /** What the page sends along with whatever changes something. */
  readonly csrf: string;
  readonly expiresAtMs: number;
}

const SHAPE = /^v1\.([0-9a-z]{1,10})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;
const IN_COOKIES = new RegExp(`(?:^|;)[ \\t]*${SESSION_COOKIE}=([A-Za-z0-9._-]{1,128})(?:;|$)`);

/**
 * Sessions of operators, for browsers. Nothing is kept: a session is its end and a nonce under HMAC-SHA256 with a key
 * made of the admin token. So it counts at every replica with that token, and ends when the token changes.
 */
export class Sessions {
  readonly #key: Buffer;
  readonly #now: () => number;

  /** `now`: milliseconds since 1970. */
  constructor(token: string, now: () => number = Date.now) {
    this.#key = createHmac('sha256', token).update('nearhit operator session v1').digest();
    this.#now = now;
  }

  open(): Session {
    const endSeconds = Math.floor(this.#now() / 1000) + SESSION_SECONDS;
    return this.#made(endSeconds.toString(36), randomBytes(16).toString('base64url'));
  }

  /** The session that a request's cookie names; undefined: none, a forged one, or one that is over. */
  of(req: Pick<IncomingMessage, 'headers'>): Session | undefined {
    const cookie = IN_COOKIES.exec(req.headers.cookie ?? '')?.[1];
    const [, end, nonce] = SHAPE.exec(cookie ?? '') ?? [];
    if (cookie === undefined || end === undefined || nonce === undefined) return undefined;
    const session = this.#made(end, nonce);
    return isEqual(session.cookie, cookie) && this.#now() < session.expiresAtMs ? session : undefined;
  }

  /** Does the request show that a page of ours sent it? A browser adds cookies by itself, this header never. */
  isOwn(req: Pick<IncomingMessage, 'headers'>, { csrf }: Session): boolean {
    const given = req.headers[CSRF_HEADER];
    return typeof given === 'string' && isEqual(csrf, given);
  }

  #made(end: string, nonce: string): Session {
    const body = `v1.${end}.${nonce}`;
    return {
      cookie: `${body}.${this.#mac(`cookie ${body}`)}`,
      csrf: this.#mac(`csrf ${body}`),
      expiresAtMs: Number.parseInt(end, 36) * 1000,
    };
  }

  #mac(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}

/** Of texts whose length is no secret. */
function isEqual(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
