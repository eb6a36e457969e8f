import { describe, expect, test } from '@jest/globals';
import type { StatsBucket } from '../ports/stats-store.ts';
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

    test('loads from a minute on, in order of time', async () => {
      const { stats } = await start();
      expect(await stats.load(0)).toEqual([]);
      await stats.save([bucket(30), bucket(10), bucket(20)]);
      expect((await stats.load(0)).map(({ minute }) => minute)).toEqual([10, 20, 30]);
      expect(await stats.load(20)).toEqual([bucket(20), bucket(30)]);
      expect(await stats.load(31)).toEqual([]);
    });

    test('replaces a bucket of the same minute, namespace and model', async () => {
      const { stats } = await start();
      await stats.save([bucket(10), bucket(10, { model: 'b' }), bucket(10, { namespace: 'n' })]);
      await stats.save([bucket(10, { counts: { miss: 1 } })]);
      const loaded = await stats.load(10);
      expect(loaded).toHaveLength(3);
      expect(loaded).toContainEqual(bucket(10, { counts: { miss: 1 } }));
    });

    test('trims what is older', async () => {
      const { stats } = await start();
      await stats.save(Array.from({ length: 1500 }, (_, minute) => bucket(minute)));
      await stats.trim(1498);
      expect((await stats.load(0)).map(({ minute }) => minute)).toEqual([1498, 1499]);
    });

    if (!traits.persistent) return;
    test('is there after a restart', async () => {
      const { stats } = await start();
      await stats.save([bucket(28_333_333)]);
      expect(await (await reopen()).stats.load(0)).toEqual([bucket(28_333_333)]);
    });
  });
}
