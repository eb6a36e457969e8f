import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '@nearhit/config';
import { CacheAdmin, createAnswer, type PreparedRequest, type ProviderStatus, type Recovery } from '@nearhit/core';
import { createUpstream } from '@nearhit/gateway';
import { closeServer, createApp, createChatHandler, createServer, sendError } from '@nearhit/http';
import { createMemo } from '@nearhit/memory';
import type { Logger } from 'pino';
import { type AdminToken, adminToken } from './admin-token.ts';
import { createAuthorize } from './authorize.ts';
import { openCache } from './cache.ts';
import { Closers } from './closers.ts';
import { readinessOf } from './readiness.ts';

export interface Standalone {
  readonly url: string;
  readonly admin: AdminToken;
  readonly recovery: Recovery;
  /** Providers, entries and model, for the banner. */
  facts(): Promise<{ providers: ProviderStatus[]; entries: number; embeddingModel: string }>;
  /**
   * A new configuration in force: policies, providers, models. What needs a restart stays as it was. Throws TypeError on
   * one that can't be used, and goes on with the old one.
   */
  reconfigure(config: Config): void;
  /** No new requests; those in flight finish (30 s), the queue is written, the index leaves a snapshot. */
  close(): Promise<void>;
}

const SHUTDOWN_GRACE_MS = 30_000;
const PREPARED_MEMO = 10_000;
const PREPARED_MEMO_BYTES = 33_554_432;
const VERSION = '0.1.0';

/** Everything in one process: the same brain as the four services, on LMDB and worker threads. */
export async function startStandalone(initial: Config, log: Logger): Promise<Standalone> {
  const closers = new Closers();
  try {
    return await assemble(initial, log, closers);
  } catch (error) {
    // What could not be opened is the reason; what then can't be closed would only hide it.
    await closers.close().catch(() => undefined);
    throw error;
  }
}

async function assemble(initial: Config, log: Logger, closers: Closers): Promise<Standalone> {
  let config = initial;
  const { bodyBytesMax, host, port } = config.server;
  const cache = await openCache(config, log, closers);
  const admin = adminToken(config.server.adminToken, config.dataDir);
  const upstream = closers.add(createUpstream(config));
  const prepared = createMemo<{ request: PreparedRequest; policyVersion: number }>({
    entriesMax: PREPARED_MEMO,
    // A body's texts are most of what is kept of it, at up to two bytes a character.
    bytes: { max: PREPARED_MEMO_BYTES, of: ({ request }) => 1024 + 2 * request.promptChars },
  });
  const answer = createAnswer({ ...cache, upstream, prepared, lookupTimeoutMs: () => config.cache.lookupTimeoutMs });
  const authorize = createAuthorize(() => config.auth, admin.token);
  const chat = createChatHandler({
    answer,
    bodyBytesMax,
    authorize,
    fail: (req, res, error) => sendError(req, res, error, log),
  });
  const app = createApp({
    chat,
    upstream,
    embedder: cache.embedder,
    authorize,
    bodyBytesMax,
    log,
    readiness: readinessOf({ ...cache, embedder: cache.rawEmbedder }),
    metrics: cache.metrics,
    admin: { ...cache, token: admin.token, version: VERSION, cache: new CacheAdmin(cache), entries: cache.store },
  });
  const server = createServer(app, {
    fast: (req, res) => {
      if (req.method !== 'POST' || req.url !== '/v1/chat/completions') return false;
      chat(req, res);
      return true;
    },
  });
  await listen(server, port, host);
  closers.add({ close: () => closeServer(server, SHUTDOWN_GRACE_MS) });
  cache.background.start();

  return {
    url: urlOf(server, host),
    admin,
    recovery: cache.recovery,
    facts: async () => ({
      providers: upstream.providers(),
      entries: (await cache.entriesAndBytes()).entries,
      embeddingModel: cache.embedder.model.id,
    }),
    reconfigure(next) {
      // First what may refuse it: then the old configuration stays in force as a whole.
      upstream.reconfigure(next);
      config = { ...next, server: initial.server, dataDir: initial.dataDir };
      cache.policies.useFile(next.policies);
    },
    close: () => closers.close(),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

function urlOf(server: Server, host: string): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${(server.address() as AddressInfo).port}`;
}
