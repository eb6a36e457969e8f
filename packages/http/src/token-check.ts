import { hash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');

/** Is this the token? The time it takes tells nothing about it. Throws TypeError on an empty token; `what` names it there. */
export function tokenCheck(token: string, what: string): (given: string | undefined) => boolean {
  if (token === '') throw new TypeError(`the ${what} token must not be empty`);
  const expected = digest(token);
  // Digests are of equal length, so the time tells nothing about the token, its length included.
  return (given) => given !== undefined && timingSafeEqual(digest(given), expected);
}
