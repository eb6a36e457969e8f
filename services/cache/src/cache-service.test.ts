import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadConfig } from '@nearhit/config';
import type { Embedder, UnitVector } from '@nearhit/core';
import { createEmbeddingApp, createServiceMetrics, openServer } from '@nearhit/http';
import { RedisServer } from '@nearhit/redis/testing';
import { openLog } from '@nearhit/runtime';
import { until } from '../../../test/support/until.ts';
import { startCacheService } from './cache-service.ts';

let dir: string;
const opened: { close(): Promise<unknown> }[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-cache-service-'));
});
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
  rmSync(dir, { recursive: true, force: true });
});

const keep = <T extends { close(): Promise<unknown> }>(one: T): T => {
  opened.push(one);
  return one;
};

const log = openLog('silent');
const token = 'the-internal-token';

/** Its model can become another. */
class Embedding implements Pick<Embedder, 'embed' | 'model'> {
  dimensions = 4;

  get model() {
    const { dimensions } = this;
    return { id: 'm', version: `v${dimensions}`, dimensions, tokensMax: 100 };
  }

  async embed(texts: readonly string[]) {
    const vector = Float32Array.from({ length: this.dimensions }, (_, at) => (at === 0 ? 1 : 0)) as UnitVector;
    return texts.map(() => ({ vector, tokens: 1, truncated: false }));
  }
}

async function serve(embedder: Embedding) {
  const readiness = () => ({ ready: true, degraded: [] });
  const metrics = createServiceMetrics({ sources: [] });
  const { app, fast } = createEmbeddingApp({
    ...{ embedder, log, metrics, token, readiness, bodyBytesMax: 1_000_000 },
  });
  return keep(await openServer(app, { host: '127.0.0.1', port: 0 }, fast));
}

test('a model with vectors of another length ends the process: its index could take none of them', async () => {
  const redis = keep(await RedisServer.start());
  const embedding = new Embedding();
  const { url } = await serve(embedding);
  const env = {
    ...{ REDIS_URL: redis.url, EMBEDDING_URL: url, NEARHIT_INTERNAL_TOKEN: token },
    ...{ NEARHIT_DATA_DIR: dir, HOST: '127.0.0.1', PORT: '0' },
  };
  const reasons: string[] = [];
  const cache = keep(await startCacheService(loadConfig({ env, cwd: dir }), log, (why) => reasons.push(why)));
  await until('it is ready', async () => (await fetch(`${cache.url}/readyz`)).status === 200);
  embedding.dimensions = 8;
  await until('it has noticed', () => reasons.length > 0);
  expect(reasons).toEqual(['the embedding model has vectors of another length now']);
});
