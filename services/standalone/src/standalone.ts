import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Config } from '@nearhit/config';
import {
  CacheAdmin,
  ChangeFeed,
  combineObservers,
  createAnswer,
  createStats,
  createWriteBehind,
  type Observer,
  PolicyService,
  type PreparedRequest,
  type Recovery,
  recover,
  remember,
} from '@nearhit/core';
import { embeddingModelFrom, memoizeEmbedder, openEmbedder } from '@nearhit/embedding';
import { createUpstream } from '@nearhit/gateway';
import { closeServer, createApp, createChatHandler, createMetrics, createServer, sendError } from '@nearhit/http';
import { openLmdb } from '@nearhit/lmdb';
import { createMemo, createMemoryCache } from '@nearhit/memory';
import { openNearestIndex } from '@nearhit/vector-index';
import type { Logger } from 'pino';
import { type AdminToken, adminToken } from './admin-token.ts';
import { createAuthorize } from './authorize.ts';
import { Background } from './background.ts';
import { createLogObserver } from './log-observer.ts';
import { readinessOf } from './readiness.ts';

export interface Standalone {
  readonly url: string;
  readonly admin: AdminToken;
  readonly recovery: Recovery;
  /** Providers, entries and model, for the banner. */
  facts(): Promise<{
    providers: ReturnType<ReturnType<typeof createUpstream>['providers']>;
    entries: number;
    embeddingModel: string;
  }>;
  /** A new configuration in force: policies, providers, models. What needs a restart stays as it was. */
  reconfigure(config: Config): void;
  /** No new requests; those in flight finish (30 s), the queue is written, the index leaves a snapshot. */
  close(): Promise<void>;
}

const SHUTDOWN_GRACE_MS = 30_000;
const EMBEDDING_MEMO = 5000;
const PREPARED_MEMO = 10_000;
const VERSION = '0.1.0';

/** Everything in one process: the same brain as the four services, on LMDB and worker threads. */
export async function startStandalone(initial: Config, log: Logger): Promise<Standalone> {
  let config = initial;
  const now = Date.now;
  const closers: (() => Promise<unknown> | unknown)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const stores = openLmdb({ dir: config.dataDir });
    closers.push(() => stores.close());
    const admin = adminToken(config.server.adminToken, config.dataDir);
    const rawEmbedder = await openEmbedder({ ...embeddingModelFrom(config.embedding.model),
      cacheDir: join(config.dataDir, 'models'),
      threads: config.embedding.threads,
    });
    closers.push(() => rawEmbedder.close());
    const embedder = memoizeEmbedder(rawEmbedder, { entriesMax: EMBEDDING_MEMO });
    const index = await openNearestIndex({ dir: join(config.dataDir, 'index'), dimensions: embedder.model.dimensions });
    closers.push(() => index.close());
    const memory = createMemoryCache({
      bytesMax: config.cache.l1.bytesMax,
      slidingMs: config.cache.l1.slidingSeconds * 1000,
    });
    const upstream = createUpstream(config);
    closers.push(() => upstream.close());

    const stats = createStats({ now, store: stores.stats });
    const metrics = createMetrics({
      sources: {
        entries: async () => (await stores.upkeep.usage()).reduce((sum, { entries }) => sum + entries, 0),
        bytes: async () => (await stores.upkeep.usage()).reduce((sum, { bytes }) => sum + bytes, 0),
        queueDepth: () => queue.depth(),
        indexVectors: async () => (await index.stats()).vectors,
        l1Bytes: () => memory.size().bytes,
      },
    });
    const observer: Observer = combineObservers(stats, metrics, createLogObserver(log, now));
    const policies = new PolicyService(stores.policies, config.policies);
    await policies.load();

    const remembering = {
      store: stores.responses,
      log: stores.log,
      index,
      feed: new ChangeFeed(stores.log, index),
      embedder,
      observer,
    };
    const recovery = await recover(remembering);
    const queue = createWriteBehind({ write: (entries) => remember(entries, remembering), observer });
    const background = new Background({ ...remembering, upkeep: stores.upkeep, memory, policies, now }, stats);
    closers.push(() => background.stop());
    closers.push(() => queue.close());

    const lookingUp = { memory, store: stores.responses, upkeep: stores.upkeep, embedder, index, observer, now };
    const answer = createAnswer({
      ...lookingUp,
      queue,
      upstream,
      policies,
      prepared: createMemo<{ request: PreparedRequest; policyVersion: number }>({ entriesMax: PREPARED_MEMO }),
      lookupTimeoutMs: () => config.cache.lookupTimeoutMs,
    });
    const cache = new CacheAdmin({ ...lookingUp, ...remembering, queue, policies });

    const authorize = createAuthorize(() => config.auth, admin.token);
    const bodyBytesMax = config.server.bodyBytesMax;
    const chat = createChatHandler({
      answer,
      bodyBytesMax,
      authorize,
      fail: (req, res, error) => sendError(req, res, error, log),
    });
    const app = createApp({
      chat,
      upstream,
      embedder,
      authorize,
      bodyBytesMax,
      log,
      readiness: readinessOf({ embedder: rawEmbedder, index, queue, store: stores.responses }),
      metrics,
      admin: {
        token: admin.token,
        version: VERSION,
        policies,
        cache,
        entries: stores.responses,
        stats,
        usage: stores.upkeep,
      },
    });
    const server = createServer(app, {
      fast: (req, res) => {
        if (req.method !== 'POST' || req.url !== '/v1/chat/completions') return false;
        chat(req, res);
        return true;
      },
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(config.server.port, config.server.host, resolve);
    });
    closers.push(() => closeServer(server, SHUTDOWN_GRACE_MS));
    background.start();

    const { port } = server.address() as AddressInfo;
    const host = config.server.host.includes(':') ? `[${config.server.host}]` : config.server.host;
    return {
      url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`,
      admin,
      recovery,
      facts: async () => ({
        providers: upstream.providers(),
        entries: (await stores.upkeep.usage()).reduce((sum, { entries }) => sum + entries, 0),
        embeddingModel: embedder.model.id,
      }),
      reconfigure(next) {
        config = { ...next, server: initial.server, dataDir: initial.dataDir };
        policies.useFile(next.policies);
        upstream.reconfigure(next);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
