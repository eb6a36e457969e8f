import { join } from 'node:path';
import type { Config } from '@nearhit/config';
import { combineObservers, type Observer } from '@nearhit/core';
import { createEmbeddingClient, createMetrics, createNearestClient, createNetworkClient } from '@nearhit/http';
import { createMemoryCache, memoizeEmbedder } from '@nearhit/memory';
import { openRedisMedium, redisSettings } from '@nearhit/redis';
import { type Closers, createLogObserver, openSharedCache, requiredUrls, sharedGauges } from '@nearhit/runtime';
import type { Logger } from 'pino';
import { placesOf } from './places.ts';
import { openJoint, openVerifying } from './verifying.ts';

/** The cache of this process: Redis and the other services behind it, a memory of its own before them. */
export async function openCache(
  config: Config,
  token: string,
  log: Logger,
  closers: Closers,
  observers: readonly Observer[],
) {
  const { bytesMax, slidingSeconds } = config.cache.l1;
  const memory = createMemoryCache({ bytesMax, slidingMs: slidingSeconds * 1000 });
  const metrics = createMetrics({ ...placesOf(config), sources: sharedGauges(() => shared, memory) });
  let live = config;
  const logging = createLogObserver(log, Date.now, () => live.logging);
  const embeddingUrls = requiredUrls('EMBEDDING_URL', config.services.embeddingUrls);
  const cacheUrls = requiredUrls('CACHE_URL', config.services.cacheUrls);
  const observer = combineObservers(metrics, logging);
  const embedder = closers.add(createEmbeddingClient({ urls: embeddingUrls, token, observer }));
  const index = closers.add(createNearestClient({ urls: cacheUrls, token, observer }));
  const { verifierDir } = config.cache;
  const joint = openJoint(verifierDir, log);
  const network =
    joint && closers.add(createNetworkClient({ urls: embeddingUrls, token, observer, version: joint.version }));
  const verifying = openVerifying(verifierDir, log, joint && network && { joint, network });
  const { verifier } = verifying;
  const heard = verifier && (() => verifier.networkCounts);
  metrics.watch({ network: heard });
  const shared = await openSharedCache({
    ...{ memory, closers, ...verifying },
    observers: [metrics, logging, ...observers],
    accounts: { dir: join(config.dataDir, 'accounts'), prompts: () => live.usage.prompts },
    filePolicies: config.policies,
    lookupTimeoutMs: config.cache.lookupTimeoutMs,
    memoize: memoizeEmbedder,
    medium: (observer) =>
      openRedisMedium({
        ...{ observer, settings: redisSettings(config.redis), queue: config.queue, boardPath: '/admin/queues' },
        leftoversFile: join(config.dataDir, 'unsent-writes'),
        position: () => index.position(),
      }),
    neighbourhood: async () => ({ embedder, index }),
  });
  return {
    ...{ ...shared, metrics },
    /** Pairs that the verifier weighed, by whether its network was heard. Absent: there is no verifier. */
    heard,
    reconfigure(next: Config): void {
      live = next;
      shared.reconfigure(next);
    },
  };
}
