import type { Grants } from '../caller.ts';
import { isOff, type PreparedRequest } from '../request/prepare.ts';
import type { ChatCall } from './chat-call.ts';

export type Mode = 'on' | 'off' | 'refresh' | 'only' | 'shadow';

/** The operator's `off` and `shadow` stand; within them the request chooses, and `only` never goes upstream. */
export function modeOf(request: PreparedRequest, { cacheRead }: Grants): Mode {
  if (isOff(request)) return 'off';
  const { controls, resolved } = request;
  if (cacheRead === false && controls.cache !== 'only') return 'refresh';
  if (resolved.policy.mode === 'shadow') return 'shadow';
  return controls.cache ?? 'on';
}

export const mayWrite = ({ caller }: ChatCall): boolean => caller.grants.cacheWrite !== false;

/** Its upstream call is shared with requests of the same key alone: nobody else gets what it brings about. */
export const apart = (request: PreparedRequest, { caller }: ChatCall): PreparedRequest => ({
  ...request,
  ...{ flightKey: `${request.flightKey} ${caller.keyId ?? ''}`, notStored: 'key-no-write' },
});

export const offReason = ({ resolved }: PreparedRequest): string =>
  resolved.policy.mode === 'off' ? 'policy-off' : 'cache-off';
