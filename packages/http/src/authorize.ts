import { ANYONE, NearhitError } from '@nearhit/core';
import type { Authorize } from './request.ts';
import { tokenCheck } from './token-check.ts';

/**
 * Who may use the data plane. `optional`: everyone who can reach the port. `required`: until API keys are there, only
 * the admin token opens it. The admin token never goes on to a provider, whose own key a client may send instead.
 */
export function createAuthorize(auth: () => 'required' | 'optional', token: string): Authorize {
  const isAdmin = tokenCheck(token, 'admin');
  return (credential) => {
    if (isAdmin(credential)) return ANYONE;
    if (auth() === 'optional') return credential === undefined ? ANYONE : { ...ANYONE, credential };
    throw new NearhitError(
      'UNAUTHORIZED',
      credential === undefined
        ? 'No API key was given: send it as `Authorization: Bearer <key>`.'
        : 'The API key is not valid here.',
    );
  };
}
