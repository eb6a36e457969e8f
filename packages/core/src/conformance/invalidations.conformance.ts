import { afterEach, describe, expect, test } from '@jest/globals';
import type { Invalidations } from '../ports/invalidations.ts';

export interface OpenedInvalidations {
  readonly invalidations: Invalidations;
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;

/** `open`: an empty one each time. */
export function invalidationsConformance(name: string, open: () => Promise<OpenedInvalidations>): void {
  describe(`Invalidations: ${name}`, () => {
    const opened: OpenedInvalidations[] = [];
    const start = async (): Promise<Invalidations> => {
      const one = await open();
      opened.push(one);
      return one.invalidations;
    };
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
    });

    test('knows those of an instant and later, oldest first', async () => {
      const invalidations = await start();
      const nowMs = Date.now();
      expect(await invalidations.since(0)).toEqual([]);
      const all = [
        { filter: { tags: ['doc:1', 'ü'], tenant: 'a' }, atMs: nowMs - 20 },
        { filter: { context: { id: 'd', versionBelow: 'v3' }, namespace: 'n' }, atMs: nowMs - 10 },
        { filter: {}, atMs: nowMs },
      ];
      for (const at of [1, 0, 2]) await invalidations.add(all[at] as (typeof all)[number]);
      expect(await invalidations.since(0)).toEqual(all);
      expect(await invalidations.since(nowMs - 10)).toEqual(all.slice(1));
      expect(await invalidations.since(nowMs + 1)).toEqual([]);
    });

    test('keeps two of the same instant apart, and one that is said twice once or twice', async () => {
      const invalidations = await start();
      const atMs = Date.now();
      await invalidations.add({ filter: { tags: ['a'] }, atMs });
      await invalidations.add({ filter: { tags: ['b'] }, atMs });
      await invalidations.add({ filter: { tags: ['b'] }, atMs });
      const tags = (await invalidations.since(atMs)).map(({ filter }) => filter.tags?.[0]);
      expect(new Set(tags)).toEqual(new Set(['a', 'b']));
    });

    test('after a day what was void stays void, and everything that was asked for before with it', async () => {
      const invalidations = await start();
      const nowMs = Date.now();
      const oldMs = nowMs - DAY_MS - 60_000;
      await invalidations.add({ filter: { tags: ['older'] }, atMs: oldMs - 1 });
      await invalidations.add({ filter: { tags: ['old'] }, atMs: oldMs });
      await invalidations.add({ filter: { tags: ['kept'] }, atMs: nowMs - DAY_MS + 60_000 });
      await invalidations.add({ filter: { tags: ['new'] }, atMs: nowMs });
      const [first, ...rest] = await invalidations.since(0);
      expect(first).toEqual({ filter: {}, atMs: oldMs });
      expect(rest.map(({ filter }) => filter.tags)).toEqual([['kept'], ['new']]);
      expect(await invalidations.since(oldMs + 1)).toEqual(rest);
    });

    test('is bounded, and rather voids too much than too little', async () => {
      const invalidations = await start();
      const nowMs = Date.now();
      const atOf = (n: number): number => nowMs - 20_000 + n;
      for (let from = 0; from < 10_500; from += 500) {
        const some = Array.from({ length: 500 }, (_, n) => from + n);
        await Promise.all(some.map((n) => invalidations.add({ filter: { tags: [`t${n}`] }, atMs: atOf(n) })));
      }
      const all = await invalidations.since(0);
      expect(all.length).toBeLessThanOrEqual(10_000);
      expect(all.at(-1)).toEqual({ filter: { tags: ['t10499'] }, atMs: atOf(10_499) });
      const voided = all.filter(({ filter }) => Object.keys(filter).length === 0).at(-1)?.atMs ?? 0;
      const named = new Set(all.map(({ filter }) => filter.tags?.[0]));
      const lost = Array.from({ length: 10_500 }, (_, n) => n).filter((n) => atOf(n) > voided && !named.has(`t${n}`));
      expect(lost).toEqual([]);
    });
  });
}
