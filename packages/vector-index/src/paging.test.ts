import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EntryId, Fingerprint, IndexChange, PartitionKey, UnitVector } from '@nearhit/core';
// @ts-expect-error: plain JavaScript, shared with a child process
import { vectorOf } from '../test/history.mjs';
import { type NearestIndexOptions, openNearestIndex, type VectorIndex } from './index.ts';
import type { VectorIndexStats } from './protocol.ts';

const DIMENSIONS = 12;
const FLAT_MAX = 20;
const LARGE = 60;
let dir: string;
let opened: VectorIndex[];
let lost: string[];
let seq: number;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-index-'));
  opened = [];
  lost = [];
  seq = 0;
});
afterEach(async () => {
  for (const index of opened) await index.close();
  rmSync(dir, { recursive: true, force: true });
});

async function start(options: Partial<NearestIndexOptions> = {}): Promise<VectorIndex> {
  const onPartitionLost = (partition: PartitionKey) => lost.push(partition);
  const all = { dir, dimensions: DIMENSIONS, flatMax: FLAT_MAX, bytesMax: 1, idleMs: 0, onPartitionLost, ...options };
  const index = await openNearestIndex(all);
  opened.push(index);
  return index;
}

const vector = (i: number): UnitVector => vectorOf(i + 1, DIMENSIONS);
const idOf = (partition: string, i: number) => `id-${partition}-${i}` as EntryId;
const add = (partition: string, i: number, of = i): IndexChange => ({
  kind: 'add',
  id: idOf(partition, i),
  partition: partition as PartitionKey,
  fingerprint: 'f' as Fingerprint,
  vector: vector(of),
});
const remove = (partition: string, i: number): IndexChange => ({ kind: 'remove', id: idOf(partition, i) });
const apply = (index: VectorIndex, changes: IndexChange[]) => index.apply(changes, ++seq);
const nearest = async (index: VectorIndex, partition: string, of: number) => {
  const place = { partition: partition as PartitionKey, fingerprint: 'f' as Fingerprint };
  return (await index.nearest({ ...place, vector: vector(of), k: 1 }))[0]?.id;
};
const files = (kind = '') =>
  readdirSync(dir)
    .filter((name) => name.endsWith(kind))
    .sort();

async function until(index: VectorIndex, expected: Partial<VectorIndexStats>): Promise<VectorIndexStats> {
  for (;;) {
    const stats = await index.stats();
    const matches = Object.entries(expected).every(([name, value]) => stats[name as keyof VectorIndexStats] === value);
    if (matches) return stats;
  }
}

/** `large` in a graph, `small` scanned. */
async function filled(options: Partial<NearestIndexOptions> = {}): Promise<VectorIndex> {
  const index = await start({ ...options, bytesMax: undefined });
  await apply(
    index,
    Array.from({ length: LARGE }, (_, i) => add('large', i)),
  );
  await apply(index, [add('small', 1), add('small', 2)]);
  await until(index, { settled: true, inGraphs: LARGE });
  await index.snapshot();
  await index.close();
  return start(options);
}

test('a closed partition takes little memory, and the next search finds all of it again, graph included', async () => {
  const index = await filled();
  const closed = await until(index, { partitionsOpen: 0, partitionsClosed: 2 });
  expect(closed).toMatchObject({ vectors: LARGE + 2, partitions: 2, graphs: 0, snapshotIgnored: null });
  expect(await index.ids()).toHaveLength(LARGE + 2);
  for (const i of [0, 7, LARGE - 1]) expect(await nearest(index, 'large', i)).toBe(idOf('large', i));
  expect(await nearest(index, 'small', 2)).toBe(idOf('small', 2));
  await until(index, { partitionsClosed: 2 });
  await index.close();
  const roomy = await start({ bytesMax: 1 << 30 });
  const stats = await roomy.stats();
  expect(stats).toMatchObject({ partitionsOpen: 2, graphs: 1, inGraphs: LARGE });
  expect(closed.bytes).toBeLessThan(stats.bytes / 4);
});

test('below the bound, and while it was searched lately, nothing is closed', async () => {
  const roomy = await filled({ bytesMax: 1 << 30 });
  expect(await roomy.stats()).toMatchObject({ partitionsOpen: 2, partitionsClosed: 0 });
  await roomy.close();
  const lately = await start({ idleMs: 3_600_000 });
  expect(await nearest(lately, 'large', 1)).toBe(idOf('large', 1));
  for (let i = 0; i < 20; i++) await apply(lately, [add('new', i)]);
  await until(lately, { partitionsOpen: 1, partitionsClosed: 2 });
  expect(await nearest(lately, 'large', 2)).toBe(idOf('large', 2));
});

test('the least recently searched is closed first', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const index = await start({ bytesMax: 100_000, dimensions: DIMENSIONS, flatMax: 5000 });
  for (const name of names) {
    await apply(
      index,
      Array.from({ length: 40 }, (_, i) => add(name, i)),
    );
    await nearest(index, name, 1);
  }
  expect((await index.stats()).partitionsClosed).toBe(0);
  await nearest(index, 'a', 1);
  await apply(
    index,
    Array.from({ length: 300 }, (_, i) => add('z', i)),
  );
  await nearest(index, 'z', 1);
  let closed = 0;
  do closed = (await index.stats()).partitionsClosed;
  while (closed === 0 || (await index.stats()).bytes > 100_000 + 512 * 4 * DIMENSIONS);
  await index.snapshot();
  await index.close();
  const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8').split('\n')[1] as string);
  const order = manifest.files.map(({ name }: { name: string }) =>
    readFileSync(join(dir, name), 'latin1').slice(18, 19),
  );
  expect(order.slice(0, 3)).toEqual(['z', 'a', 'h']);
});

test('changes wait for a closed partition without opening it, and a snapshot stands for them', async () => {
  const index = await filled();
  await until(index, { partitionsClosed: 2 });
  const before = files('.part');
  await apply(index, [
    add('large', 100),
    remove('large', 3),
    add('large', 4, 104),
    add('small', 4),
    remove('small', 1),
  ]);
  await apply(index, [remove('small', 4), remove('large', 100), add('small', 3)]);
  const stats = await index.stats();
  expect(stats).toMatchObject({ partitionsClosed: 2, vectors: LARGE - 1 + 2 });
  // By id: 100, 3 and 4 of the one, 4, 1 and 3 of the other.
  expect(stats.changesWaiting).toBe(6);
  expect(await index.snapshot()).toBe(seq);
  expect(files('.part')).toEqual(before);
  expect(files('.wait')).toHaveLength(1);
  await index.close();
  for (const bytesMax of [1, undefined]) {
    const again = await start({ bytesMax });
    expect(await again.position()).toBe(seq);
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
  const index = await filled();
  await until(index, { partitionsClosed: 2 });
  await apply(index, [add('small', 7)]);
  await index.snapshot();
  expect(await nearest(index, 'small', 7)).toBe(idOf('small', 7));
  await apply(index, [remove('small', 7)]);
  await until(index, { partitionsClosed: 2 });
  await index.snapshot();
  await index.close();
  expect(await (await start()).ids()).not.toContain(idOf('small', 7));
});

test('when too many changes wait, the partition is brought up to date and closed again', async () => {
  const index = await filled({ waitingMax: 5 });
  for (let i = 0; i < 200; i++) {
    await apply(index, [i % 4 ? add('small', 10 + i) : remove('small', 10 + i - 3)]);
    expect((await index.stats()).changesWaiting).toBeLessThanOrEqual(13);
  }
  await apply(
    index,
    Array.from({ length: 500 }, (_, i) => add('small', 1000 + i)),
  );
  await until(index, { partitionsClosed: 2 });
  expect((await index.stats()).changesWaiting).toBeLessThan(100);
  for (let i = 0; i < 500; i += 50) expect(await nearest(index, 'small', 1000 + i)).toBe(idOf('small', 1000 + i));
});

test('closed partitions written between two snapshots leave no files behind', async () => {
  const index = await filled({ waitingMax: 0 });
  for (let i = 0; i < 12; i++) {
    await apply(index, [add('small', 10 + i), remove('large', i)]);
    await nearest(index, 'large', i);
    await until(index, { partitionsClosed: 2, changesWaiting: 0 });
  }
  // The manifest, and the two partitions as it knows them and as they are now.
  expect(files().length).toBeLessThanOrEqual(1 + 2 * 3);
  await index.snapshot();
  expect(files()).toHaveLength(1 + 3);
  await apply(
    index,
    Array.from({ length: 40 }, (_, i) => remove('small', i)),
  );
  await index.snapshot();
  expect(files()).toHaveLength(1 + 2);
  expect(await nearest(index, 'small', 1)).toBeUndefined();
});

test('searches, changes and snapshots all at once', async () => {
  const index = await start({ waitingMax: 3, flatMax: 4 });
  const names = Array.from({ length: 12 }, (_, i) => `p${i}`);
  await apply(
    index,
    names.flatMap((name) => Array.from({ length: 10 }, (_, i) => add(name, i))),
  );
  const asked: Promise<unknown>[] = [];
  for (let round = 0; round < 60; round++) {
    const name = names[(round * 7) % 12] as string;
    const other = names[(round * 5 + 1) % 12] as string;
    asked.push(apply(index, [add(name, 10 + round), remove(other, round % 5), add(other, (round + 2) % 5)]));
    for (const one of [name, other]) {
      asked.push(nearest(index, one, 7).then((id) => expect(id).toBe(idOf(one, 7))));
    }
    if (round % 9 === 0) asked.push(index.snapshot());
    if (round % 4 === 0) await asked.at(-1);
  }
  await Promise.all(asked);
  const model = await openNearestIndex({ dimensions: DIMENSIONS });
  opened.push(model);
  await model.apply(
    names.flatMap((name) => Array.from({ length: 10 }, (_, i) => add(name, i))),
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
  const index = await filled();
  const asked = ['large', 'small', 'large'].map((name) => nearest(index, name, 1));
  const cleared = index.clear();
  const after = ['large', 'small'].map((name) => nearest(index, name, 1));
  await Promise.all([...asked, cleared]);
  await Promise.all(after);
  expect(await nearest(index, 'large', 1)).toBeUndefined();
  expect(await index.stats()).toMatchObject({ vectors: 0, partitions: 0, partitionsClosed: 0, changesWaiting: 0 });
  expect(files()).toEqual([]);
  expect(lost).toEqual([]);
});

test('closed in the middle of opening, it answers first', async () => {
  const index = await filled();
  const asked = ['large', 'small'].map((name) => nearest(index, name, 1));
  await index.close();
  expect(await Promise.all(asked)).toEqual([idOf('large', 1), idOf('small', 1)]);
});

test('without a folder there can be no bound', async () => {
  await expect(start({ dir: undefined })).rejects.toThrow('bytesMax needs dir');
});

const damages: [string, (path: string) => void][] = [
  ['gone', (path) => rmSync(path)],
  ['damaged', (path) => writeFileSync(path, readFileSync(path).fill(1, 40, 48))],
  ['empty', (path) => writeFileSync(path, '')],
];

describe.each(damages)('the file of a closed partition is %s', (_name, damage) => {
  test.each(['.part', '.hnsw'])('%s: it is lost until its owner has rebuilt it', async (kind) => {
    const index = await filled();
    await until(index, { partitionsClosed: 2 });
    await apply(index, [add('large', 100), remove('large', 5)]);
    const graph = files('.hnsw')[0] as string;
    const part = files('.part').find((name) => readFileSync(join(dir, name)).includes(graph)) as string;
    damage(join(dir, kind === '.hnsw' ? graph : part));

    await expect(nearest(index, 'large', 1)).rejects.toThrow(/^nearest index: .*(damaged|ENOENT)/);
    expect(lost).toEqual(['large']);
    await expect(nearest(index, 'large', 100)).rejects.toThrow('not whole');
    expect(await nearest(index, 'small', 1)).toBe(idOf('small', 1));
    expect(await index.stats()).toMatchObject({ vectors: 2, partitionsLost: 1 });

    // Half of it comes back; a restart in the middle does not make it whole.
    await apply(index, [add('large', 1), add('large', 2)]);
    await index.snapshot();
    await index.close();
    const again = await start();
    expect(await again.position()).toBe(seq);
    await expect(nearest(again, 'large', 1)).rejects.toThrow('not whole');
    expect(lost).toEqual(['large', 'large']);
    await apply(
      again,
      Array.from({ length: LARGE }, (_, i) => add('large', i)),
    );
    await again.partitionRebuilt('large' as PartitionKey);
    expect(await nearest(again, 'large', 33)).toBe(idOf('large', 33));
    await until(again, { partitionsLost: 0, partitionsClosed: 2 });
    expect(await nearest(again, 'large', 34)).toBe(idOf('large', 34));
    await again.snapshot();
    await again.close();
    expect(await (await start()).stats()).toMatchObject({ vectors: LARGE + 2, snapshotIgnored: null });
  });
});

test('a lost partition without entries is whole when its owner says so', async () => {
  const index = await filled();
  await until(index, { partitionsClosed: 2 });
  for (const name of files('.part')) rmSync(join(dir, name));
  await expect(nearest(index, 'small', 1)).rejects.toThrow('ENOENT');
  await index.partitionRebuilt('small' as PartitionKey);
  expect(await nearest(index, 'small', 1)).toBeUndefined();
});

test('damage that is found while changes are brought up to date is reported and fails nothing', async () => {
  const index = await filled({ waitingMax: 2 });
  await until(index, { partitionsClosed: 2 });
  for (const name of files('.part')) rmSync(join(dir, name));
  for (let i = 0; i < 10; i++) await apply(index, [add('small', 50 + i)]);
  expect(lost).toEqual(['small']);
  expect(await index.position()).toBe(seq);
  await expect(nearest(index, 'small', 55)).rejects.toThrow('not whole');
});
