import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { ApiKeyRecord, KeyStore } from '../ports/key-store.ts';
import { type OpenStores, type StoreTraits, storesPerTest, T0 } from './storage.samples.ts';

const hashOf = (n: number | string): string => createHash('sha256').update(`key ${n}`).digest('hex');
const idOf = (n: number): string => `key_${String(n).padStart(6, '0')}`;

/** Numbered in the order of their making. */
export function sampleKey(n: number, changes: Partial<ApiKeyRecord> = {}): ApiKeyRecord {
  return {
    ...{ id: idOf(n), version: 1, name: `key ${n}`, tenant: 'acme', hint: 'nh_abcd...wxyz' },
    hashes: [{ hash: hashOf(n) }],
    grants: { models: ['gpt-4o*'], namespaces: ['support'], features: ['chat'], cacheRead: true, cacheWrite: false },
    limits: { rpm: 60, budgetUsdMonth: 12.5 },
    ...{ thresholdFloor: 0.9, routing: { policy: 'cost', maxCostUsd: 0.1 } },
    upstreamKeys: { openai: 'v1.sealed' },
    createdAtMs: T0 + n,
    ...changes,
  };
}

async function idsOf(keys: KeyStore, filter: { tenant?: string }, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await keys.list(filter, { cursor, limit });
    pages.push(page.keys.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return pages;
}

export function keyStoreConformance(name: string, open: OpenStores, traits: StoreTraits = {}): void {
  describe(`KeyStore: ${name}`, () => {
    const { start, reopen } = storesPerTest(open);

    test('answers what was put, by id and by any of its hashes', async () => {
      const { keys } = await start();
      expect([await keys.get(idOf(1)), await keys.byHash(hashOf(1))]).toEqual([undefined, undefined]);
      const rotated = sampleKey(1, { hashes: [{ hash: hashOf('new') }, { hash: hashOf(1), validUntilMs: T0 }] });
      expect(await keys.put(rotated)).toBe(true);
      expect(await keys.put(sampleKey(2))).toBe(true);
      expect(await keys.get(idOf(1))).toEqual(rotated);
      for (const hash of [hashOf(1), hashOf('new')]) expect(await keys.byHash(hash)).toEqual(rotated);
      expect(await keys.byHash(hashOf(2))).toEqual(sampleKey(2));
      expect(await keys.byHash('')).toBeUndefined();
    });

    test('of two who change the same version one wins', async () => {
      const { keys } = await start();
      await keys.put(sampleKey(1));
      expect(await keys.put(sampleKey(1, { name: 'again' }))).toBe(false);
      const changes = await Promise.all(
        ['a', 'b', 'c'].map((name) => keys.put(sampleKey(1, { name, version: 2, hashes: [{ hash: hashOf(name) }] }))),
      );
      expect(changes.filter(Boolean)).toHaveLength(1);
      const winner = ['a', 'b', 'c'][changes.indexOf(true)] as string;
      expect(await keys.get(idOf(1))).toMatchObject({ name: winner, version: 2 });
      // Hashes that the record no longer has open nothing, nor do those of who lost.
      for (const one of [1, 'a', 'b', 'c'])
        expect((await keys.byHash(hashOf(one)))?.name).toBe(one === winner ? winner : undefined);
      expect(await keys.put(sampleKey(1, { version: 4 }))).toBe(false);
      expect(await keys.put(sampleKey(9, { version: 2 }))).toBe(false);
    });

    test('lists newest first, by pages, of all tenants or of one', async () => {
      const { keys } = await start();
      for (const n of [3, 1, 5, 2, 4]) await keys.put(sampleKey(n, { tenant: n % 2 === 0 ? 'even' : 'odd' }));
      expect(await idsOf(keys, {}, 2)).toEqual([[idOf(5), idOf(4)], [idOf(3), idOf(2)], [idOf(1)]]);
      expect(await idsOf(keys, { tenant: 'odd' }, 2)).toEqual([[idOf(5), idOf(3)], [idOf(1)]]);
      expect(await idsOf(keys, { tenant: 'even' }, 2)).toEqual([[idOf(4), idOf(2)]]);
      expect(await idsOf(keys, { tenant: 'nobody' }, 2)).toEqual([[]]);
      await expect(keys.list({}, { cursor: '../x', limit: 1 })).rejects.toMatchObject({ kind: 'INVALID_REQUEST' });
    });

    test('deletes a key with its hashes', async () => {
      const { keys } = await start();
      await keys.put(sampleKey(1));
      expect([await keys.delete(idOf(1)), await keys.delete(idOf(1))]).toEqual([true, false]);
      expect([await keys.get(idOf(1)), await keys.byHash(hashOf(1))]).toEqual([undefined, undefined]);
      expect(await idsOf(keys, {}, 5)).toEqual([[]]);
      expect(await idsOf(keys, { tenant: 'acme' }, 5)).toEqual([[]]);
    });

    test('keeps what is set for tenants, whatever they are called', async () => {
      const { keys } = await start();
      expect([await keys.tenant('a'), await keys.tenants()]).toEqual([undefined, []]);
      const names = ['z{}', 'ü '.repeat(120), 'a'];
      for (const id of names)
        await keys.putTenant({ id, limits: { rpm: null, tpm: 5 }, routing: { policy: 'latency' } });
      await keys.putTenant({ id: 'a', limits: { concurrent: 3 } });
      expect(await keys.tenant('a')).toEqual({ id: 'a', limits: { concurrent: 3 } });
      expect((await keys.tenants()).map(({ id }) => id)).toEqual([...names].sort());
      expect([await keys.deleteTenant('a'), await keys.deleteTenant('a')]).toEqual([true, false]);
      expect(await keys.tenant('a')).toBeUndefined();
    });

    test('has another revision after every change', async () => {
      const { keys } = await start();
      const seen = [await keys.revision()];
      const steps = [
        () => keys.put(sampleKey(1)),
        () => keys.put(sampleKey(1, { version: 2 })),
        () => keys.putTenant({ id: 'a', limits: {} }),
        () => keys.deleteTenant('a'),
        () => keys.delete(idOf(1)),
      ];
      for (const step of steps) {
        await step();
        const revision = await keys.revision();
        expect(await keys.revision()).toBe(revision);
        seen.push(revision);
      }
      expect(new Set(seen).size).toBe(steps.length + 1);
    });

    if (!traits.persistent) return;
    test('is there after a restart', async () => {
      const { keys } = await start();
      await keys.put(sampleKey(1));
      await keys.putTenant({ id: 'a', limits: { rpm: 1 } });
      const again = (await reopen()).keys;
      expect(await again.byHash(hashOf(1))).toEqual(sampleKey(1));
      expect(await again.tenants()).toEqual([{ id: 'a', limits: { rpm: 1 } }]);
    });
  });
}
