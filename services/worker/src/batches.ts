import { join } from 'node:path';
import type { Config } from '@nearhit/config';
import type { Observer } from '@nearhit/core';
import type { Metrics } from '@nearhit/http';
import { startRedisAuditConsumer } from '@nearhit/redis';
import { type Closers, createCalm } from '@nearhit/runtime';
import { openAnswering, openBatches, openCache } from '@nearhit/wiring';
import type { Logger } from 'pino';

/**
 * Runs batches and audits, with a cache and a way upstream as an ingress has them. Undefined where CACHE_URL is not set:
 * such a worker only writes. `metrics`: where audits and the state of that cache are told of.
 */
export async function openBatchWork(
  initial: Config,
  token: string,
  log: Logger,
  closers: Closers,
  observers: readonly Observer[],
  metrics: Pick<Metrics, 'watch'>,
) {
  if (initial.services.cacheUrls.length === 0) {
    log.info('CACHE_URL is not set: this worker runs no batches and no audits');
    return undefined;
  }
  let config = initial;
  const cache = await openCache(config, token, log, closers, observers);
  const { lookingUp, medium } = cache;
  const replicaLag = () => cache.follower.lag ?? Number.NaN;
  metrics.watch({ breakers: () => cache.breakers, replicaLag, network: cache.heard });
  const answering = openAnswering({
    ...{ lookingUp, accounts: cache.accounts, access: cache.access, observer: cache.observer, metrics },
    config: () => config,
    auditing: { open: () => medium.audits, store: medium.stores.responses, ...cache.judging },
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
  const { connection } = medium;
  const { observer } = cache;
  closers.add(await startRedisAuditConsumer({ connection, observer, run: answering.runAudit, calm: createCalm() }));
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
