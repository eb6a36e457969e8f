import { randomUUID } from 'node:crypto';
import { Commands } from './commands.ts';
import type { RedisConnection } from './connection.ts';
import { HOLD_LEASE, RELEASE_LEASE } from './lease-scripts.ts';

const LEASE_MS = 30_000;

/** One of several processes at a time: who got it first and goes on asking; another one 30 s after that has stopped. */
export function createLease(connection: RedisConnection, name: string) {
  const key = connection.key('lease', name);
  const holder = randomUUID();
  const commands = new Commands(connection);
  for (const script of [HOLD_LEASE, RELEASE_LEASE]) commands.define(script);
  return {
    /** Does the work when this process holds the lease or gets it; else does nothing. Throws STORE_UNAVAILABLE. */
    async held(work: () => Promise<unknown>): Promise<void> {
      if ((await commands.script<number>(HOLD_LEASE, key, holder, LEASE_MS)) === 1) await work();
    },
    /** Gives it up, so that another one need not wait. */
    async close(): Promise<void> {
      await commands.script(RELEASE_LEASE, key, holder).catch(() => undefined);
    },
  };
}
