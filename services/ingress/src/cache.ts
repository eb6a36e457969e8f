import type { Config } from '@nearhit/config';
import { combineObservers, createStats } from '@nearhit/core';
import { createEmbeddingClient, createMetrics, createNearestClient } from '@nearhit/http';
import { createMemoryCache, memoizeEmbedder } from '@nearhit/memory';
import {
  connectRedis,
  createQueueBoard,
  createRedisDecisions,
  createRedisFlights,
  createRedisWriteQueue,
  openRedisStores,
  redisSettings,
} from '@nearhit/redis';
import { type Closers, createLogObserver, openSharedCache, searchable } from '@nearhit/runtime';
import type { Logger } from 'pino';

const EMBEDDING_MEMO = 5000;
const BOARD_PATH = '/admin/queues';

/** Everything of the cache that lies behind the wire: Redis, the other services, what this process holds for itself. */
export function openCache(config: Config, token: string, log: Logger, closers: Closers) {
  const { services, cache, queue: queueing } = config;
  const now = Date.now;
  const { bytesMax, slidingSeconds } = cache.l1;
  const memory = createMemoryCache({ bytesMax, slidingMs: slidingSeconds * 1000 });
  const entriesAndBytes = async () => {
    const usage = await stores.upkeep.usage();
    const sum = (field: 'entries' | 'bytes') => usage.reduce((total, one) => total + one[field], 0);
    return { entries: sum('entries'), bytes: sum('bytes') };
  };
  const metrics = createMetrics({
    sources: {
      entries: async () => (await entriesAndBytes()).entries,
      bytes: async () => (await entriesAndBytes()).bytes,
      queueDepth: () => queue.depth(),
      queue: () => queue.admin.counts(),
      indexVectors: async () => (await index.stats()).vectors,
      l1Bytes: () => memory.size().bytes,
      logPosition: async () => (await stores.log.bounds()).lastSeq,
      replicaLag: () => shared.follower.lag ?? Number.NaN,
      breakers: () => shared.breakers,
    },
  });
  const telling = combineObservers(metrics, createLogObserver(log, now));
  const connection = closers.add(
    connectRedis(redisSettings(config.redis), (error) => telling.incident('redis', error)),
  );
  const stores = closers.add(openRedisStores(connection));
  const decisions = closers.add(createRedisDecisions({ connection, observer: telling }));
  const stats = createStats({ now, store: stores.stats, shared: true, decisions });
  const observer = combineObservers(stats, telling);
  const embedder = closers.add(createEmbeddingClient({ urls: services.embeddingUrls, token, observer }));
  const index = closers.add(createNearestClient({ urls: services.cacheUrls, token, observer }));
  const sharedFlights = closers.add(createRedisFlights({ connection, observer }));
  const barrier = (deadlineMs: number | undefined) => searchable(stores.log, () => index.position(), deadlineMs);
  const { flushMs, entriesMax, attemptsMax } = queueing;
  const queue = closers.add(createRedisWriteQueue({ connection, observer, barrier, flushMs, entriesMax, attemptsMax }));
  const board = closers.add(createQueueBoard({ connection, basePath: BOARD_PATH }));
  const { invalidations, registry } = stores;
  const shared = openSharedCache({
    medium: { stores, invalidations, registry, sharedFlights, queue, ping: () => connection.client.ping() },
    ...{ stats, embedder, index, memory, observer, closers },
    memoize: (raw) => memoizeEmbedder(raw, { entriesMax: EMBEDDING_MEMO }),
    filePolicies: config.policies,
    lookupTimeoutMs: cache.lookupTimeoutMs,
  });
  return { ...shared, stores, stats, metrics, embedder, index, board, queue };
}
