import { join } from 'node:path';
import type { Config } from '@nearhit/config';
import { dashboardFolder } from '@nearhit/dashboard';
import { type Door, openDoor } from '@nearhit/http';
import {
  Closers,
  degradedOf,
  internalTokenOf,
  positionOf,
  type Secret,
  secretOf,
  startHeartbeat,
  VERSION,
} from '@nearhit/runtime';
import { openAdministration, openAnswering, openCache, openFiles, openTracing } from '@nearhit/wiring';
import type { Logger } from 'pino';
import { listServices } from './services.ts';

export interface Ingress extends Door {
  readonly admin: Secret;
  /**
   * A new configuration in force: policies, providers, models. What needs a restart stays as it was. Throws TypeError on
   * one that can't be used, and goes on with the old one.
   */
  reconfigure(config: Config): void;
}

/** The public door. Starts, and answers, while Redis and the other services are away. */
export async function startIngress(initial: Config, log: Logger): Promise<Ingress> {
  let config = initial;
  const closers = new Closers();
  const tracing = await openTracing(config, log, closers);
  const cache = await openCache(config, internalTokenOf(config).secret, log, closers, tracing.observers);
  const { lookingUp, chores, follower, stats, near } = cache;
  const { stores, queue, board, registry } = cache.medium;
  const admin = secretOf(config.server.adminToken, join(config.dataDir, 'secrets', 'admin-token'), 'nha_');
  const answering = openAnswering({
    ...{ lookingUp, accounts: cache.accounts, access: cache.access, observer: cache.observer, metrics: cache.metrics },
    config: () => config,
    secretFile: join(config.dataDir, 'secrets', 'house-secret'),
    // Workers run them.
    auditing: { open: () => cache.medium.audits, store: stores.responses, ...cache.judging },
    // When its own clients are served, others may still wait at other replicas for what this one fetches.
    drained: () => cache.medium.sharedFlights.drained(),
    closers,
  });
  const { answer, upstream, access } = answering;
  const door = closers.add(
    await openDoor({
      ...{ answer, upstream, log, metrics: cache.metrics, embedder: lookingUp.embedder, observer: cache.observer },
      trace: tracing.begin,
      batchRoom: openFiles(stores, () => config),
      auth: () => config.auth,
      ...{ keyring: access.keyring, enter: access.enter, countEmbeddings: access.countEmbeddings },
      dashboard: dashboardFolder,
      bodyBytesMax: config.server.bodyBytesMax,
      host: config.server.host,
      port: config.server.port,
      readiness: async () => ({ ready: true, degraded: await degradedOf(cache.probes) }),
      admin: {
        ...{ token: admin.secret, version: VERSION, stats, policies: cache.policies, upkeep: stores.upkeep },
        keys: access.admin,
        ...openAdministration({ ...cache, delivered: stores.delivered, webhookSecret: config.server.webhookSecret }),
        entries: stores.responses,
        accounts: cache.accounts.reader,
        services: listServices(registry, near.embedder),
        changes: stores.log,
        queueAdmin: queue.admin,
        board: board.handler,
      },
    }),
  );
  const report = async () => ({ position: positionOf(follower), detail: { waiting: queue.depth() } });
  closers.add(startHeartbeat({ registry, kind: 'ingress', version: VERSION, now: Date.now, report }, chores));
  cache.start();
  return {
    admin,
    url: door.url,
    reconfigure(next) {
      // First what may refuse it: then the old configuration stays in force as a whole.
      answering.reconfigure(next);
      config = { ...next, server: initial.server, dataDir: initial.dataDir };
      cache.reconfigure(config);
    },
    close: () => closers.close(),
  };
}
