import { join } from 'node:path';
import type { Config } from '@nearhit/config';
import {
  Admission,
  Calibration,
  ChangeFeed,
  combineObservers,
  compact,
  createMemoryAudits,
  createMemoryDecisions,
  createMemoryDeliveredEvents,
  createMemoryInvalidations,
  createStats,
  createWriteBehind,
  type Embedder,
  type EntryId,
  forget,
  LinkMemory,
  maintain,
  type NearestIndex,
  type Observer,
  oneAtATime,
  PendingAnswers,
  PolicyService,
  type ResponseStore,
  type RunAudit,
  recover,
  reembed,
  remember,
  snapshot,
  totalUsage,
  type WriteQueue,
  watchRoom,
} from '@nearhit/core';
import { createMetrics } from '@nearhit/http';
import { type LmdbStores, openLmdb } from '@nearhit/lmdb';
import { createMemoryCache, memoizeEmbedder } from '@nearhit/memory';
import {
  Chores,
  type Closers,
  createCalm,
  createLogObserver,
  embedderProbe,
  evidenceGauges,
  keepUsageInBounds,
  openAccounts,
  type Probe,
  queueAgeOf,
} from '@nearhit/runtime';
import { openNearestIndex } from '@nearhit/vector-index';
import { openJoint, openVerifying, placesOf } from '@nearhit/wiring';
import type { Logger } from 'pino';
import { canRead, openOwnEmbedder } from './own-embedder.ts';

const MAINTAIN_MS = 5000;
const STATS_MS = 10_000;

/** Everything of the cache that lives beside the wire: stores, vectors, queue, policies, observers. */
export async function openCache(config: Config, log: Logger, closers: Closers, observers: readonly Observer[]) {
  const now = Date.now;
  let live = config;
  const stores = closers.add(await openLmdb({ dir: config.dataDir }));
  const { bytesMax, slidingSeconds } = config.cache.l1;
  const memory = createMemoryCache({ bytesMax, slidingMs: slidingSeconds * 1000 });
  const usage = async () => totalUsage(await stores.upkeep.usage());
  const decisions = createMemoryDecisions();
  const stats = createStats({ now, store: stores.stats, decisions });
  await stats.load();
  const metrics = createMetrics({
    ...placesOf(config),
    sources: {
      entries: async () => (await usage()).entries,
      bytes: async () => (await usage()).bytes,
      queueDepth: () => queue.depth(),
      queue: () => queue.admin.counts(),
      queueOldestSeconds: () => queueAgeOf(queue.admin),
      indexVectors: async () => (await index.stats()).vectors,
      l1Bytes: () => memory.size().bytes,
      ...evidenceGauges(() => ({ links, calibration })),
    },
  });
  const logging = createLogObserver(log, now, () => live.logging);
  const hearing = combineObservers(stats, metrics, logging, ...observers);
  const accountsDir = join(config.dataDir, 'accounts');
  const prompts = () => live.usage.prompts;
  const accounts = closers.add(
    openAccounts({ dir: accountsDir, store: stores.usage, observer: hearing, now, prompts }),
  );
  const observer = combineObservers(hearing, accounts);
  const { verifierDir } = config.cache;
  const joint = canRead(config) ? openJoint(verifierDir, log) : undefined;
  let onModel = () => {};
  const own = await openOwnEmbedder(config, log, { joint, observer, closers, onModel: () => onModel() });
  const embedder = memoizeEmbedder(own.embedder);
  const policies = new PolicyService(stores.policies, config.policies);
  await policies.load();
  const links = new LinkMemory(stores.pairs);
  const { network } = own;
  const { verifier, prior } = openVerifying(verifierDir, log, joint && network && { joint, network });
  if (verifier !== undefined) metrics.watch({ network: () => verifier.networkCounts });
  const calibration = new Calibration({ store: stores.samples, prior, observer });
  await Promise.all([links.load(), calibration.load()]);

  const chores = new Chores(observer);
  const remembering = await openIndex(config, { stores, embedder, observer }, chores, closers);
  const { index, startAnew } = remembering;
  const invalidations = createMemoryInvalidations();
  const queue = createWriteBehind({
    ...{ observer, invalidations, now },
    write: (entries) => remember(entries, remembering),
    forget: (ids) => forget(ids, remembering),
  });
  const upkeep = { ...remembering, memory, upkeep: stores.upkeep, policies, now };
  /** Two at once would embed the same. */
  const takeOver = oneAtATime(async () => {
    await reembed(upkeep, () => chores.stopped);
  });
  onModel = () =>
    chores.once('index-recovery-failed', () => startAnew().then(() => chores.once('reembed-failed', takeOver)));
  closers.add({
    async close() {
      await chores.close();
      await chores.attempt('stats-failed', () => stats.flush());
      await chores.attempt('snapshot-failed', () => snapshot(remembering));
    },
  });
  closers.add(queue);
  const admission = new Admission();
  const judging = { links, verifier, calibration };
  const lookingUp = { ...upkeep, admission, queue, pending: new PendingAnswers(), invalidations, ...judging };
  return {
    ...{ lookingUp, administering: lookingUp, policies, stats, metrics, accounts, decisions, links, calibration },
    auditing: {
      open: (run: RunAudit) => createMemoryAudits({ run, observer, calm: createCalm() }),
      ...{ store: stores.responses, links, calibration },
    },
    /** Its own queue runs them. */
    consumeAudits: async (_run: RunAudit) => {},
    batching: { files: stores.files, batches: stores.batches },
    probes: probesOf(lookingUp, own.embedder),
    operating: { upkeep: stores.upkeep, queueAdmin: queue.admin },
    access: { keys: stores.keys, limits: stores.limits },
    delivered: createMemoryDeliveredEvents(),
    data: config.dataDir,
    /** Nobody elsewhere waits for what this process fetches. */
    drained: async () => {},
    entries: async () => (await usage()).entries,
    reconfigure(next: Config): void {
      live = next;
      policies.useFile(next.policies);
    },
    /** Expiry and eviction, statistics, vectors for entries of another embedding model. */
    start(): void {
      accounts.start(chores);
      keepUsageInBounds({ store: stores.usage, chores, now, settings: () => live.usage });
      chores.every(MAINTAIN_MS, 'maintain-failed', () => maintain(upkeep).then(() => compact(remembering)));
      chores.every(MAINTAIN_MS, 'room-unknown', () => watchRoom({ ...upkeep, admission }));
      chores.every(STATS_MS, 'stats-failed', () => stats.flush());
      chores.once('reembed-failed', takeOver);
      // What was written while the embedder was busy, away or starting again.
      chores.every(MAINTAIN_MS, 'reembed-failed', takeOver);
    },
  };
}

/** The index, and what is written beside it. What it has lost it finds in the log, or, when it is no longer whole, in the store. */
async function openIndex(
  { dataDir, index: { bytesMax, idleSeconds } }: Config,
  { stores, embedder, observer }: { stores: LmdbStores; embedder: Embedder; observer: Observer },
  chores: Chores,
  closers: Closers,
) {
  let opened!: () => void;
  const whenOpen = new Promise<void>((resolve) => {
    opened = resolve;
  });
  const index = closers.add(
    await openNearestIndex({
      dir: join(dataDir, 'index'),
      dimensions: embedder.model.dimensions,
      bytesMax,
      idleMs: idleSeconds * 1000,
      onRestart: () => chores.once('index-recovery-failed', () => whenOpen.then(() => catchUp(false))),
      onPartitionLost: () => chores.once('index-recovery-failed', () => whenOpen.then(() => catchUp(true))),
    }),
  );
  const feed = new ChangeFeed(stores.log, index);
  const remembering = { store: stores.responses, log: stores.log, index, feed, embedder, observer };
  const recovering = { ...remembering, modelVersion: () => embedder.model.version };
  const catchUp = (anew: boolean) =>
    feed.exclusively(async () => {
      if (anew) await index.clear();
      await recover(recovering);
    });
  await recover(recovering);
  opened();
  return { ...remembering, startAnew: () => catchUp(true) };
}

const QUEUE_DEPTH_MAX = 5000;
const NO_SUCH_ENTRY = '0'.repeat(64) as EntryId;

function probesOf({ index, store, queue }: Watched, embedder: Embedder): Probe[] {
  return [
    embedderProbe(embedder),
    ['index', () => index.stats()],
    ['store', () => store.get(NO_SUCH_ENTRY)],
    ['queue', async () => queue.depth() <= QUEUE_DEPTH_MAX || Promise.reject(new Error('many answers wait'))],
  ];
}

interface Watched {
  readonly index: Pick<NearestIndex, 'stats'>;
  readonly store: Pick<ResponseStore, 'get'>;
  readonly queue: Pick<WriteQueue, 'depth'>;
}
