import { describe, expect, test } from '@jest/globals';
import type { StatsBucket, StatsStore } from '../ports/stats-store.ts';
import type { Stores } from '../store/stores.ts';
import { type OpenStores, type StoreTraits, storesPerTest } from './storage.samples.ts';

const bucket = (minute: number, changes: Partial<StatsBucket> = {}): StatsBucket => ({
  minute,
  namespace: 'default',
  model: 'gpt-4o',
  counts: { 'hit:l1': 3, savedUsd: 0.00125 },
  latency: { hit: { '12': 2, '13': 1 } },
  ...changes,
});

export function statsStoreConformance(name: string, open: OpenStores, traits: StoreTraits = {}): void {
  describe(`StatsStore: ${name}`, () => {
    const { start, reopen } = storesPerTest(open);
    /** Whoever loads: of a shared store somebody else than the one who saved. */
    const reader = async (writer: Stores): Promise<StatsStore> => (traits.shared ? await start() : writer).stats;
    const plain = (buckets: readonly StatsBucket[]): StatsBucket[] => buckets.map(({ writer: _, ...rest }) => rest);

    test('loads from a minute on, in order of time', async () => {
      const stores = await start();
      expect(await stores.stats.load(0)).toEqual([]);
      await stores.stats.save([bucket(30), bucket(10), bucket(20)]);
      const stats = await reader(stores);
      expect((await stats.load(0)).map(({ minute }) => minute)).toEqual([10, 20, 30]);
      expect(plain(await stats.load(20))).toEqual([bucket(20), bucket(30)]);
      expect(await stats.load(31)).toEqual([]);
    });

    test('replaces a bucket of the same minute, namespace and model', async () => {
      const stores = await start();
      await stores.stats.save([bucket(10), bucket(10, { model: 'b' }), bucket(10, { namespace: 'n' })]);
      await stores.stats.save([bucket(10, { counts: { miss: 1 } })]);
      const loaded = plain(await (await reader(stores)).load(10));
      expect(loaded).toHaveLength(3);
      expect(loaded).toContainEqual(bucket(10, { counts: { miss: 1 } }));
    });

    test('trims what is older', async () => {
      const stores = await start();
      await stores.stats.save(Array.from({ length: 1500 }, (_, minute) => bucket(minute)));
      await stores.stats.trim(1498);
      const stats = await reader(stores);
      expect((await stats.load(0)).map(({ minute }) => minute)).toEqual([1498, 1499]);
    });

    if (traits.shared) {
      test('every writer replaces its own buckets only, and loads those of the others', async () => {
        const [a, b, reader] = [await start(), await start(), await start()];
        await a.stats.save([bucket(10, { counts: { miss: 1 } })]);
        await b.stats.save([bucket(10, { counts: { miss: 2 } })]);
        await a.stats.save([bucket(10, { counts: { miss: 4 } })]);
        const loaded = await reader.stats.load(0);
        expect(loaded.map(({ counts }) => counts.miss).sort()).toEqual([2, 4]);
        expect(new Set(loaded.map(({ writer }) => writer)).size).toBe(2);
        expect((await a.stats.load(0)).map(({ counts }) => counts.miss)).toEqual([2]);
      });
    }

    if (!traits.persistent) return;
    test('is there after a restart', async () => {
      const { stats } = await start();
      await stats.save([bucket(28_333_333)]);
      expect(plain(await (await reopen()).stats.load(0))).toEqual([bucket(28_333_333)]);
    });
  });
}
