import type { IncomingMessage } from 'node:http';
import { ANYONE, assertGranted, type Caller, type Feature } from '@nearhit/core';
import { type Authorize, bearerOf } from '../request.ts';

/** Who asks. Throws UNAUTHORIZED, or FORBIDDEN when the key is not for this. `authorize` absent: everybody may ask. */
export async function callerFor(
  req: IncomingMessage,
  feature: Feature,
  authorize: Authorize | undefined,
): Promise<Caller> {
  const given = bearerOf(req);
  const caller = (await authorize?.(given, req)) ?? { ...ANYONE, credential: given };
  assertGranted(caller.grants, { feature });
  return caller;
}
