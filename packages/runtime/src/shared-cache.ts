import {
  Admission,
  Calibration,
  type CalibrationPrior,
  ChangeFeed,
  combineObservers,
  countsOf,
  createStats,
  type DecisionLog,
  type Embedder,
  errorBoundsOf,
  type FilePolicies,
  followWithMemory,
  type Invalidations,
  LinkMemory,
  type LogFollower,
  type MemoryCache,
  type NearestIndex,
  type Observer,
  PendingAnswers,
  PolicyService,
  type QueueAdmin,
  type ServiceRegistry,
  type SharedFlights,
  type Stores,
  totalUsage,
  type Verifier,
  type WriteQueue,
  watchRoom,
} from '@nearhit/core';
import { type AccountsOptions, openAccounts } from './accounts/accounts.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import { Chores } from './chores.ts';
import type { Closers } from './closers.ts';
import { guardEmbedder, guardLimits, guardNearest, guardStore, isDependencyFault } from './guards.ts';
import { embedderProbe, type Probe } from './readiness.ts';

/** What processes share, and the ways to it. */
export interface SharedMedium {
  readonly stores: Stores;
  readonly invalidations: Invalidations;
  readonly registry: ServiceRegistry;
  readonly sharedFlights: SharedFlights;
  readonly queue: WriteQueue & { readonly admin: QueueAdmin };
  readonly decisions: DecisionLog;
  /** Rejects while the medium can't be reached. */
  ping(): Promise<unknown>;
  /** Resolves to true when it can be reached, to false when it could not in time. */
  ready(timeoutMs: number): Promise<boolean>;
  close(): Promise<void>;
}

/** What finds by meaning, in this process or another. */
export interface Neighbourhood {
  readonly embedder: Embedder;
  /** `stats` rejects while it can't be reached. */
  readonly index: Pick<NearestIndex, 'nearest' | 'stats'>;
}

export interface SharedCacheOptions<M extends SharedMedium, N extends Neighbourhood> {
  readonly medium: (observer: Observer) => M;
  readonly neighbourhood: (medium: M, observer: Observer, chores: Chores) => Promise<N>;
  readonly memoize: (embedder: Embedder) => Embedder;
  readonly memory: MemoryCache;
  /** Hears everything that the statistics hear: metrics, the log. */
  readonly observers: readonly Observer[];
  readonly accounts: Pick<AccountsOptions, 'dir' | 'prompts'>;
  readonly filePolicies: FilePolicies;
  readonly lookupTimeoutMs: number;
  readonly closers: Closers;
  /** Shipped with what scores candidates. Default: that of cosine similarity, of which nothing is known. */
  readonly prior?: CalibrationPrior | undefined;
  /** Absent: threshold and guards decide alone. */
  readonly verifier?: Verifier | undefined;
}

const STATS_MS = 2000;
const ROOM_MS = 5000;
/**
 * A look-up that is late is a miss; a limit that could not be asked is one that did not hold. So limits are waited for
 * longer, and a hurried look-up's failures do not count against them.
 */
const LIMITS_TIMEOUT_MS = 1000;
/** At start: usually the medium is there, and what needs it then need not fail first. */
const READY_MS = 1000;

/**
 * The cache of a process that shares it with others: reads behind circuit breakers, a memory that follows the change
 * log, writes by the queue. A process starts, and answers, while the medium is away.
 */
export async function openSharedCache<M extends SharedMedium, N extends Neighbourhood>(
  options: SharedCacheOptions<M, N>,
) {
  const { memory, closers } = options;
  const now = Date.now;
  const medium = closers.add(options.medium(combineObservers(...options.observers)));
  const { stores, queue, sharedFlights, invalidations } = medium;
  await medium.ready(READY_MS);
  const { stats, accounts, observer, chores } = openRecords(options, medium, now);
  const near = await options.neighbourhood(medium, observer, chores);
  const lookups = openBreakers(medium, near, options.lookupTimeoutMs, observer);
  const [redis, embedding, cache] = lookups;
  const ping = () => medium.ping();
  const limits = createBreaker({ name: 'limits', timeoutMs: LIMITS_TIMEOUT_MS, probe: ping, observer });
  const breakers = [...lookups, limits] as const;
  for (const breaker of breakers) closers.add(breaker);
  const policies = new PolicyService(stores.policies, options.filePolicies);
  const pending = new PendingAnswers();
  const links = new LinkMemory(stores.pairs);
  const calibration = new Calibration({ store: stores.samples, prior: options.prior, observer });
  const following = {
    ...{ log: stores.log, observer, memory, pending, policies, invalidations, sharedFlights, now },
    ...{ links, calibration },
  };
  const follower = closers.add(followWithMemory(following));
  const admission = new Admission();
  const lookingUp = {
    ...{ admission, memory, observer, now, queue, policies, pending, sharedFlights, invalidations },
    ...{ links, calibration, verifier: options.verifier },
    store: guardStore(stores.responses, redis),
    upkeep: stores.upkeep,
    embedder: options.memoize(guardEmbedder(near.embedder, embedding)),
    index: guardNearest(near.index, cache),
  };
  return {
    /** For `createAnswer`. */
    lookingUp,
    /** For `CacheAdmin`: an operator waits for the medium instead of being told that it is away. */
    administering: { ...lookingUp, store: stores.responses, index: near.index, feed: new ChangeFeed(stores.log) },
    /** What was judged, and what follows from it. */
    ...{ decisions: medium.decisions, links, calibration, judging: { links, calibration } },
    /** API keys, and limits through a breaker of their own: while the medium is away nobody waits for it. */
    access: { keys: stores.keys, limits: guardLimits(stores.limits, limits) },
    ...{ medium, near, stats, observer, accounts, breakers, policies, follower, chores },
    probes: probesOf(medium, near).map((probe, at) => throughBreaker(probe, lookups[at] as Breaker)),
    /** How many there are. Rejects while the medium can't be reached. */
    entries: async () => totalUsage(await stores.upkeep.usage()).entries,
    /** A new configuration in force. */
    reconfigure(next: { readonly policies: FilePolicies; readonly cache: { readonly lookupTimeoutMs: number } }): void {
      policies.useFile(next.policies);
      for (const breaker of lookups) breaker.timeoutMs = next.cache.lookupTimeoutMs;
    },
    /** Begins to follow the log, and to share the statistics. */
    start(): void {
      accounts.start(chores);
      follower.start();
      chores.once('stats-failed', () => stats.load());
      chores.every(ROOM_MS, 'room-unknown', () => watchRoom({ upkeep: stores.upkeep, policies, admission }));
      chores.every(STATS_MS, 'stats-failed', () => stats.flush().then(() => stats.refresh()));
    },
  };
}

/** Who keeps what requests came to, and the chores by which it is shared. */
function openRecords(
  {
    observers,
    accounts: { dir, prompts },
    closers,
  }: Pick<SharedCacheOptions<never, never>, 'observers' | 'accounts' | 'closers'>,
  { stores, decisions }: SharedMedium,
  now: () => number,
) {
  const stats = createStats({ now, store: stores.stats, shared: true, decisions });
  const hearing = combineObservers(stats, ...observers);
  const accounts = closers.add(openAccounts({ dir, prompts, store: stores.usage, observer: hearing, now }));
  const observer = combineObservers(hearing, accounts);
  const chores = new Chores(observer);
  closers.add({
    async close() {
      await chores.close();
      // Of the requests that were let finish, too.
      await chores.attempt('stats-failed', () => stats.flush());
    },
  });
  return { stats, accounts, observer, chores };
}

function openBreakers(medium: SharedMedium, near: Neighbourhood, timeoutMs: number, observer: Observer) {
  return probesOf(medium, near).map(([name, probe]) =>
    createBreaker({ name, timeoutMs, probe, observer, counts: isDependencyFault }),
  ) as [redis: Breaker, embedding: Breaker, cache: Breaker];
}

/** What the metrics of a process with a shared cache say, read at each scrape. */
export function sharedGauges(cache: () => Awaited<ReturnType<typeof openSharedCache>>, memory: MemoryCache) {
  const usage = async () => totalUsage(await cache().medium.stores.upkeep.usage());
  return {
    entries: async () => (await usage()).entries,
    bytes: async () => (await usage()).bytes,
    queueDepth: () => cache().medium.queue.depth(),
    queue: () => cache().medium.queue.admin.counts(),
    queueOldestSeconds: () => queueAgeOf(cache().medium.queue.admin),
    indexVectors: async () => (await cache().near.index.stats()).vectors,
    l1Bytes: () => memory.size().bytes,
    logPosition: async () => (await cache().medium.stores.log.bounds()).lastSeq,
    replicaLag: () => cache().follower.lag ?? Number.NaN,
    breakers: () => cache().breakers,
    ...evidenceGauges(() => cache()),
  };
}

/** Seconds that the oldest write waits; 0: none does. */
export async function queueAgeOf(admin: Pick<QueueAdmin, 'oldestAtMs'>, now = Date.now): Promise<number> {
  const atMs = await admin.oldestAtMs();
  return atMs === undefined ? 0 : Math.max(0, (now() - atMs) / 1000);
}

/** What the metrics say of verdicts on answers. */
export function evidenceGauges(of: () => { readonly links: LinkMemory; readonly calibration: Calibration }) {
  return {
    judgedPairs: () => of().links.size,
    labels: () => countsOf(of().calibration.samples()),
    errorBounds: () => errorBoundsOf(of().calibration),
  };
}

/** For readiness. */
function probesOf(medium: SharedMedium, near: Neighbourhood): Probe[] {
  return [['redis', () => medium.ping()], embedderProbe(near.embedder), ['cache', () => near.index.stats()]];
}

/** What answers again is no use until look-ups ask it again. */
function throughBreaker([name, ask]: Probe, breaker: Breaker): Probe {
  return [name, () => (breaker.open ? Promise.reject(new Error('look-ups keep away from it')) : ask())];
}

/** Position of a follower that other processes ask for: 0 before it has caught up for the first time. */
export const positionOf = (follower: Pick<LogFollower, 'position'>): number => follower.position?.seq ?? 0;
