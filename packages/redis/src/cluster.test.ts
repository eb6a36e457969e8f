import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { batchStoreConformance } from '@nearhit/core/conformance/batch-store';
import { changeLogConformance } from '@nearhit/core/conformance/change-log';
import { fileStoreConformance } from '@nearhit/core/conformance/file-store';
import { keyStoreConformance } from '@nearhit/core/conformance/key-store';
import { limitStoreConformance } from '@nearhit/core/conformance/limit-store';
import { pairStoreConformance } from '@nearhit/core/conformance/pair-store';
import { policyStoreConformance } from '@nearhit/core/conformance/policy-store';
import { responseStoreConformance } from '@nearhit/core/conformance/response-store';
import { sampleStoreConformance } from '@nearhit/core/conformance/sample-store';
import { entryId, sampleEntry } from '@nearhit/core/conformance/storage-samples';
import { storeUpkeepConformance } from '@nearhit/core/conformance/store-upkeep';
import { usageStoreConformance } from '@nearhit/core/conformance/usage-store';
import { Redis } from 'ioredis';
import { type OpenedStores, openTestLimits, openTestStores, RedisCluster } from '../testing/index.ts';
import { connectRedis } from './connection.ts';
import { createLease } from './lease.ts';
import { openRedisStores } from './open-stores.ts';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await RedisCluster.start();
}, 60_000);
afterAll(() => cluster.close());

const traits = { persistent: true, shared: true };
const open = ({ dir }: { dir: string }) => openTestStores(cluster.url, { dir });
responseStoreConformance('redis cluster', open, traits);
storeUpkeepConformance('redis cluster', open, traits);
changeLogConformance('redis cluster', open, traits);
policyStoreConformance('redis cluster', open, traits);
pairStoreConformance('redis cluster', open, traits);
sampleStoreConformance('redis cluster', open, traits);
usageStoreConformance('redis cluster', open, traits);
keyStoreConformance('redis cluster', open, traits);
limitStoreConformance(
  'redis cluster',
  openTestLimits(() => cluster.url),
  traits,
);
batchStoreConformance('redis cluster', open, traits);
fileStoreConformance('redis cluster', open, traits);

describe('on a cluster', () => {
  let dir: string;
  let stores: OpenedStores | undefined;
  afterEach(async () => {
    await stores?.close();
    stores = undefined;
    for (const node of cluster.nodes) node.signal('SIGCONT');
    if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
  });

  test('entries are spread over every node', async () => {
    dir = mkdtempSync(join(tmpdir(), 'nearhit-cluster-'));
    stores = await open({ dir });
    await stores.responses.put(Array.from({ length: 200 }, (_, n) => sampleEntry(n)));
    for (const { port } of cluster.nodes) {
      const node = new Redis(port, '127.0.0.1');
      try {
        expect((await node.keys(`${stores.connection.prefix}:*:e:*`)).length).toBeGreaterThan(20);
      } finally {
        node.disconnect();
      }
    }
  });

  test('a node that answers nothing fails what it holds, in bounded time, and nothing else', async () => {
    dir = mkdtempSync(join(tmpdir(), 'nearhit-cluster-'));
    const first = await open({ dir });
    const ids = Array.from({ length: 60 }, (_, n) => entryId(n));
    await first.responses.put(ids.map((_, n) => sampleEntry(n)));
    const keyPrefix = first.connection.prefix;
    await first.close();
    const connection = connectRedis({ url: cluster.url, keyPrefix, commandTimeoutMs: 300 });
    const close = () => connection.close();
    stores = { ...openRedisStores(connection), connection, close };
    expect(await connection.ready(5000)).toBe(true);
    expect(await stores.responses.getMany(ids)).not.toContain(undefined);
    cluster.nodes[1]?.signal('SIGSTOP');
    const { responses } = stores;
    const results = await Promise.allSettled(ids.map((id) => responses.get(id)));
    const failed = results.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThan(ids.length);
    for (const { reason } of failed) expect(reason).toMatchObject({ kind: 'STORE_UNAVAILABLE' });
    for (const one of results) if (one.status === 'fulfilled') expect(one.value).toBeDefined();
  });

  test('a lease can not be had, and is given up in bounded time, while no node answers', async () => {
    const connection = connectRedis({ url: cluster.url, keyPrefix: 'nearhit', commandTimeoutMs: 300 });
    try {
      expect(await connection.ready(5000)).toBe(true);
      const lease = createLease(connection, 'upkeep');
      let worked = 0;
      const work = async () => void worked++;
      await lease.held(work);
      for (const node of cluster.nodes) node.signal('SIGSTOP');
      for (let n = 0; n < 5; n++) {
        await expect(lease.held(work)).rejects.toMatchObject({ kind: 'STORE_UNAVAILABLE' });
        await new Promise((resolve) => setTimeout(resolve, 400));
      }
      await lease.close();
      expect(worked).toBe(1);
    } finally {
      await connection.close();
    }
  });
});
