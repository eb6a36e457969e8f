import { join } from 'node:path';
import type { Config } from '@nearhit/config';
import { combineObservers, type EmbeddingModel } from '@nearhit/core';
import { createEmbeddingClient, createNearestApp, createServiceMetrics, type Door, openServer } from '@nearhit/http';
import { connectRedis, openRedisStores, redisSettings } from '@nearhit/redis';
import {
  Chores,
  Closers,
  createLogObserver,
  type FollowedIndex,
  internalTokenOf,
  openFollowedIndex,
  positionOf,
  requiredUrls,
  startHeartbeat,
  VERSION,
} from '@nearhit/runtime';
import { openTelemetry } from '@nearhit/telemetry';
import { openNearestIndex } from '@nearhit/vector-index';
import type { Logger } from 'pino';

/** The nearest-neighbour cache, over HTTP: owns the graphs, follows the change log in Redis. */
export async function startCacheService(config: Config, log: Logger, exit: (why: string) => void): Promise<Door> {
  const urls = requiredUrls('EMBEDDING_URL', config.services.embeddingUrls);
  const closers = new Closers();
  const telemetry = await openTelemetry({
    ...{ ...config.telemetry, version: VERSION },
    onError: (why) => log.warn({ why }, 'traces can not be sent'),
  });
  if (telemetry !== undefined) closers.add(telemetry);
  const now = Date.now;
  let searches = 0;
  const metrics = createServiceMetrics({
    sources: [{ name: 'nearhit_searches_total', help: 'Searches done.', kind: 'counter', read: () => searches }],
    gauges: {
      indexVectors: async () => (await followed.index.stats()).vectors,
      replicaLag: () => followed.follower.lag ?? Number.NaN,
      logPosition: async () => (await stores.log.bounds()).lastSeq,
    },
  });
  const observer = combineObservers(metrics, createLogObserver(log, now));
  const token = internalTokenOf(config).secret;
  const connection = closers.add(
    connectRedis(redisSettings(config.redis), (error) => observer.incident('redis', error)),
  );
  await connection.ready(1000);
  const stores = closers.add(openRedisStores(connection));
  let following: FollowedIndex | undefined;
  let dimensions = 0;
  const onModel = (model: EmbeddingModel) => {
    if (dimensions === 0) return;
    if (model.dimensions === dimensions) following?.startAnew();
    else exit('the embedding model has vectors of another length now');
  };
  const embedding = closers.add(createEmbeddingClient({ urls, token, observer, onModel }));
  await embedding.ready();
  dimensions = embedding.model.dimensions;
  const dir = join(config.dataDir, 'index');
  const chores = closers.add(new Chores(observer));
  const followed = closers.add(
    await openFollowedIndex({
      ...{ dir, stores, observer, chores },
      modelVersion: () => embedding.model.version,
      open: (callbacks) => {
        const { bytesMax, idleSeconds } = config.index;
        return openNearestIndex({ dir, dimensions, bytesMax, idleMs: idleSeconds * 1000, ...callbacks });
      },
    }),
  );
  following = followed;
  const { index } = followed;
  const position = () => positionOf(followed.follower);
  const wire = createNearestApp({
    onTraced: telemetry?.served,
    ...{ token, log, metrics, position },
    index: {
      stats: () => index.stats(),
      nearest: (query) => {
        searches += 1;
        return index.nearest(query);
      },
    },
    readiness: () => ({ ready: followed.caughtUp, degraded: followed.follower.lag === undefined ? ['log'] : [] }),
  });
  const report = async () => {
    const { vectors, partitions, bytes } = await index.stats();
    return { position: position(), detail: { ready: followed.caughtUp, vectors, partitions, bytes } };
  };
  const beating = { registry: stores.registry, kind: 'cache', version: VERSION, now, report } as const;
  closers.add(startHeartbeat(beating, chores));
  const { url } = closers.add(await openServer(wire.app, config.server, wire.fast));
  log.info({ url }, 'cache service listens');
  return { url, close: () => closers.close() };
}
