import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { PartitionKey } from '@nearhit/core';
import { add, idOf, LARGE, many, nearest, Paged, remove, until } from '../test/paged.ts';

const paged = new Paged();

const damages: [string, (path: string) => void][] = [
  ['gone', (path) => rmSync(path)],
  ['damaged', (path) => writeFileSync(path, readFileSync(path).fill(1, 40, 48))],
  ['empty', (path) => writeFileSync(path, '')],
];

describe.each(damages)('the file of a closed partition is %s', (_name, damage) => {
  test.each(['.part', '.hnsw'])('%s: it is lost until its owner has rebuilt it', async (kind) => {
    const index = await paged.filled();
    await until(index, { partitionsClosed: 2 });
    await paged.apply(index, [add('large', 100), remove('large', 5)]);
    const graph = paged.files('.hnsw')[0] as string;
    const part = paged.files('.part').find((name) => readFileSync(join(paged.dir, name)).includes(graph)) as string;
    damage(join(paged.dir, kind === '.hnsw' ? graph : part));

    await expect(nearest(index, 'large', 1)).rejects.toThrow(/^nearest index: .*(damaged|ENOENT)/);
    expect(paged.lost).toEqual(['large']);
    await expect(nearest(index, 'large', 100)).rejects.toThrow('not whole');
    expect(await nearest(index, 'small', 1)).toBe(idOf('small', 1));
    expect(await index.stats()).toMatchObject({ vectors: 2, partitionsLost: 1 });

    // Half of it comes back; a restart in the middle does not make it whole.
    await paged.apply(index, [add('large', 1), add('large', 2)]);
    await index.snapshot();
    await index.close();
    const again = await paged.start();
    expect(await again.position()).toBe(paged.seq);
    await expect(nearest(again, 'large', 1)).rejects.toThrow('not whole');
    expect(paged.lost).toEqual(['large', 'large']);
    await paged.apply(again, many('large', LARGE));
    await again.partitionRebuilt('large' as PartitionKey);
    expect(await nearest(again, 'large', 33)).toBe(idOf('large', 33));
    await until(again, { partitionsLost: 0, partitionsClosed: 2 });
    expect(await nearest(again, 'large', 34)).toBe(idOf('large', 34));
    await again.snapshot();
    await again.close();
    expect(await (await paged.start()).stats()).toMatchObject({ vectors: LARGE + 2, snapshotIgnored: null });
  });
});

test('a lost partition without entries is whole when its owner says so', async () => {
  const index = await paged.filled();
  await until(index, { partitionsClosed: 2 });
  for (const name of paged.files('.part')) rmSync(join(paged.dir, name));
  await expect(nearest(index, 'small', 1)).rejects.toThrow('ENOENT');
  await index.partitionRebuilt('small' as PartitionKey);
  expect(await nearest(index, 'small', 1)).toBeUndefined();
});

test('damage that is found while changes are brought up to date is reported and fails nothing', async () => {
  const index = await paged.filled({ waitingMax: 2 });
  await until(index, { partitionsClosed: 2 });
  for (const name of paged.files('.part')) rmSync(join(paged.dir, name));
  for (let i = 0; i < 10; i++) await paged.apply(index, [add('small', 50 + i)]);
  expect(paged.lost).toEqual(['small']);
  expect(await index.position()).toBe(paged.seq);
  await expect(nearest(index, 'small', 55)).rejects.toThrow('not whole');
});
