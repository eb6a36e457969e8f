import { join } from 'node:path';
import type { Config } from '@nearhit/config';
import type { ProviderStatus } from '@nearhit/core';
import { dashboardFolder } from '@nearhit/dashboard';
import { type Door, type Mounted, mountDoor, openDoor, type WireDeps } from '@nearhit/http';
import { Closers, degradedOf, type Secret, secretOf, VERSION } from '@nearhit/runtime';
import { openAdministration, openAnswering, openBatches, openTracing } from '@nearhit/wiring';
import type { Logger } from 'pino';
import { openCache } from './cache.ts';
import { openClusteredCache } from './clustered-cache.ts';

interface Assembled {
  readonly admin: Secret;
  /** Providers, where the answers are and how many, and the model, for the banner. */
  facts(): Promise<{ providers: ProviderStatus[]; data: string; entries: number; embeddingModel: string }>;
  /**
   * A new configuration in force: policies, providers, models. What needs a restart stays as it was. Throws TypeError on
   * one that can't be used, and goes on with the old one.
   */
  reconfigure(config: Config): void;
  close(): Promise<void>;
}

export interface Standalone extends Assembled, Door {}

/** Everything in one process: on LMDB and worker threads, or, where REDIS_URL is set, as one of several on Redis. */
export async function startStandalone(initial: Config, log: Logger): Promise<Standalone> {
  const { host, port } = initial.server;
  const { door, ...assembled } = await open(initial, log, (wire) => openDoor({ ...wire, host, port }));
  return { ...assembled, url: door.url };
}

/** The same without a port of its own: somebody else's app serves it. */
export async function startMounted(initial: Config, log: Logger): Promise<Assembled & { readonly door: Mounted }> {
  return open(initial, log, async (wire) => ({ ...mountDoor(wire), close: async () => {} }));
}

type OpenDoor<D> = (wire: WireDeps) => Promise<D>;

async function open<D extends { close(): Promise<void> }>(
  initial: Config,
  log: Logger,
  openDoor: OpenDoor<D>,
): Promise<Assembled & { readonly door: D }> {
  const closers = new Closers();
  try {
    const openIts = initial.redis.url === undefined ? openCache : openClusteredCache;
    const { observers, begin } = await openTracing(initial, log, closers);
    const cache = await openIts(initial, log, closers, observers);
    return await assemble(initial, log, closers, cache, (wire) => openDoor({ ...wire, trace: begin }));
  } catch (error) {
    // What could not be opened is the reason; what then can't be closed would only hide it.
    await closers.close().catch(() => undefined);
    throw error;
  }
}

type Cache = Awaited<ReturnType<typeof openCache>> | Awaited<ReturnType<typeof openClusteredCache>>;

async function assemble<D extends { close(): Promise<void> }>(
  initial: Config,
  log: Logger,
  closers: Closers,
  cache: Cache,
  openDoor: OpenDoor<D>,
): Promise<Assembled & { readonly door: D }> {
  let config = initial;
  const admin = secretOf(config.server.adminToken, join(config.dataDir, 'admin-token'), 'nha_');
  const { lookingUp, policies } = cache;
  const answering = openAnswering({
    ...{
      lookingUp,
      accounts: cache.accounts,
      access: cache.access,
      observer: lookingUp.observer,
      metrics: cache.metrics,
      auditing: cache.auditing,
    },
    config: () => config,
    secretFile: join(config.dataDir, 'house-secret'),
    drained: () => cache.drained(),
    closers,
  });
  const { answer, upstream, access } = answering;
  const batches = openBatches({
    ...{ ...lookingUp, stores: cache.batching, answer, upstream, access, config: () => config },
  });
  closers.add(batches.runner);
  await cache.consumeAudits(answering.runAudit);
  const door = closers.add(
    await openDoor({
      ...{ answer, batchRoom: batches.room },
      ...{ upstream, log, metrics: cache.metrics, embedder: lookingUp.embedder, observer: lookingUp.observer },
      auth: () => config.auth,
      ...{ keyring: access.keyring, enter: access.enter, countEmbeddings: access.countEmbeddings },
      dashboard: dashboardFolder,
      bodyBytesMax: config.server.bodyBytesMax,
      readiness: async () => ({ ready: true, degraded: await degradedOf(cache.probes) }),
      admin: {
        ...{ token: admin.secret, version: VERSION, policies, stats: cache.stats, ...cache.operating },
        accounts: cache.accounts.reader,
        keys: access.admin,
        ...openAdministration({ ...cache, webhookSecret: config.server.webhookSecret }),
        entries: cache.administering.store,
      },
    }),
  );
  cache.start();
  batches.runner.start();

  return {
    admin,
    door,
    facts: async () => ({
      providers: upstream.providers(),
      data: cache.data,
      entries: await cache.entries(),
      embeddingModel: lookingUp.embedder.model.id,
    }),
    reconfigure(next) {
      // First what may refuse it: then the old configuration stays in force as a whole.
      answering.reconfigure(next);
      config = { ...next, server: initial.server, dataDir: initial.dataDir };
      cache.reconfigure(config);
    },
    close: () => closers.close(),
  };
}
