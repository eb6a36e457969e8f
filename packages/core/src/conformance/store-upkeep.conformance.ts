import { describe, expect, test } from '@jest/globals';
import { entryBytes } from '../entry.ts';
import type { EntryId } from '../ids.ts';
import { worthOf } from '../store/eviction.ts';
import type { Stores } from '../store/stores.ts';
import {
  entryId,
  inScope,
  MODEL,
  type OpenStores,
  type StoreTraits,
  sampleEntry,
  storesPerTest,
  T0,
  withoutVector,
} from './storage.samples.ts';

type Start = () => Promise<Stores>;
const NO_BOUND = { maxEntries: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };
const DEFAULT = { tenant: 'default', namespace: 'default', ...NO_BOUND };

export function storeUpkeepConformance(name: string, open: OpenStores, traits: StoreTraits = {}): void {
  describe(`StoreUpkeep: ${name}`, () => {
    const { start, reopen } = storesPerTest(open);
    sweeps(start);
    accounts(start);
    evicts(start);
    weighs(start);
    finds(start);
    if (traits.persistent) outlives(start, reopen);
  });
}

function sweeps(start: Start): void {
  test('sweeps what has passed its end, oldest end first, at most so many', async () => {
    const { responses, upkeep } = await start();
    await responses.put([4, 2, 5, 1, 3].map((n) => sampleEntry(n, { expiresAtMs: T0, staleUntilMs: T0 + n * 10 })));
    expect(await upkeep.sweep(T0 + 9, 100)).toEqual([]);
    expect(await upkeep.sweep(T0 + 40, 2)).toEqual([1, 2].map(entryId));
    // The instant itself is no longer within an entry's life.
    expect(await upkeep.sweep(T0 + 40, 100)).toEqual([3, 4].map(entryId));
    expect((await responses.list({}, { limit: 9 })).entries.map(({ id }) => id)).toEqual([entryId(5)]);
    expect((await responses.unlogged()).sort()).toEqual([1, 2, 3, 4, 5].map(entryId).sort());
    expect(await upkeep.usage()).toMatchObject([{ entries: 1 }]);
  });

  test('a replaced entry has the new life only', async () => {
    const { responses, upkeep } = await start();
    await responses.put([sampleEntry(1, { staleUntilMs: T0 + 10 })]);
    await responses.put([sampleEntry(1, { staleUntilMs: T0 + 1000 })]);
    expect(await upkeep.sweep(T0 + 500, 10)).toEqual([]);
    expect(await upkeep.sweep(T0 + 1000, 10)).toEqual([entryId(1)]);
  });

  test('sweeps more than one transaction holds', async () => {
    const { responses, upkeep } = await start();
    await responses.put(Array.from({ length: 700 }, (_, n) => sampleEntry(n, { staleUntilMs: T0 })));
    expect(await upkeep.sweep(T0, 600)).toHaveLength(600);
    expect(await upkeep.sweep(T0, 600)).toHaveLength(100);
    expect(await upkeep.usage()).toEqual([]);
  });
}

function accounts(start: Start): void {
  test('counts entries and bytes per tenant and namespace', async () => {
    const { responses, upkeep } = await start();
    const entries = [
      sampleEntry(1),
      sampleEntry(2, { answer: Buffer.alloc(5000, 'a') }),
      inScope(sampleEntry(3), { namespace: 'b' }),
      inScope(sampleEntry(4), { tenant: 'acme' }),
      inScope(sampleEntry(5), { tenant: 'acme', model: 'other' }),
    ];
    await responses.put(entries);
    const bytes = (...ns: number[]): number =>
      entries.filter((_, i) => ns.includes(i + 1)).reduce((sum, entry) => sum + entryBytes(entry), 0);
    const expected = [
      { tenant: 'acme', namespace: 'default', entries: 2, bytes: bytes(4, 5) },
      { tenant: 'default', namespace: 'b', entries: 1, bytes: bytes(3) },
      { tenant: 'default', namespace: 'default', entries: 2, bytes: bytes(1, 2) },
    ];
    const byName = (a: { tenant: string; namespace: string }, b: { tenant: string; namespace: string }): number =>
      a.tenant.localeCompare(b.tenant) || a.namespace.localeCompare(b.namespace);
    expect((await upkeep.usage()).sort(byName)).toEqual(expected);
    await responses.delete([entryId(3)]);
    await responses.put([sampleEntry(2)]);
    expect((await upkeep.usage()).sort(byName)).toEqual([
      expected[0],
      { ...expected[2], bytes: entryBytes(sampleEntry(1)) + entryBytes(sampleEntry(2)) },
    ]);
  });
}

function evicts(start: Start): void {
  const left = async ({ responses }: Stores): Promise<EntryId[]> =>
    (await responses.list({}, { limit: 1000 })).entries.map(({ id }) => id);

  test('among equals, evicts the least used first, down to the bound', async () => {
    const stores = await start();
    const { responses, upkeep } = stores;
    await responses.put(Array.from({ length: 6 }, (_, n) => sampleEntry(n)));
    upkeep.touch([entryId(0), entryId('unknown')]);
    upkeep.touch([entryId(3), entryId(1)]);
    upkeep.touch([entryId(3)]);
    expect(await upkeep.evict({ ...DEFAULT, maxEntries: 6 })).toEqual([]);
    expect(await upkeep.evict({ ...DEFAULT, maxEntries: 3 })).toEqual([2, 4, 5].map(entryId));
    expect(await upkeep.evict({ ...DEFAULT, maxEntries: 1 })).toEqual([0, 1].map(entryId));
    expect(await left(stores)).toEqual([entryId(3)]);
    expect(await responses.unlogged()).toHaveLength(6);
  });

  test('every use counts; a replaced entry keeps its uses', async () => {
    const { responses, upkeep } = await start();
    await responses.put([sampleEntry(1), sampleEntry(2), sampleEntry(3)]);
    upkeep.touch([entryId(1)]);
    await upkeep.evict(DEFAULT);
    upkeep.touch([entryId(2)]);
    upkeep.touch([entryId(2)]);
    upkeep.touch([entryId(1), entryId(1)]);
    await responses.put([sampleEntry(2), sampleEntry(1)]);
    expect(await upkeep.evict({ ...DEFAULT, maxEntries: 0 })).toEqual([3, 2, 1].map(entryId));
  });

  test('what was used much long ago is overtaken by what is in use now', async () => {
    const { responses, upkeep } = await start();
    await responses.put([sampleEntry(1), sampleEntry(2)]);
    upkeep.touch([entryId(1), entryId(1)]);
    for (let n = 3; n < 9; n++) {
      await responses.put([sampleEntry(n)]);
      upkeep.touch([entryId(n)]);
      await upkeep.evict({ ...DEFAULT, maxEntries: 2 });
    }
    expect((await responses.list({}, { limit: 9 })).entries.map(({ id }) => id)).toEqual([8, 7].map(entryId));
  });

  test('holds a bound in bytes', async () => {
    const stores = await start();
    const { responses, upkeep } = stores;
    await responses.put(Array.from({ length: 5 }, (_, n) => sampleEntry(n, { answer: Buffer.alloc(1000) })));
    const each = entryBytes(sampleEntry(0, { answer: Buffer.alloc(1000) }));
    expect(await upkeep.evict({ ...DEFAULT, maxBytes: 5 * each })).toEqual([]);
    expect(await upkeep.evict({ ...DEFAULT, maxBytes: 3 * each - 1 })).toEqual([0, 1, 2].map(entryId));
    expect(await left(stores)).toEqual([4, 3].map(entryId));
  });

  test('leaves other namespaces and tenants alone', async () => {
    const stores = await start();
    const { responses, upkeep } = stores;
    await responses.put([
      sampleEntry(1),
      inScope(sampleEntry(2), { namespace: 'b' }),
      inScope(sampleEntry(3), { tenant: 'acme' }),
    ]);
    expect(await upkeep.evict({ ...DEFAULT, namespace: 'none', maxEntries: 0 })).toEqual([]);
    expect(await upkeep.evict({ ...DEFAULT, maxEntries: 0 })).toEqual([entryId(1)]);
    expect(await left(stores)).toEqual([3, 2].map(entryId));
  });
}

function weighs(start: Start): void {
  test('what saves least per byte goes first', async () => {
    const { responses, upkeep } = await start();
    await responses.put([
      sampleEntry(0, { costUsd: 0.5 }),
      sampleEntry(1, { costUsd: 0.001 }),
      sampleEntry(2, { costUsd: 0.2, answer: Buffer.alloc(500_000) }),
      sampleEntry(3, { costUsd: 0.003 }),
      sampleEntry(4, { costUsd: 0 }),
      sampleEntry(5, { costUsd: 0.003, expiresAtMs: T0 + 30_000 }),
    ]);
    expect(await upkeep.evict({ ...DEFAULT, maxEntries: 3 })).toEqual([5, 4, 2].map(entryId));
    expect(await upkeep.evict({ ...DEFAULT, maxEntries: 0 })).toEqual([1, 3, 0].map(entryId));
  });

  test('tells what the next to be evicted has been worth', async () => {
    const { responses, upkeep } = await start();
    expect(await upkeep.lowest(DEFAULT)).toBeUndefined();
    const [cheap, dear] = [sampleEntry(1, { costUsd: 0.001 }), sampleEntry(2, { costUsd: 0.0025 })];
    await responses.put([cheap, dear, inScope(sampleEntry(3, { costUsd: 0 }), { namespace: 'b' })]);
    const worth = worthOf(cheap, entryBytes(cheap));
    expect(await upkeep.lowest(DEFAULT)).toBeCloseTo(worth, 15);
    upkeep.touch([entryId(1)]);
    await upkeep.evict(DEFAULT);
    expect(await upkeep.lowest(DEFAULT)).toBeCloseTo(2 * worth, 15);
    upkeep.touch([entryId(1)]);
    await upkeep.evict(DEFAULT);
    expect(await upkeep.lowest(DEFAULT)).toBeCloseTo(worthOf(dear, entryBytes(dear)), 15);
  });

  test('evicts more than one round holds', async () => {
    const { responses, upkeep } = await start();
    // All of one length: among equals the first to arrive is the first to leave.
    await responses.put(Array.from({ length: 1300 }, (_, n) => sampleEntry(1000 + n)));
    const gone = await upkeep.evict({ ...DEFAULT, maxEntries: 10 });
    expect(new Set(gone).size).toBe(1290);
    expect((await responses.list({}, { limit: 99 })).entries.map(({ id }) => id)).toEqual(
      Array.from({ length: 10 }, (_, n) => entryId(2299 - n)),
    );
  });
}

function finds(start: Start): void {
  test('finds what similarity needs and lacks', async () => {
    const { responses, upkeep } = await start();
    const none = { vector: undefined, embeddingModel: undefined };
    const entries = [
      sampleEntry(0),
      sampleEntry(1, none),
      sampleEntry(2, { embeddingModel: 'older' }),
      sampleEntry(3, { ...none, semantic: false }),
      sampleEntry(4, { embeddingModel: 'zz newer' }),
      sampleEntry(5, { vector: undefined }),
    ];
    await responses.put(entries);
    const sorted = (ids: readonly EntryId[]): EntryId[] => [...ids].sort();
    const found = await upkeep.unembedded(MODEL, 100);
    expect(sorted(found.map(({ id }) => id))).toEqual(sorted([1, 2, 4, 5].map(entryId)));
    expect(found.find(({ id }) => id === entryId(2))).toEqual(withoutVector(entries[2] as never));
    expect(await upkeep.unembedded(MODEL, 3)).toHaveLength(3);
    expect(await upkeep.unembedded(MODEL, 0)).toEqual([]);
    await responses.put([sampleEntry(1), sampleEntry(2), sampleEntry(4)]);
    await responses.delete([entryId(5)]);
    expect(await upkeep.unembedded(MODEL, 100)).toEqual([]);
    expect(await upkeep.unembedded('another', 100)).toHaveLength(4);
  });
}

function outlives(start: Start, reopen: Start): void {
  test('uses noted before closing count after a restart', async () => {
    const { responses, upkeep } = await start();
    await responses.put([sampleEntry(1), sampleEntry(2), sampleEntry(3)]);
    upkeep.touch([entryId(1)]);
    const again = await reopen();
    expect(await again.upkeep.evict({ ...DEFAULT, maxEntries: 1 })).toEqual([2, 3].map(entryId));
  });
}
