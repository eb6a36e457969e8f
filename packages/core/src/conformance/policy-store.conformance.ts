import { describe, expect, test } from '@jest/globals';
import type { PolicyRecord } from '../ports/policy-store.ts';
import { type OpenStores, type StoreTraits, storesPerTest } from './storage.samples.ts';

const byName = (a: PolicyRecord, b: PolicyRecord): number =>
  `${a.namespace} ${a.model ?? ''}`.localeCompare(`${b.namespace} ${b.model ?? ''}`);

export function policyStoreConformance(name: string, open: OpenStores, traits: StoreTraits = {}): void {
  describe(`PolicyStore: ${name}`, () => {
    const { start, reopen } = storesPerTest(open);

    test('keeps one record per namespace and model', async () => {
      const { policies } = await start();
      expect(await policies.all()).toEqual([]);
      await policies.put({ namespace: 'default', patch: { threshold: 0.9 } });
      await policies.put({ namespace: 'default', model: 'gpt-4o', patch: { ttlSeconds: 60, mode: 'shadow' } });
      await policies.put({ namespace: 'b', patch: {} });
      await policies.put({ namespace: 'default', model: undefined, patch: { semantic: false } });
      expect((await policies.all()).sort(byName)).toEqual([
        { namespace: 'b', patch: {} },
        { namespace: 'default', patch: { semantic: false } },
        { namespace: 'default', model: 'gpt-4o', patch: { ttlSeconds: 60, mode: 'shadow' } },
      ]);
    });

    test('deletes one record, and says whether there was one', async () => {
      const { policies } = await start();
      await policies.put({ namespace: 'a', patch: { threshold: 0.5 } });
      await policies.put({ namespace: 'a', model: 'm', patch: { threshold: 0.6 } });
      expect(await policies.delete('a', 'other')).toBe(false);
      expect(await policies.delete('a')).toBe(true);
      expect(await policies.delete('a')).toBe(false);
      expect(await policies.all()).toEqual([{ namespace: 'a', model: 'm', patch: { threshold: 0.6 } }]);
    });

    test('takes names of any length', async () => {
      const { policies } = await start();
      const record = { namespace: 'n'.repeat(128), model: `org/${'m'.repeat(5000)}`, patch: { threshold: 1 } };
      await policies.put(record);
      expect(await policies.all()).toEqual([record]);
    });

    test('tells listeners after a change, until they leave', async () => {
      const { policies } = await start();
      const seen: number[] = [];
      let latest: Promise<void> = Promise.resolve();
      const leave = policies.onChange(() => {
        latest = policies.all().then((all) => void seen.push(all.length));
      });
      await policies.put({ namespace: 'a', patch: {} });
      await latest;
      await policies.delete('a');
      await latest;
      await policies.delete('a');
      leave();
      await policies.put({ namespace: 'b', patch: {} });
      await latest;
      expect(seen).toEqual([1, 0]);
    });

    if (!traits.persistent) return;
    test('is there after a restart', async () => {
      const { policies } = await start();
      const record = { namespace: 'a', model: 'm', patch: { threshold: 0.123, guard: 'strict' as const } };
      await policies.put(record);
      expect(await (await reopen()).policies.all()).toEqual([record]);
    });
  });
}
