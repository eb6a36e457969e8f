import { describe, expect, test } from '@jest/globals';
import type { EntryId } from '../ids.ts';
import type { EntryChange } from '../ports/change-log.ts';
import { entryId, type OpenStores, type StoreTraits, storesPerTest, T0 } from './storage.samples.ts';

const add = (n: number): EntryChange => ({ kind: 'add', id: entryId(n) });
const remove = (n: number): EntryChange => ({ kind: 'delete', id: entryId(n) });

export function changeLogConformance(name: string, open: OpenStores, traits: StoreTraits = {}): void {
  describe(`ChangeLog: ${name}`, () => {
    const { start, reopen } = storesPerTest(open);

    test('is empty at first', async () => {
      const { log } = await start();
      expect(await log.bounds()).toMatchObject({ firstSeq: 1, lastSeq: 0 });
      expect(await log.read(0, 10)).toEqual([]);
      expect(await log.append([])).toBe(0);
    });

    test('numbers changes from 1 and reads them in order, in pieces', async () => {
      const { log } = await start();
      expect(await log.append([add(1), remove(2)])).toBe(2);
      expect(await log.append([add(1)])).toBe(3);
      expect(await log.append([])).toBe(3);
      expect(await log.bounds()).toMatchObject({ firstSeq: 1, lastSeq: 3 });
      const all = [
        { seq: 1, change: add(1) },
        { seq: 2, change: remove(2) },
        { seq: 3, change: add(1) },
      ];
      expect(await log.read(0, 10)).toEqual(all);
      expect(await log.read(0, 2)).toEqual(all.slice(0, 2));
      expect(await log.read(2, 10)).toEqual(all.slice(2));
      expect(await log.read(3, 10)).toEqual([]);
    });

    test('tells kinds apart, and when an added entry was made', async () => {
      const { log } = await start();
      const changes: EntryChange[] = [
        { kind: 'expire', id: entryId(1) },
        { kind: 'add', id: entryId(2), createdAtMs: T0 + 0.25 },
        { kind: 'delete', id: entryId(1) },
        { kind: 'add', id: entryId(1) },
      ];
      await log.append(changes);
      expect((await log.read(0, 10)).map(({ change }) => change)).toEqual(changes);
    });

    test('keeps its epoch, from before the first append', async () => {
      const { log } = await start();
      const [first, same] = await Promise.all([log.bounds(), log.bounds()]);
      expect(first.epoch).toMatch(/^.{8,}$/);
      expect(same.epoch).toBe(first.epoch);
      await log.append([add(1)]);
      await log.trim(1);
      expect((await log.bounds()).epoch).toBe(first.epoch);
      if (traits.persistent) expect((await (await reopen()).log.bounds()).epoch).toBe(first.epoch);
    });

    test('refuses what is no entry id, and then nothing is logged', async () => {
      const { log } = await start();
      await expect(log.append([add(1), { kind: 'add', id: 'x' as EntryId }])).rejects.toThrow(TypeError);
      expect(await log.read(0, 10)).toEqual([]);
    });

    test('trims from the front, and numbers never come back', async () => {
      const { log } = await start();
      await log.append([add(1), add(2), add(3)]);
      await log.trim(2);
      expect(await log.bounds()).toMatchObject({ firstSeq: 3, lastSeq: 3 });
      expect(await log.read(0, 10)).toEqual([{ seq: 3, change: add(3) }]);
      await log.trim(99);
      expect(await log.bounds()).toMatchObject({ firstSeq: 4, lastSeq: 3 });
      expect(await log.append([add(4)])).toBe(4);
      await log.trim(0);
      expect(await log.read(0, 10)).toEqual([{ seq: 4, change: add(4) }]);
    });

    test('keeps order when many append at once, and trims a long log', async () => {
      const { log } = await start();
      await Promise.all(Array.from({ length: 50 }, (_, n) => log.append([add(2 * n), add(2 * n + 1)])));
      const read = await log.read(0, 1000);
      const ids = read.map(({ change }) => (change as EntryChange).id);
      expect(read.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
      for (let i = 0; i < 100; i += 2) expect(ids[i]).not.toBe(ids[i + 1]);
      await log.append(Array.from({ length: 2500 }, (_, n) => remove(n)));
      await log.trim(2599);
      expect(await log.bounds()).toMatchObject({ firstSeq: 2600, lastSeq: 2600 });
    });

    if (!traits.persistent) return;
    test('goes on after a restart, a trimmed one too', async () => {
      const { log } = await start();
      await log.append([add(1), add(2)]);
      await log.trim(2);
      const again = await reopen();
      expect(await again.log.bounds()).toMatchObject({ firstSeq: 3, lastSeq: 2 });
      expect(await again.log.append([remove(1)])).toBe(3);
      expect(await again.log.read(0, 9)).toEqual([{ seq: 3, change: remove(1) }]);
    });
  });
}
