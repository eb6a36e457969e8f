import { createHash, timingSafeEqual } from 'node:crypto';
import { NearhitError } from '@nearhit/core';
import type { Authorize } from './request.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Who may use the data plane. `optional`: everyone who can reach the port. `required`: until API keys are there, only
 * the admin token opens it. The admin token never goes on to a provider, whose own key a client may send instead.
 */
export function createAuthorize(auth: () => 'required' | 'optional', token: string): Authorize {
  const expected = digest(token);
  return (credential) => {
    const isAdmin = credential !== undefined && timingSafeEqual(digest(credential), expected);
    if (isAdmin) return undefined;
    if (auth() === 'optional') return credential;
    throw new NearhitError(
      'UNAUTHORIZED',
      credential === undefined
        ? 'No API key was given: send it as `Authorization: Bearer <key>`.'
        : 'The API key is not valid here.',
    );
  };
}
