import {
  ChangeFeed,
  type Embedder,
  type FilePolicies,
  followWithMemory,
  type Invalidations,
  type LogFollower,
  type MemoryCache,
  type NearestIndex,
  NearhitError,
  type Observer,
  PendingAnswers,
  PolicyService,
  type QueueAdmin,
  type ServiceRegistry,
  type SharedFlights,
  type Stats,
  type Stores,
  type WriteQueue,
} from '@nearhit/core';
import { type Breaker, createBreaker } from './breaker.ts';
import { Chores } from './chores.ts';
import type { Closers } from './closers.ts';
import { guardEmbedder, guardNearest, guardStore, isDependencyFault } from './guards.ts';

/** What processes share, and the ways to it. */
export interface SharedMedium {
  readonly stores: Stores;
  readonly invalidations: Invalidations;
  readonly registry: ServiceRegistry;
  readonly sharedFlights: SharedFlights;
  readonly queue: WriteQueue & { readonly admin: QueueAdmin };
  /** Rejects while the medium can't be reached. */
  ping(): Promise<unknown>;
}

export interface SharedCacheOptions {
  readonly medium: SharedMedium;
  readonly stats: Stats;
  /** Of this process or another. */
  readonly embedder: Embedder;
  readonly memoize: (embedder: Embedder) => Embedder;
  /** Of this process or another. `stats` rejects while it can't be reached. */
  readonly index: Pick<NearestIndex, 'nearest' | 'stats'>;
  readonly memory: MemoryCache;
  readonly observer: Observer;
  readonly filePolicies: FilePolicies;
  readonly lookupTimeoutMs: number;
  readonly closers: Closers;
}

const STATS_MS = 2000;
const PROBE_MS = 1000;

/**
 * The cache of a process that shares it with others: reads behind circuit breakers, a memory that follows the change
 * log, writes by the queue. Nothing here waits for the medium: a process starts, and answers, while it is away.
 */
export function openSharedCache(options: SharedCacheOptions) {
  const { medium, stats, embedder, index, memory, observer, closers } = options;
  const { stores, queue, sharedFlights, invalidations } = medium;
  const now = Date.now;
  const breaker = (name: string, probe: () => Promise<unknown>): Breaker => {
    const timeoutMs = options.lookupTimeoutMs;
    return closers.add(createBreaker({ name, timeoutMs, probe, observer, counts: isDependencyFault }));
  };
  const breakers = [
    breaker('redis', () => medium.ping()),
    breaker('embedding', () => embedder.embed(['ready?'], { deadlineMs: now() + PROBE_MS })),
    breaker('cache', () => index.stats()),
  ] as const;
  const [redis, embedding, cache] = breakers;
  const policies = new PolicyService(stores.policies, options.filePolicies);
  const pending = new PendingAnswers();
  const following = { log: stores.log, observer, memory, pending, policies, sharedFlights, now };
  const follower = closers.add(followWithMemory(following));
  const chores = closers.add(new Chores(observer));
  const lookingUp = {
    ...{ memory, observer, now, queue, policies, pending, sharedFlights, invalidations },
    store: guardStore(stores.responses, redis),
    upkeep: stores.upkeep,
    embedder: options.memoize(guardEmbedder(embedder, embedding)),
    index: guardNearest(index, cache),
  };
  return {
    /** For `createAnswer`. */
    lookingUp,
    /** For `CacheAdmin`: an operator waits for the medium instead of being told that it is away. */
    administering: { ...lookingUp, store: stores.responses, feed: new ChangeFeed(stores.log) },
    ...{ breakers, policies, follower, chores },
    /** Begins to follow the log, and to share the statistics. */
    start(): void {
      follower.start();
      chores.once('stats-failed', () => stats.load());
      chores.every(STATS_MS, 'stats-failed', async () => {
        await stats.flush();
        await stats.refresh();
      });
      closers.add({ close: () => chores.attempt('stats-failed', () => stats.flush()) });
    },
  };
}

const LOOK_AGAIN_MS = 25;

/** Resolves when every index has taken in what the log holds now. Throws FLUSH_TIMEOUT. */
export async function searchable(
  log: Pick<Stores['log'], 'bounds'>,
  position: () => Promise<number>,
  deadlineMs: number | undefined,
): Promise<void> {
  const { lastSeq } = await log.bounds();
  while ((await position()) < lastSeq) {
    if (deadlineMs !== undefined && Date.now() > deadlineMs)
      throw new NearhitError('FLUSH_TIMEOUT', 'Everything is stored, but not yet searchable on every cache replica.');
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

/** Position of a follower that other processes ask for: 0 before it has caught up for the first time. */
export const positionOf = (follower: Pick<LogFollower, 'position'>): number => follower.position?.seq ?? 0;
