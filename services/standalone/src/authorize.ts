import { createHash, timingSafeEqual } from 'node:crypto';
import { NearhitError } from '@nearhit/core';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Who may use the data plane. `optional`: everyone who can reach the port. `required`: until API keys are there, only
 * the admin token opens it.
 */
export function createAuthorize(
  auth: () => 'required' | 'optional',
  token: string,
): (credential: string | undefined) => void {
  const expected = digest(token);
  return (credential) => {
    if (auth() === 'optional') return;
    if (credential !== undefined && timingSafeEqual(digest(credential), expected)) return;
    throw new NearhitError(
      'UNAUTHORIZED',
      credential === undefined
        ? 'No API key was given: send it as `Authorization: Bearer <key>`.'
        : 'The API key is not valid here.',
    );
  };
}
