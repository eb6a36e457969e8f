import { join } from 'node:path';
import type { Config } from '@nearhit/config';
import { type Embedder, NearhitError, type Observer, type PairNetwork, type RunAudit } from '@nearhit/core';
import { createMetrics, createNearestClient } from '@nearhit/http';
import { createMemoryCache, memoizeEmbedder } from '@nearhit/memory';
import {
  createLease,
  openRedisMedium,
  redisSettings,
  startRedisAuditConsumer,
  startRedisConsumer,
} from '@nearhit/redis';
import {
  type Chores,
  type Closers,
  createCalm,
  createLogObserver,
  createWriter,
  internalTokenOf,
  keepUsageInBounds,
  openFollowedIndex,
  openSharedCache,
  positionOf,
  sharedGauges,
  startHeartbeat,
  VERSION,
} from '@nearhit/runtime';
import { openNearestIndex } from '@nearhit/vector-index';
import { openJoint, openVerifying, placesOf } from '@nearhit/wiring';
import type { Logger } from 'pino';
import { canRead, openOwnEmbedder } from './own-embedder.ts';

type Medium = ReturnType<typeof openRedisMedium>;

/** As one of several processes on one Redis: what has no service of its own (EMBEDDING_URL, CACHE_URL) runs in here. */
export async function openClusteredCache(
  config: Config,
  log: Logger,
  closers: Closers,
  observers: readonly Observer[],
) {
  let live = config;
  const { bytesMax, slidingSeconds } = config.cache.l1;
  const memory = createMemoryCache({ bytesMax, slidingMs: slidingSeconds * 1000 });
  const metrics = createMetrics({ ...placesOf(config), sources: sharedGauges(() => shared, memory) });
  let position = async () => 0;
  const own = new OwnNetwork();
  const { verifierDir } = config.cache;
  const joint = canRead(config) ? openJoint(verifierDir, log) : undefined;
  const { verifier, prior } = openVerifying(verifierDir, log, joint && { joint, network: own });
  if (verifier !== undefined) metrics.watch({ network: () => verifier.networkCounts });
  const shared = await openSharedCache({
    ...{ memory, closers, verifier, prior },
    observers: [metrics, createLogObserver(log, Date.now, () => live.logging), ...observers],
    accounts: { dir: join(config.dataDir, 'accounts'), prompts: () => live.usage.prompts },
    filePolicies: config.policies,
    lookupTimeoutMs: config.cache.lookupTimeoutMs,
    memoize: memoizeEmbedder,
    medium: (observer) =>
      openRedisMedium({
        ...{ observer, settings: redisSettings(config.redis), queue: config.queue, boardPath: '/admin/queues' },
        leftoversFile: join(config.dataDir, 'unsent-writes'),
        position: () => position(),
      }),
    neighbourhood: async (medium, observer, chores) => {
      let onModel = () => {};
      const opened = await openOwnEmbedder(config, log, { joint, observer, closers, onModel: () => onModel() });
      const { embedder } = opened;
      own.network = opened.network;
      const near = await openOwnIndex(config, medium, embedder, observer, chores, closers);
      onModel = near.startAnew;
      position = near.position;
      return { embedder, index: near.index };
    },
  });
  const { medium, near, observer, policies, chores, follower } = shared;
  const lease = closers.add(createLease(medium.connection, 'upkeep'));
  const writer = createWriter({ stores: medium.stores, embedder: near.embedder, observer, policies, lease, chores });
  const { concurrency, ratePerSecond } = config.queue;
  const { connection, invalidations, registry } = medium;
  closers.add(await startRedisConsumer({ connection, observer, invalidations, concurrency, ratePerSecond, ...writer }));
  const report = async () => ({ position: positionOf(follower), detail: { waiting: medium.queue.depth() } });
  closers.add(startHeartbeat({ registry, kind: 'standalone', version: VERSION, now: Date.now, report }, chores));
  return {
    ...{ ...shared, metrics },
    auditing: { open: () => medium.audits, store: medium.stores.responses, ...shared.judging },
    async consumeAudits(run: RunAudit): Promise<void> {
      closers.add(await startRedisAuditConsumer({ connection, observer, run, calm: createCalm() }));
    },
    batching: { files: medium.stores.files, batches: medium.stores.batches },
    operating: {
      ...{ upkeep: medium.stores.upkeep, queueAdmin: medium.queue.admin, board: medium.board.handler },
      ...{ services: registry, changes: medium.stores.log },
    },
    delivered: medium.stores.delivered,
    data: 'Redis',
    /** Others may wait at other processes for what this one fetches. */
    drained: () => medium.sharedFlights.drained(),
    // While Redis is away nobody can say.
    entries: async () => shared.entries().catch(() => 0),
    reconfigure(next: Config): void {
      live = next;
      shared.reconfigure(next);
    },
    start(): void {
      shared.start();
      writer.startUpkeep();
      keepUsageInBounds({ store: medium.stores.usage, chores, lease, now: Date.now, settings: () => live.usage });
    },
  };
}

/** The network of whoever embeds, which is opened after who asks it. */
class OwnNetwork implements PairNetwork {
  network: PairNetwork | undefined;

  get version(): string | undefined {
    return this.network?.version;
  }

  async score(...asked: Parameters<PairNetwork['score']>): Promise<(number | undefined)[]> {
    if (this.network === undefined) throw new NearhitError('EMBEDDER_BUSY', 'There is no network.');
    return this.network.score(...asked);
  }
}

async function openOwnIndex(
  config: Config,
  { stores }: Medium,
  embedder: Embedder,
  observer: Observer,
  chores: Chores,
  closers: Closers,
) {
  const { cacheUrls } = config.services;
  if (cacheUrls.length > 0) {
    const token = internalTokenOf(config).secret;
    const index = closers.add(createNearestClient({ urls: cacheUrls, token, observer }));
    return { index, position: () => index.position(), startAnew: () => {} };
  }
  const dir = join(config.dataDir, 'shared-index');
  const following = closers.add(
    await openFollowedIndex({
      ...{ dir, stores, observer, chores },
      modelVersion: () => embedder.model.version,
      open: (callbacks) => {
        const { bytesMax, idleSeconds } = config.index;
        const { dimensions } = embedder.model;
        return openNearestIndex({ dir, dimensions, bytesMax, idleMs: idleSeconds * 1000, ...callbacks });
      },
    }),
  );
  const { index, follower, startAnew } = following;
  return { index, startAnew, position: async () => positionOf(follower) };
}
