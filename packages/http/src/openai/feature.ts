import type { IncomingMessage } from 'node:http';
import { ANYONE, type Caller, type Feature, NearhitError } from '@nearhit/core';
import { type Authorize, bearerOf } from '../request.ts';

/** Who asks. Throws UNAUTHORIZED, or FORBIDDEN when the key is not for this. `authorize` absent: everybody may ask. */
export async function callerFor(
  req: IncomingMessage,
  feature: Feature,
  authorize: Authorize | undefined,
): Promise<Caller> {
  const given = bearerOf(req);
  const caller = (await authorize?.(given, req)) ?? { ...ANYONE, credential: given };
  const { features } = caller.grants;
  if (features !== undefined && !features.includes(feature))
    throw new NearhitError('FORBIDDEN', `This API key may not use ${feature}.`);
  return caller;
}
