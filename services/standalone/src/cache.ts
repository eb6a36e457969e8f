import { join } from 'node:path';
import type { Config } from '@nearhit/config';
import {
  ChangeFeed,
  combineObservers,
  createStats,
  createWriteBehind,
  PendingAnswers,
  PolicyService,
  type Recovery,
  recover,
  remember,
} from '@nearhit/core';
import { embeddingModelFrom, memoizeEmbedder, openEmbedder } from '@nearhit/embedding';
import { createMetrics } from '@nearhit/http';
import { openLmdb } from '@nearhit/lmdb';
import { createMemoryCache } from '@nearhit/memory';
import { openNearestIndex } from '@nearhit/vector-index';
import type { Logger } from 'pino';
import { Background } from './background.ts';
import type { Closers } from './closers.ts';
import { createLogObserver } from './log-observer.ts';

const EMBEDDING_MEMO = 5000;

/** Everything of the cache that lives beside the wire: stores, vectors, queue, policies, observers. */
export async function openCache(config: Config, log: Logger, closers: Closers) {
  const now = Date.now;
  const stores = closers.add(await openLmdb({ dir: config.dataDir }));
  const cacheDir = join(config.dataDir, 'models');
  const model = embeddingModelFrom(config.embedding.model);
  const rawEmbedder = closers.add(await openEmbedder({ ...model, cacheDir, threads: config.embedding.threads }));
  const embedder = memoizeEmbedder(rawEmbedder, { entriesMax: EMBEDDING_MEMO });
  const { dimensions } = embedder.model;
  const index = closers.add(await openNearestIndex({ dir: join(config.dataDir, 'index'), dimensions }));
  const { bytesMax, slidingSeconds } = config.cache.l1;
  const memory = createMemoryCache({ bytesMax, slidingMs: slidingSeconds * 1000 });

  const entriesAndBytes = async () => {
    const usage = await stores.upkeep.usage();
    const sum = (field: 'entries' | 'bytes') => usage.reduce((total, one) => total + one[field], 0);
    return { entries: sum('entries'), bytes: sum('bytes') };
  };
  const stats = createStats({ now, store: stores.stats });
  await stats.load();
  const metrics = createMetrics({
    sources: {
      entries: async () => (await entriesAndBytes()).entries,
      bytes: async () => (await entriesAndBytes()).bytes,
      queueDepth: () => queue.depth(),
      indexVectors: async () => (await index.stats()).vectors,
      l1Bytes: () => memory.size().bytes,
    },
  });
  const observer = combineObservers(stats, metrics, createLogObserver(log, now));
  const policies = new PolicyService(stores.policies, config.policies);
  await policies.load();

  const feed = new ChangeFeed(stores.log, index);
  const remembering = { store: stores.responses, log: stores.log, index, feed, embedder, observer };
  const recovery: Recovery = await recover(remembering);
  const queue = createWriteBehind({ write: (entries) => remember(entries, remembering), observer });
  const lookingUp = { ...remembering, memory, upkeep: stores.upkeep, queue, policies, now };
  const pending = new PendingAnswers();
  const background = new Background(lookingUp, stats);
  closers.add({ close: () => background.stop() });
  closers.add(queue);
  return { ...lookingUp, pending, rawEmbedder, stats, metrics, background, recovery, entriesAndBytes };
}
