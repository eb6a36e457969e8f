import type { Grants } from '../caller.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import type { ChatCall } from './chat-call.ts';

export type Mode = 'on' | 'off' | 'refresh' | 'only' | 'shadow';

/** The operator's `off` and `shadow` stand; within them the request chooses, and `only` never goes upstream. */
export function modeOf({ controls, resolved }: PreparedRequest, { cacheRead }: Grants): Mode {
  const { mode } = resolved.policy;
  if (mode === 'off' || controls.cache === 'off') return 'off';
  if (cacheRead === false && controls.cache !== 'only') return 'refresh';
  if (mode === 'shadow') return 'shadow';
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
