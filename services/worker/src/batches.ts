import type { Config } from '@nearhit/config';
import { createAnswer } from '@nearhit/core';
import { createUpstream } from '@nearhit/gateway';
import { createPreparedMemo } from '@nearhit/memory';
import type { Closers } from '@nearhit/runtime';
import { openBatches, openCache } from '@nearhit/wiring';
import type { Logger } from 'pino';

/**
 * Runs batches, with a cache and a way upstream as an ingress has them. Undefined where CACHE_URL is not set: such a worker
 * only writes.
 */
export async function openBatchWork(initial: Config, token: string, log: Logger, closers: Closers) {
  if (initial.services.cacheUrls.length === 0) {
    log.info('CACHE_URL is not set: this worker runs no batches');
    return undefined;
  }
  let config = initial;
  const cache = await openCache(config, token, log, closers);
  const { lookingUp, medium } = cache;
  const upstream = closers.add(createUpstream(config));
  closers.add({ close: () => medium.sharedFlights.drained() });
  const answer = createAnswer({
    ...lookingUp,
    upstream,
    prepared: createPreparedMemo(),
    lookupTimeoutMs: () => config.cache.lookupTimeoutMs,
  });
  const { runner } = openBatches({ ...lookingUp, stores: medium.stores, answer, upstream, config: () => config });
  closers.add(runner);
  cache.start();
  runner.start();
  return {
    status: () => runner.status(),
    reconfigure(next: Config): void {
      upstream.reconfigure(next);
      config = { ...next, server: initial.server, dataDir: initial.dataDir };
      cache.reconfigure(config);
    },
  };
}
