import { join } from 'node:path';
import type { Config } from '@nearhit/config';
import type { Observer } from '@nearhit/core';
import type { Closers } from '@nearhit/runtime';
import { openAnswering, openBatches, openCache } from '@nearhit/wiring';
import type { Logger } from 'pino';

/**
 * Runs batches, with a cache and a way upstream as an ingress has them. Undefined where CACHE_URL is not set: such a worker
 * only writes.
 */
export async function openBatchWork(
  initial: Config,
  token: string,
  log: Logger,
  closers: Closers,
  observers: readonly Observer[],
) {
  if (initial.services.cacheUrls.length === 0) {
    log.info('CACHE_URL is not set: this worker runs no batches');
    return undefined;
  }
  let config = initial;
  const cache = await openCache(config, token, log, closers, observers);
  const { lookingUp, medium } = cache;
  const answering = openAnswering({
    ...{ lookingUp, accounts: cache.accounts, access: cache.access, observer: cache.observer, metrics: cache.metrics },
    config: () => config,
    secretFile: join(config.dataDir, 'secrets', 'house-secret'),
    drained: () => medium.sharedFlights.drained(),
    closers,
  });
  const { answer, upstream, access } = answering;
  const { runner } = openBatches({
    ...lookingUp,
    stores: medium.stores,
    answer,
    upstream,
    access,
    config: () => config,
  });
  closers.add(runner);
  cache.start();
  runner.start();
  return {
    status: () => runner.status(),
    reconfigure(next: Config): void {
      answering.reconfigure(next);
      config = { ...next, server: initial.server, dataDir: initial.dataDir };
      cache.reconfigure(config);
    },
  };
}
