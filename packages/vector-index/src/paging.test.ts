import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { add, DIMENSIONS, idOf, LARGE, many, nearest, Paged, remove, until } from '../test/paged.ts';
import { openNearestIndex, type VectorIndex } from './index.ts';

const paged = new Paged();

test('a closed partition takes little memory, and the next search finds all of it again, graph included', async () => {
  const index = await paged.filled();
  const closed = await until(index, { partitionsOpen: 0, partitionsClosed: 2 });
  expect(closed).toMatchObject({ vectors: LARGE + 2, partitions: 2, graphs: 0, snapshotIgnored: null });
  expect(await index.ids()).toHaveLength(LARGE + 2);
  for (const i of [0, 7, LARGE - 1]) expect(await nearest(index, 'large', i)).toBe(idOf('large', i));
  expect(await nearest(index, 'small', 2)).toBe(idOf('small', 2));
  await until(index, { partitionsClosed: 2 });
  await index.close();
  const roomy = await paged.start({ bytesMax: 1 << 30 });
  const stats = await roomy.stats();
  expect(stats).toMatchObject({ partitionsOpen: 2, graphs: 1, inGraphs: LARGE });
  expect(closed.bytes).toBeLessThan(stats.bytes / 4);
});

test('below the bound, and while it was searched lately, nothing is closed', async () => {
  const roomy = await paged.filled({ bytesMax: 1 << 30 });
  expect(await roomy.stats()).toMatchObject({ partitionsOpen: 2, partitionsClosed: 0 });
  await roomy.close();
  const lately = await paged.start({ idleMs: 3_600_000 });
  expect(await nearest(lately, 'large', 1)).toBe(idOf('large', 1));
  for (let i = 0; i < 20; i++) await paged.apply(lately, [add('new', i)]);
  await until(lately, { partitionsOpen: 1, partitionsClosed: 2 });
  expect(await nearest(lately, 'large', 2)).toBe(idOf('large', 2));
});

/** Nine partitions, of which some had to be closed. */
async function searchedInTurn(): Promise<VectorIndex> {
  const index = await paged.start({ bytesMax: 100_000, flatMax: 5000 });
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'a', 'z']) {
    await paged.apply(index, many(name, name === 'z' ? 150 : 40));
    await nearest(index, name, 1);
  }
  return index;
}

/** Without their files, only the open ones answer. */
async function expectMostRecentOpen(index: VectorIndex): Promise<void> {
  let partitionsOpen = 0;
  // One at most is closed after each call.
  while (partitionsOpen !== (await index.stats()).partitionsOpen) ({ partitionsOpen } = await index.stats());
  expect(partitionsOpen).toBeGreaterThan(1);
  expect(partitionsOpen).toBeLessThan(9);
  for (const name of paged.files('.part')) rmSync(join(paged.dir, name));
  for (const [i, name] of ['z', 'a', 'h', 'g', 'f', 'e', 'd', 'c', 'b'].entries()) {
    const answered = await nearest(index, name, 1).catch(() => undefined);
    expect([name, answered]).toEqual([name, i < partitionsOpen ? idOf(name, 1) : undefined]);
  }
}

test('the least recently searched is closed first', async () => {
  await expectMostRecentOpen(await searchedInTurn());
});

test('as many as there is room for are opened at the start, the most recently searched first', async () => {
  const index = await searchedInTurn();
  await index.snapshot();
  await index.close();
  await expectMostRecentOpen(await paged.start({ bytesMax: 100_000, flatMax: 5000 }));
});

test('changes wait for a closed partition without opening it, and a snapshot stands for them', async () => {
  const index = await paged.filled();
  await until(index, { partitionsClosed: 2 });
  const before = paged.files('.part');
  await paged.apply(index, [
    add('large', 100),
    remove('large', 3),
    add('large', 4, 104),
    add('small', 4),
    remove('small', 1),
  ]);
  await paged.apply(index, [remove('small', 4), remove('large', 100), add('small', 3)]);
  const stats = await index.stats();
  expect(stats).toMatchObject({ partitionsClosed: 2, vectors: LARGE - 1 + 2 });
  // By id: 100, 3 and 4 of the one, 4, 1 and 3 of the other.
  expect(stats.changesWaiting).toBe(6);
  expect(await index.snapshot()).toBe(paged.seq);
  expect(paged.files('.part')).toEqual(before);
  expect(paged.files('.wait')).toHaveLength(1);
  await index.close();
  for (const bytesMax of [1, undefined]) {
    const again = await paged.start({ bytesMax });
    expect(await again.position()).toBe(paged.seq);
    expect(await again.stats()).toMatchObject({ partitionsClosed: bytesMax ? 2 : 0, vectors: LARGE - 1 + 2 });
    expect((await again.ids()).filter((id) => id.includes('small')).sort()).toEqual([
      idOf('small', 2),
      idOf('small', 3),
    ]);
    expect(await nearest(again, 'large', 104)).toBe(idOf('large', 4));
    expect(await nearest(again, 'large', 3)).not.toBe(idOf('large', 3));
    expect(await nearest(again, 'small', 3)).toBe(idOf('small', 3));
    expect(await nearest(again, 'small', 1)).not.toBe(idOf('small', 1));
    await again.close();
  }
});

test('what was written for a snapshot does not come back when the partition has changed since', async () => {
  const index = await paged.filled({ idleMs: 3_600_000 });
  await paged.apply(index, [add('small', 7), add('large', 70)]);
  await index.snapshot();
  expect(paged.files('.wait')).toHaveLength(1);
  expect(await nearest(index, 'small', 7)).toBe(idOf('small', 7));
  await paged.apply(index, [remove('small', 7)]);
  expect(await index.stats()).toMatchObject({ partitionsOpen: 1, changesWaiting: 1 });
  await index.snapshot();
  await index.close();
  const ids = await (await paged.start()).ids();
  expect(ids).not.toContain(idOf('small', 7));
  expect(ids).toContain(idOf('large', 70));
});

test('when too many changes wait, the partition is brought up to date and closed again', async () => {
  const index = await paged.filled({ waitingMax: 5 });
  for (let i = 0; i < 200; i++) {
    await paged.apply(index, [i % 4 ? add('small', 10 + i) : remove('small', 10 + i - 3)]);
    expect((await index.stats()).changesWaiting).toBeLessThanOrEqual(13);
  }
  await paged.apply(index, many('small', 500, 1000));
  await until(index, { partitionsClosed: 2 });
  expect((await index.stats()).changesWaiting).toBeLessThan(100);
  for (let i = 0; i < 500; i += 50) expect(await nearest(index, 'small', 1000 + i)).toBe(idOf('small', 1000 + i));
});

test('closed partitions written between two snapshots leave no files behind', async () => {
  const index = await paged.filled({ waitingMax: 0 });
  for (let i = 0; i < 12; i++) {
    await paged.apply(index, [add('small', 10 + i), remove('large', i)]);
    await nearest(index, 'large', i);
    await until(index, { partitionsClosed: 2, changesWaiting: 0 });
  }
  // The manifest, and the two partitions as it knows them and as they are now.
  expect(paged.files().length).toBeLessThanOrEqual(1 + 2 * 3);
  await index.snapshot();
  expect(paged.files()).toHaveLength(1 + 3);
  await paged.apply(
    index,
    Array.from({ length: 40 }, (_, i) => remove('small', i)),
  );
  await index.snapshot();
  expect(paged.files()).toHaveLength(1 + 2);
  expect(await nearest(index, 'small', 1)).toBeUndefined();
});

test('searches, changes and snapshots all at once', async () => {
  const index = await paged.start({ waitingMax: 3, flatMax: 4 });
  const names = Array.from({ length: 12 }, (_, i) => `p${i}`);
  await paged.apply(
    index,
    names.flatMap((name) => many(name, 10)),
  );
  const asked: Promise<unknown>[] = [];
  for (let round = 0; round < 60; round++) {
    const name = names[(round * 7) % 12] as string;
    const other = names[(round * 5 + 1) % 12] as string;
    asked.push(paged.apply(index, [add(name, 10 + round), remove(other, round % 5), add(other, (round + 2) % 5)]));
    for (const one of [name, other]) {
      asked.push(nearest(index, one, 7).then((id) => expect(id).toBe(idOf(one, 7))));
    }
    if (round % 9 === 0) asked.push(index.snapshot());
    if (round % 4 === 0) await asked.at(-1);
  }
  await Promise.all(asked);
  const model = await openNearestIndex({ dimensions: DIMENSIONS });
  paged.opened.push(model);
  await model.apply(
    names.flatMap((name) => many(name, 10)),
    1,
  );
  for (let round = 0; round < 60; round++) {
    const name = names[(round * 7) % 12] as string;
    const other = names[(round * 5 + 1) % 12] as string;
    await model.apply([add(name, 10 + round), remove(other, round % 5), add(other, (round + 2) % 5)], 2);
  }
  expect((await index.ids()).sort()).toEqual((await model.ids()).sort());
  for (const name of names) {
    for (let i = 0; i < 70; i++) expect(await nearest(index, name, i)).toBe(await nearest(model, name, i));
  }
});

test('cleared in the middle of opening, it holds nothing', async () => {
  const index = await paged.filled();
  const names = Array.from({ length: 15 }, (_, i) => `p${i}`);
  for (const name of names) await paged.apply(index, many(name, 30));
  await until(index, { partitionsClosed: 17 });
  const asked: Promise<unknown>[] = [];
  let cleared = false;
  const clearing = index.clear().then(() => {
    cleared = true;
  });
  while (!cleared) {
    for (const name of ['large', 'small', ...names]) asked.push(nearest(index, name, 1));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all([...asked, clearing]);
  expect(await nearest(index, 'large', 1)).toBeUndefined();
  expect(await index.stats()).toMatchObject({ vectors: 0, partitions: 0, partitionsClosed: 0, changesWaiting: 0 });
  expect(paged.files()).toEqual([]);
  expect(paged.lost).toEqual([]);
  await paged.apply(index, many('large', 300));
  expect(await nearest(index, 'large', 299)).toBe(idOf('large', 299));
});

test('closed in the middle of opening, it answers first', async () => {
  const index = await paged.filled();
  const asked = ['large', 'small'].map((name) => nearest(index, name, 1));
  await index.close();
  expect(await Promise.all(asked)).toEqual([idOf('large', 1), idOf('small', 1)]);
});

test('without a folder there can be no bound', async () => {
  await expect(paged.start({ dir: undefined })).rejects.toThrow('bytesMax needs dir');
});
