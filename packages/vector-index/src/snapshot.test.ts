import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
// @ts-expect-error: plain JavaScript, shared with a child process
import { vectorOf as unitVector } from '../test/history.mjs';
import { openNearestIndex, type VectorIndex } from './index.ts';
import { manifestText } from './snapshot-files.ts';

const DIMENSIONS = 12;
const COUNT = 60;
let dir: string;
const opened: VectorIndex[] = [];

async function start(): Promise<VectorIndex> {
  const index = await openNearestIndex({ dir, dimensions: DIMENSIONS, flatMax: 20 });
  opened.push(index);
  return index;
}
const add = (i: number, partition: string) =>
  ({
    kind: 'add',
    id: `id-${partition}-${i}`,
    partition,
    fingerprint: 'f',
    vector: unitVector(i, DIMENSIONS),
  }) as never;
const files = (kind = '') =>
  readdirSync(dir)
    .filter((name) => name.endsWith(kind))
    .sort();

/** `large` is in a graph, `small` is scanned. */
async function filled(): Promise<VectorIndex> {
  const index = await start();
  const large = Array.from({ length: COUNT }, (_, i) => add(i, 'large'));
  await index.apply([...large, add(1, 'small')], COUNT + 1);
  while (!(await index.stats()).settled);
  expect(await index.stats()).toMatchObject({ vectors: COUNT + 1, graphs: 1, inGraphs: COUNT });
  await index.snapshot();
  return index;
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-index-'));
});
afterEach(async () => {
  for (const index of opened.splice(0)) await index.close();
  rmSync(dir, { recursive: true, force: true });
});

test('a graph comes back as a graph', async () => {
  await (await filled()).close();
  const again = await start();
  expect(await again.stats()).toMatchObject({ vectors: COUNT + 1, graphs: 1, inGraphs: COUNT, snapshotIgnored: null });
  const [first] = await again.nearest({
    partition: 'large',
    fingerprint: 'f',
    vector: unitVector(7, DIMENSIONS),
    k: 1,
  } as never);
  expect(first?.id).toBe('id-large-7');
});

test('what has not changed is not written again; what no snapshot names is removed; other files stay', async () => {
  const index = await filled();
  writeFileSync(join(dir, 'notes.txt'), 'mine');
  const before = files();
  await index.snapshot();
  expect(files()).toEqual(before);
  await index.apply([add(2, 'small')], COUNT + 2);
  await index.snapshot();
  expect(files('.hnsw')).toEqual(before.filter((name) => name.endsWith('.hnsw')));
  expect(files('.part')).toHaveLength(2);
  expect(files('.part')).not.toEqual(before.filter((name) => name.endsWith('.part')));
  await index.apply([{ kind: 'remove', id: 'id-small-1' } as never, { kind: 'remove', id: 'id-small-2' } as never], 90);
  await index.snapshot();
  expect(files('.part')).toHaveLength(1);
  await index.clear();
  expect(files()).toEqual(['notes.txt']);
});

function flipMiddleByte(path: string): void {
  const bytes = readFileSync(path);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 0x10;
  writeFileSync(path, bytes);
}
const kinds = ['manifest.json', '.part', '.hnsw'];
const damages: [string, (path: string) => void][] = [
  ['with a flipped bit', flipMiddleByte],
  ['cut in half', (path) => truncateSync(path, statSync(path).size >> 1)],
  ['empty', (path) => truncateSync(path, 0)],
  ['with something behind it', (path) => writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(9, 65)]))],
];

describe.each(kinds)('%s', (kind) => {
  test.each(damages)('%s: the snapshot is ignored and the next one is good', async (name, damage) => {
    await (await filled()).close();
    damage(join(dir, files(kind)[0] as string));
    const index = await start();
    const stats = await index.stats();
    if (kind === 'manifest.json' && name === 'with something behind it') {
      // Lines behind the two that count are none of ours and harm nothing.
      expect(stats).toMatchObject({ vectors: COUNT + 1, snapshotIgnored: null });
      return;
    }
    expect(stats).toMatchObject({ vectors: 0, partitions: 0 });
    expect(stats.snapshotIgnored).toEqual(expect.any(String));
    expect(await index.position()).toBe(0);
    await index.apply([add(1, 'small')], 5);
    await index.snapshot();
    await index.close();
    const again = await start();
    expect(await again.position()).toBe(5);
    expect(await again.ids()).toEqual(['id-small-1']);
    expect(files()).toHaveLength(2);
  });
});

test.each(['.part', '.hnsw'])('a missing %s: the snapshot is ignored', async (kind) => {
  await (await filled()).close();
  rmSync(join(dir, files(kind)[0] as string));
  const index = await start();
  expect(await index.ids()).toEqual([]);
  expect((await index.stats()).snapshotIgnored).toMatch(/ENOENT|not found|damaged/);
});

test('a snapshot of another format is ignored', async () => {
  await (await filled()).close();
  const path = join(dir, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8').split('\n')[1] as string);
  writeFileSync(path, manifestText({ ...manifest, format: 3 }));
  const index = await start();
  expect(await index.position()).toBe(0);
  expect((await index.stats()).snapshotIgnored).toBe('format 3, not 2');
});

test('a folder that cannot be one fails the opening; one that goes away fails the snapshot only', async () => {
  writeFileSync(join(dir, 'file'), '');
  await expect(openNearestIndex({ dir: join(dir, 'file'), dimensions: 4 })).rejects.toThrow(
    /^nearest index stopped: E/,
  );
  const index = await filled();
  rmSync(dir, { recursive: true });
  await index.apply([add(3, 'small')], 100);
  await expect(index.snapshot()).rejects.toThrow(/ENOENT/);
  expect((await index.stats()).vectors).toBe(COUNT + 2);
});

test('without a folder a snapshot answers the position and writes nothing', async () => {
  const index = await openNearestIndex({ dimensions: DIMENSIONS });
  opened.push(index);
  await index.apply([add(1, 'small')], 3);
  expect(await index.snapshot()).toBe(3);
  await index.clear();
  expect(await index.position()).toBe(0);
});
