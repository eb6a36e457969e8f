import { describe, expect, test } from '@jest/globals';
import type { TenantId } from '../ids.ts';
import { type LabelledSample, SAMPLE_BOUNDS } from '../ports/sample-store.ts';
import { type OpenStores, type StoreTraits, storesPerTest, T0 } from './storage.samples.ts';

/** Named by a number; its time grows with it. */
export function sampleLabel(n: number, changes: Partial<LabelledSample> = {}): LabelledSample {
  return {
    id: `audit:${n}`,
    tenant: 'default',
    namespace: 'default',
    model: 'gpt-4o',
    scorer: 'cosine',
    score: 0.9 + (n % 10) / 100,
    similarity: 0.9 + (n % 10) / 100,
    right: n % 7 !== 0,
    source: 'audit',
    served: true,
    atMs: T0 + n,
    savedUsd: 0.001,
    ...changes,
  };
}

export function sampleStoreConformance(name: string, open: OpenStores, traits: StoreTraits = {}): void {
  describe(`SampleStore: ${name}`, () => {
    const { start, reopen } = storesPerTest(open);

    test('keeps every field, in order of arrival, from where one has read on', async () => {
      const { samples } = await start();
      expect(await samples.read(0, 10)).toEqual([]);
      const some = [
        sampleLabel(2, { weight: 0.5, source: 'shadow', served: false }),
        sampleLabel(1, { model: 'größe/🌌', savedUsd: 0, score: 0.123456789012 }),
        sampleLabel(3),
      ];
      await samples.append(some.slice(0, 2));
      await samples.append(some.slice(2));
      const placed = await samples.read(0, 10);
      expect(placed.map(({ sample }) => sample)).toEqual(some);
      const seqs = placed.map(({ seq }) => seq);
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
      expect(new Set(seqs).size).toBe(3);
      expect(await samples.read(seqs[0] as number, 1)).toEqual([placed[1]]);
      expect(await samples.read(seqs[2] as number, 10)).toEqual([]);
    });

    test('takes each id once', async () => {
      const { samples } = await start();
      await samples.append([sampleLabel(1), sampleLabel(1, { right: false })]);
      await samples.append([sampleLabel(1, { score: 0.1 }), sampleLabel(2)]);
      expect((await samples.read(0, 10)).map(({ sample }) => sample)).toEqual([sampleLabel(1), sampleLabel(2)]);
    });

    test('reads those of one scope', async () => {
      const { samples } = await start();
      await samples.append([1, 2, 3, 4].map((n) => sampleLabel(n, { namespace: n % 2 === 0 ? 'a' : 'b' })));
      const scope = { tenant: 'default' as TenantId, namespace: 'a', model: 'gpt-4o' };
      const [first, second] = await samples.read(0, 10, scope);
      expect([first?.sample.id, second?.sample.id]).toEqual(['audit:2', 'audit:4']);
      expect(await samples.read(first?.seq as number, 10, scope)).toEqual([second]);
      expect(await samples.read(0, 10, { ...scope, model: 'other' })).toEqual([]);
    });

    test('lets the oldest of a scope go, and touches no other scope', async () => {
      const { samples } = await start();
      const { perScopeMax } = SAMPLE_BOUNDS;
      await samples.append([sampleLabel(-1, { namespace: 'other' })]);
      for (let from = 0; from < perScopeMax + 1000; from += 1000)
        await samples.append(Array.from({ length: 1000 }, (_, n) => sampleLabel(from + n)));
      const kept = await samples.read(0, 100_000);
      expect(kept).toHaveLength(perScopeMax + 1);
      expect(kept.slice(0, 2).map(({ sample }) => sample.id)).toEqual(['audit:-1', 'audit:1000']);
      // What has gone may come again.
      await samples.append([sampleLabel(0)]);
      expect((await samples.read(0, 100_000)).at(-1)?.sample.id).toBe('audit:0');
    }, 60_000);

    test('lets the oldest of a tenant go, and pushes out nothing of another one', async () => {
      const { samples } = await start();
      const { perScopeMax, perTenantMax } = SAMPLE_BOUNDS;
      const flooding = (n: number) => sampleLabel(n, { namespace: `n${Math.floor(n / perScopeMax)}` });
      await samples.append([sampleLabel(-1, { tenant: 'other' })]);
      for (let from = 0; from < perTenantMax + 1000; from += 1000)
        await samples.append(Array.from({ length: 1000 }, (_, n) => flooding(from + n)));
      const kept = await samples.read(0, 100_000);
      expect(kept).toHaveLength(perTenantMax + 1);
      expect(kept.slice(0, 2).map(({ sample }) => sample.id)).toEqual(['audit:-1', 'audit:1000']);
    }, 120_000);

    if (!traits.persistent) return;
    test('is there after a restart, and goes on counting', async () => {
      const { samples } = await start();
      await samples.append([sampleLabel(1)]);
      const [before] = await samples.read(0, 10);
      const again = (await reopen()).samples;
      await again.append([sampleLabel(1), sampleLabel(2)]);
      const after = await again.read(0, 10);
      expect(after[0]).toEqual(before);
      expect(after.map(({ sample }) => sample.id)).toEqual(['audit:1', 'audit:2']);
    });
  });
}
