// What the tests of closed partitions share.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import type { EntryId, Fingerprint, IndexChange, PartitionKey, UnitVector } from '@nearhit/core';
import { type NearestIndexOptions, openNearestIndex, type VectorIndex } from '../src/index.ts';
import type { VectorIndexStats } from '../src/protocol.ts';
// @ts-expect-error: plain JavaScript, shared with a child process
import { vectorOf } from './history.mjs';

export const DIMENSIONS = 12;
export const LARGE = 60;
const FLAT_MAX = 20;

export const vector = (i: number): UnitVector => vectorOf(i + 1, DIMENSIONS);
export const idOf = (partition: string, i: number) => `id-${partition}-${i}` as EntryId;
export const add = (partition: string, i: number, of = i): IndexChange => ({
  kind: 'add',
  id: idOf(partition, i),
  partition: partition as PartitionKey,
  fingerprint: 'f' as Fingerprint,
  vector: vector(of),
});
export const remove = (partition: string, i: number): IndexChange => ({ kind: 'remove', id: idOf(partition, i) });
export const many = (partition: string, count: number, from = 0): IndexChange[] =>
  Array.from({ length: count }, (_, i) => add(partition, from + i));

export async function nearest(index: VectorIndex, partition: string, of: number): Promise<EntryId | undefined> {
  const place = { partition: partition as PartitionKey, fingerprint: 'f' as Fingerprint };
  return (await index.nearest({ ...place, vector: vector(of), k: 1 }))[0]?.id;
}

export async function until(index: VectorIndex, expected: Partial<VectorIndexStats>): Promise<VectorIndexStats> {
  for (;;) {
    const stats = await index.stats();
    const matches = Object.entries(expected).every(([name, value]) => stats[name as keyof VectorIndexStats] === value);
    if (matches) return stats;
  }
}

/** A folder for each test and the indexes opened on it. */
export class Paged {
  dir = '';
  /** As reported. */
  lost: string[] = [];
  /** Of the last change. */
  seq = 0;
  opened: VectorIndex[] = [];

  constructor() {
    beforeEach(() => {
      this.dir = mkdtempSync(join(tmpdir(), 'nearhit-index-'));
      this.lost = [];
      this.seq = 0;
    });
    afterEach(async () => {
      for (const index of this.opened.splice(0)) await index.close();
      rmSync(this.dir, { recursive: true, force: true });
    });
  }

  /** Whatever is left alone is closed, unless told otherwise. */
  async start(options: Partial<NearestIndexOptions> = {}): Promise<VectorIndex> {
    const index = await openNearestIndex({
      dir: this.dir,
      dimensions: DIMENSIONS,
      flatMax: FLAT_MAX,
      bytesMax: 1,
      idleMs: 0,
      onPartitionLost: (partition) => this.lost.push(partition),
      ...options,
    });
    this.opened.push(index);
    return index;
  }

  /** `large` in a graph, `small` scanned. */
  async filled(options: Partial<NearestIndexOptions> = {}): Promise<VectorIndex> {
    const index = await this.start({ ...options, bytesMax: undefined });
    await this.apply(index, many('large', LARGE));
    await this.apply(index, [add('small', 1), add('small', 2)]);
    await until(index, { settled: true, inGraphs: LARGE });
    await index.snapshot();
    await index.close();
    return this.start(options);
  }

  async apply(index: VectorIndex, changes: IndexChange[]): Promise<void> {
    await index.apply(changes, ++this.seq);
  }

  files(kind = ''): string[] {
    return readdirSync(this.dir)
      .filter((name) => name.endsWith(kind))
      .sort();
  }
}
