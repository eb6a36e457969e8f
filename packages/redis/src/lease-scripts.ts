import type { Script } from './commands.ts';

/** holder, milliseconds. Takes the lease when it is free, extends it when it is ours; answers 1 then. */
export const HOLD_LEASE: Script = {
  name: 'nearhitHoldLease',
  lua: `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`,
};

/** holder. */
export const RELEASE_LEASE: Script = {
  name: 'nearhitReleaseLease',
  lua: `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`,
};
