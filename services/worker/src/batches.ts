import { join } from 'node:path';
import type { Config } from '@nearhit/config';
import { createAnswer, type Observer } from '@nearhit/core';
import { createAccess, createUpstream, tokenEstimator } from '@nearhit/gateway';
import { createPreparedMemo } from '@nearhit/memory';
import { accounted, type Closers, secretOf } from '@nearhit/runtime';
import { openBatches, openCache } from '@nearhit/wiring';
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
  const gateway = closers.add(createUpstream(config));
  const upstream = accounted(gateway, cache.accounts, Date.now);
  const access = closers.add(
    createAccess({
      ...{ ...cache.access, observer: cache.observer, config: () => config },
      secret: secretOf(config.server.secret, join(config.dataDir, 'secrets', 'house-secret'), 'nhs_').secret,
    }),
  );
  closers.add({ close: () => medium.sharedFlights.drained() });
  const answer = createAnswer({
    ...lookingUp,
    upstream,
    countTokens: (body) => tokenEstimator.chat(body).promptTokens,
    prepared: createPreparedMemo(),
    lookupTimeoutMs: () => config.cache.lookupTimeoutMs,
  });
  const { runner } = openBatches({
    ...lookingUp,
    stores: medium.stores,
    answer,
    upstream,
    access,
    config: () => config,
    estimateEmbeddings: tokenEstimator.embeddings,
  });
  closers.add(runner);
  cache.start();
  runner.start();
  return {
    status: () => runner.status(),
    reconfigure(next: Config): void {
      gateway.reconfigure(next);
      config = { ...next, server: initial.server, dataDir: initial.dataDir };
      cache.reconfigure(config);
      access.reconfigure();
    },
  };
}
