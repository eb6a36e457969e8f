import { basename } from 'node:path';
import type { LimitStore } from '@nearhit/core';
import { RedisLimits } from '../src/access/limits.ts';
import { Commands } from '../src/commands.ts';
import { connectRedis, type RedisConnection } from '../src/connection.ts';
import { openRedisStores, type RedisStores } from '../src/open-stores.ts';

export interface OpenedStores extends RedisStores {
  readonly connection: RedisConnection;
}

/** Stores on keys of their own, named after the folder: the same folder is the same data. They close their connection. */
export async function openTestStores(
  url: string,
  { dir, writer }: { readonly dir: string; readonly writer?: string },
): Promise<OpenedStores> {
  const connection = connectRedis({ url, keyPrefix: basename(dir) });
  if (!(await connection.ready(10_000))) throw new Error('the Redis of this test does not take commands');
  const stores = openRedisStores(connection, { writer });
  const close = async (): Promise<void> => {
    await stores.close();
    await connection.close();
  };
  return { ...stores, connection, close };
}

/** Limits with times of their own, on keys named after the folder. */
export function openTestLimits(url: () => string) {
  return async (options: { dir: string; windowMs: number; leaseMs: number }) => {
    const connection = connectRedis({ url: url(), keyPrefix: basename(options.dir) });
    if (!(await connection.ready(10_000))) throw new Error('the Redis of this test does not take commands');
    const limits: LimitStore = new RedisLimits(new Commands(connection), connection, options);
    return { limits, close: () => connection.close() };
  };
}
