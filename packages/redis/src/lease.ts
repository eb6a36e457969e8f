import { randomUUID } from 'node:crypto';
import { Commands, type Script } from './commands.ts';
import type { RedisConnection } from './connection.ts';

const LEASE_MS = 30_000;

/** holder, milliseconds. Takes the lease when it is free, extends it when it is ours; answers 1 then. */
const HOLD: Script = {
  name: 'nearhitHoldLease',
  lua: `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`,
};

/** holder. */
const RELEASE: Script = {
  name: 'nearhitReleaseLease',
  lua: `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`,
};

/** One of several processes at a time: who got it first and goes on asking; another one 30 s after that has stopped. */
export function createLease(connection: RedisConnection, name: string) {
  const key = connection.key('lease', name);
  const holder = randomUUID();
  const commands = new Commands(connection);
  for (const script of [HOLD, RELEASE]) commands.define(script);
  return {
    /** Does the work when this process holds the lease or gets it; else does nothing. Throws STORE_UNAVAILABLE. */
    async held(work: () => Promise<unknown>): Promise<void> {
      if ((await commands.script<number>(HOLD, key, holder, LEASE_MS)) === 1) await work();
    },
    /** Gives it up, so that another one need not wait. */
    async close(): Promise<void> {
      await commands.script(RELEASE, key, holder).catch(() => undefined);
    },
  };
}
