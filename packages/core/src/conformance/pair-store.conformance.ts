import { hash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { judgedPair, type NewPair } from '../evidence/pair.ts';
import type { Fingerprint, TenantId } from '../ids.ts';
import { type JudgedPair, PAIR_BOUNDS, type PairFilter, type PairStore } from '../ports/pair-store.ts';
import { type OpenStores, type StoreTraits, storesPerTest, T0 } from './storage.samples.ts';

/** Named by a number; its time grows with it. */
export function samplePair(n: number, changes: Partial<NewPair> = {}): JudgedPair {
  return judgedPair({
    scope: { tenant: 'default' as TenantId, namespace: 'default', model: 'gpt-4o' },
    a: { text: `How do I cancel order ${n}?` },
    b: { text: `How do I change order ${n}?` },
    verdict: 'wrong',
    source: 'feedback',
    atMs: T0 + n,
    requestId: `r${n}`,
    ...changes,
  });
}

const side = (text: string): NewPair['a'] => ({ text, key: hash('sha256', text) });

/** One of thousands: a store takes the keys as they come, and to make them of the texts takes longer than to store them. */
export const oneOfMany = (n: number, changes: Partial<NewPair> = {}): JudgedPair =>
  samplePair(n, { a: side(`How do I cancel order ${n}?`), b: side(`How do I change order ${n}?`), ...changes });

const inNamespace = (namespace: string): Pick<NewPair, 'scope'> => ({
  scope: { tenant: 'default' as TenantId, namespace, model: 'gpt-4o' },
});

async function all(pairs: PairStore, filter: PairFilter = {}, limit = 1000): Promise<JudgedPair[]> {
  const found: JudgedPair[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page = await pairs.list(filter, { cursor, limit });
    expect(page.pairs.length).toBeLessThanOrEqual(limit);
    found.push(...page.pairs);
    cursor = page.cursor;
  }
  return found;
}

export function pairStoreConformance(name: string, open: OpenStores, traits: StoreTraits = {}): void {
  describe(`PairStore: ${name}`, () => {
    const { start, reopen } = storesPerTest(open);

    test('keeps every field, one record per id, and says which are unknown', async () => {
      const { pairs } = await start();
      const right = samplePair(1, { verdict: 'right', fingerprint: 'f'.repeat(64) as Fingerprint, source: 'import' });
      const bare = samplePair(2, { requestId: undefined, a: { text: 'Größe? 🌌\0' } });
      expect(await pairs.put([right, bare])).toEqual([]);
      const again = { ...bare, atMs: T0 + 99, requestId: 'later' };
      await pairs.put([again]);
      expect(await pairs.getMany([bare.id, samplePair(3).id, right.id])).toEqual([again, undefined, right]);
      expect(await all(pairs)).toEqual([again, right]);
    });

    test('lists newest first, page by page, by what is asked for', async () => {
      const { pairs } = await start();
      const some = Array.from({ length: 25 }, (_, n) => samplePair(n, n % 5 === 0 ? inNamespace('other') : {}));
      await pairs.put(some);
      const right = samplePair(50, { verdict: 'right', fingerprint: 'f'.repeat(64) as Fingerprint });
      await pairs.put([right]);
      expect(await all(pairs, {}, 4)).toEqual([right, ...some.toReversed()]);
      expect(await all(pairs, { namespace: 'other' }, 2)).toEqual([20, 15, 10, 5, 0].map((n) => some[n]));
      expect(await all(pairs, { verdict: 'right', model: 'gpt-4o', tenant: 'default' })).toEqual([right]);
      expect(await all(pairs, { tenant: 'nobody' })).toEqual([]);
      await expect(pairs.list({}, { cursor: 'nonsense', limit: 1 })).rejects.toMatchObject({ kind: 'INVALID_REQUEST' });
    });

    test('forgets those it is told to, and counts them', async () => {
      const { pairs } = await start();
      await pairs.put([samplePair(1), samplePair(2)]);
      expect(await pairs.delete([samplePair(1).id, samplePair(9).id])).toBe(1);
      expect(await pairs.delete([samplePair(1).id])).toBe(0);
      expect(await all(pairs)).toEqual([samplePair(2)]);
    });

    test('lets the oldest of a scope go, says which, and touches no other scope', async () => {
      const { pairs } = await start();
      const { perScopeMax } = PAIR_BOUNDS;
      const other = samplePair(-5, inNamespace('other'));
      await pairs.put([other]);
      for (let from = 0; from < perScopeMax; from += 1000)
        expect(await pairs.put(Array.from({ length: 1000 }, (_, n) => oneOfMany(from + n)))).toEqual([]);
      expect(await pairs.put([oneOfMany(perScopeMax), oneOfMany(perScopeMax + 1)])).toEqual([
        oneOfMany(0).id,
        oneOfMany(1).id,
      ]);
      const kept = await all(pairs, { namespace: 'default' });
      expect([kept.length, kept.at(-1)]).toEqual([perScopeMax, oneOfMany(2)]);
      expect(await pairs.getMany([other.id, oneOfMany(0).id])).toEqual([other, undefined]);
    }, 120_000);

    test('lets the oldest of a tenant go, and pushes out nothing of another one', async () => {
      const { pairs } = await start();
      const { perScopeMax, perTenantMax } = PAIR_BOUNDS;
      const flooding = (n: number) => oneOfMany(n, inNamespace(`n${Math.floor(n / perScopeMax)}`));
      const scope = { tenant: 'other' as TenantId, namespace: 'n0', model: 'gpt-4o' };
      const other = samplePair(-5, { scope });
      await pairs.put([other]);
      for (let from = 0; from < perTenantMax; from += 1000)
        expect(await pairs.put(Array.from({ length: 1000 }, (_, n) => flooding(from + n)))).toEqual([]);
      expect(await pairs.put([flooding(perTenantMax)])).toEqual([flooding(0).id]);
      expect(await pairs.getMany([other.id, flooding(0).id, flooding(1).id])).toEqual([other, undefined, flooding(1)]);
    }, 120_000);

    if (!traits.persistent) return;
    test('is there after a restart', async () => {
      const { pairs } = await start();
      await pairs.put([samplePair(1)]);
      expect(await all((await reopen()).pairs)).toEqual([samplePair(1)]);
    });
  });
}
