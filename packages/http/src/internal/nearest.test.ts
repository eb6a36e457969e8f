import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  type EntryId,
  type Fingerprint,
  type IndexChange,
  MemoryNearestIndex,
  type NearestIndex,
  NearhitError,
  type PartitionKey,
  type UnitVector,
} from '@nearhit/core';
import { nearestIndexConformance } from '@nearhit/core/conformance/nearest-index';
import { closeServices, INTERNAL_TOKEN, keepOpen, startNearest, until, watcher } from '../../test/internal.ts';
import { createNearestClient, type NearestClientOptions } from './nearest-client.ts';
import { hashOf, ownerOf } from './rendezvous.ts';

const observer = watcher();
const token = INTERNAL_TOKEN;

/** The suite's names as the wire carries them: SHA-256 in hex. */
class Digests {
  readonly #names = new Map<string, string>();

  of<T extends string>(name: T): T {
    const digest = createHash('sha256').update(name).digest('hex');
    this.#names.set(digest, name);
    return digest as T;
  }

  nameOf(id: EntryId): EntryId {
    return this.#names.get(id) as EntryId;
  }

  change(change: IndexChange): IndexChange {
    if (change.kind === 'remove') return { ...change, id: this.of(change.id) };
    return { ...change, id: this.of(change.id), fingerprint: this.of(change.fingerprint) };
  }
}

/** Asked over the wire, changed behind it. */
async function openOverHttp({ dimensions }: { dimensions: number }): Promise<NearestIndex> {
  const behind = new MemoryNearestIndex({ dimensions });
  const server = await startNearest(behind);
  const client = createNearestClient({ urls: [server.url], token, observer });
  const digests = new Digests();
  return {
    nearest: async (query) => {
      const found = await client.nearest({ ...query, fingerprint: digests.of(query.fingerprint) });
      return found.map((neighbour) => ({ ...neighbour, id: digests.nameOf(neighbour.id) }));
    },
    position: () => client.position(),
    stats: () => client.stats(),
    apply: (changes, seq) =>
      behind.apply(
        changes.map((change) => digests.change(change)),
        seq,
      ),
    ids: async () => (await behind.ids()).map((id) => digests.nameOf(id)),
    snapshot: () => behind.snapshot(),
    clear: () => behind.clear(),
    close: async () => {
      await client.close();
      await behind.close();
      await server.close();
    },
  };
}

nearestIndexConformance('over HTTP', openOverHttp);

afterEach(closeServices);

const DIMENSIONS = 8;
const F = 'f'.repeat(64) as Fingerprint;
const P = 'partition' as PartitionKey;
const idOf = (n: number) => createHash('sha256').update(String(n)).digest('hex') as EntryId;
const axis = (n: number) => Float32Array.from({ length: DIMENSIONS }, (_, i) => (i === n ? 1 : 0)) as UnitVector;

async function filled(): Promise<MemoryNearestIndex> {
  const index = new MemoryNearestIndex({ dimensions: DIMENSIONS });
  const changes = Array.from({ length: DIMENSIONS }, (_, n): IndexChange => {
    return { kind: 'add', id: idOf(n), partition: P, fingerprint: F, vector: axis(n) };
  });
  await index.apply(changes, 7);
  return index;
}

function connect(urls: readonly string[], options: Partial<NearestClientOptions> = {}) {
  return keepOpen(createNearestClient({ urls, token, observer, probeMs: 10, ...options }));
}

const query = { partition: P, fingerprint: F, vector: axis(2), k: 1 };

describe('createNearestClient', () => {
  test('similarities come back to the last bit', async () => {
    const index = await filled();
    const client = connect([(await startNearest(index)).url]);
    const vector = axis(0).map((_, i) => Math.fround((i + 1) / Math.sqrt(204))) as UnitVector;
    expect(await client.nearest({ ...query, vector, k: 100 })).toEqual(
      await index.nearest({ ...query, vector, k: 100 }),
    );
  });

  test('without a replica it fails at once, and says why in the detail', async () => {
    const { url, close } = await startNearest(await filled());
    await close();
    const client = connect([url]);
    const deadlineMs = Date.now() + 60_000;
    await expect(client.nearest({ ...query, deadlineMs })).rejects.toMatchObject({
      kind: 'STORE_UNAVAILABLE',
      detail: expect.stringMatching(/ECONNREFUSED/),
    });
    await expect(client.position()).rejects.toMatchObject({ kind: 'STORE_UNAVAILABLE' });
  });

  test('a replica that is not ready is not asked', async () => {
    const server = await startNearest(await filled());
    server.readiness = { ready: false, degraded: ['catching-up'] };
    const client = connect([server.url]);
    await expect(client.nearest(query)).rejects.toMatchObject({ detail: expect.stringMatching(/readyz answered 503/) });
    server.readiness = { ready: true, degraded: [] };
    await until('it is asked', () => client.nearest(query).then(...([() => true, () => false] as const)));
  });

  test('position is what all serving replicas have reached, stats are of the fullest', async () => {
    const [behind, ahead] = [await filled(), await filled()];
    await ahead.apply([{ kind: 'remove', id: idOf(0) }], 9);
    const paged = { partitionsOpen: 1, partitionsClosed: 0 };
    const servers = await Promise.all(
      [behind, ahead].map((index) =>
        startNearest({
          nearest: (one) => index.nearest(one),
          position: () => index.position(),
          stats: async () => ({ ...(await index.stats()), ...paged }),
        }),
      ),
    );
    const client = connect(servers.map(({ url }) => url));
    await until('both serve', () => client.replicas().filter(({ live }) => live).length === 2);
    expect(await client.position()).toBe(7);
    expect(await client.stats()).toEqual({ ...(await behind.stats()), ...paged });
    await servers[0]?.close();
    await until('one is out', () => client.replicas().some(({ live }) => !live));
    expect(await client.position()).toBe(9);
  });

  test('a partition has one owner, and another only when that one is gone', async () => {
    const asked: number[] = [];
    const spy = (n: number, index: MemoryNearestIndex) => ({
      nearest: (one: Parameters<NearestIndex['nearest']>[0]) => {
        asked.push(n);
        return index.nearest(one);
      },
      position: () => index.position(),
      stats: () => index.stats(),
    });
    const indexes = await Promise.all([filled(), filled(), filled()]);
    const servers = await Promise.all(indexes.map((index, n) => startNearest(spy(n, index))));
    const client = connect(servers.map(({ url }) => url));
    await until('all serve', () => client.replicas().filter(({ live }) => live).length === 3);
    for (let i = 0; i < 20; i++) await client.nearest(query);
    const owner = asked[0] as number;
    expect(new Set(asked)).toEqual(new Set([owner]));
    await servers[owner]?.close();
    asked.length = 0;
    for (let i = 0; i < 20; i++) expect(await client.nearest(query)).toHaveLength(1);
    expect(new Set(asked).size).toBe(1);
    expect(asked).not.toContain(owner);
  });

  test('the deadline bounds a search that does not come back; the server hears of it', async () => {
    const heard: (number | undefined)[] = [];
    const index = await filled();
    const silent: NearestIndex['nearest'] = ({ deadlineMs }) => {
      heard.push(deadlineMs);
      return new Promise(() => {});
    };
    const { url } = await startNearest({
      nearest: silent,
      position: () => index.position(),
      stats: () => index.stats(),
    });
    const client = connect([url]);
    const deadlineMs = Date.now() + 200;
    await expect(client.nearest({ ...query, deadlineMs })).rejects.toMatchObject({ kind: 'STORE_UNAVAILABLE' });
    expect(Date.now()).toBeGreaterThanOrEqual(deadlineMs - 1);
    expect(heard).toEqual([expect.any(Number)]);
    await expect(client.nearest({ ...query, deadlineMs: Date.now() - 1 })).rejects.toBeInstanceOf(NearhitError);
    await expect(client.nearest({ ...query, deadlineMs: Number.NaN })).rejects.toBeInstanceOf(NearhitError);
    expect(heard).toHaveLength(1);
  });

  test.each(['', 'F'.repeat(63), 'z'.repeat(64)])('refuses the fingerprint %j', async (fingerprint) => {
    const client = connect(['http://127.0.0.1:1']);
    const asked = client.nearest({ ...query, fingerprint: fingerprint as Fingerprint });
    await expect(asked).rejects.toMatchObject({ kind: 'INVALID_REQUEST', param: 'fingerprint' });
  });
});

describe('rendezvous hashing', () => {
  const nodes = Array.from({ length: 5 }, (_, n) => ({ hash: hashOf(`10.0.0.${n}:7002`) }));
  const keys = Array.from({ length: 10_000 }, (_, n) => hashOf(`partition ${n}`));

  test('spreads keys evenly', () => {
    const owned = keys.map((key) => ownerOf(key, nodes));
    for (const node of nodes) {
      expect(Math.abs(owned.filter((owner) => owner === node).length - 2_000)).toBeLessThan(250);
    }
  });

  test('a node that goes leaves all other keys where they are, and its own go to their second owners', () => {
    const [gone, ...rest] = nodes;
    for (const key of keys) {
      const [before, after] = [ownerOf(key, nodes), ownerOf(key, rest)];
      expect(after).toBe(before === gone ? ownerOf(key, nodes, gone) : before);
    }
  });

  test('has no owner without nodes', () => {
    expect(ownerOf(1, [])).toBeUndefined();
    expect(ownerOf(1, nodes.slice(0, 1), nodes[0])).toBeUndefined();
  });
});
