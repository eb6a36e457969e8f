import { randomUUID } from 'node:crypto';
import type { RedisConnection } from './connection.ts';

const LEASE_MS = 30_000;

/** Extends the lease when it is ours. */
const RENEW = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0`;

/** One of several processes at a time: who got it first and goes on asking; another one 30 s after that has stopped. */
export function createLease(connection: RedisConnection, name: string) {
  const key = connection.key('lease', name);
  const holder = randomUUID();
  const { client } = connection;
  const holds = async (): Promise<boolean> => {
    if ((await client.set(key, holder, 'PX', LEASE_MS, 'NX')) === 'OK') return true;
    return (await client.eval(RENEW, 1, key, holder, LEASE_MS)) === 1;
  };
  return {
    /** Does the work when this process holds the lease or gets it; else does nothing. */
    async held(work: () => Promise<unknown>): Promise<void> {
      if (await holds()) await work();
    },
    /** Gives it up, so that another one need not wait. */
    async close(): Promise<void> {
      const release = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;
      await client.eval(release, 1, key, holder).catch(() => undefined);
    },
  };
}
