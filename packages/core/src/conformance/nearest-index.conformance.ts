import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { NearhitError } from '../errors.ts';
import type { Fingerprint, UnitVector } from '../ids.ts';
import type { NearestIndex } from '../ports/nearest-index.ts';
import { nearestIndexProperties } from './nearest-index.properties.ts';
import {
  add,
  DIMENSIONS,
  F1,
  F2,
  id,
  type NearestIndexTraits,
  P1,
  P2,
  remove,
  UNSOUND,
  unitVector,
} from './nearest-index.samples.ts';

/** `dir`: an empty folder of its own, the same one when a test opens again. */
export type OpenNearestIndex = (options: { dimensions: number; dir: string }) => Promise<NearestIndex>;

export type { NearestIndexTraits };

export function nearestIndexConformance(name: string, open: OpenNearestIndex, traits: NearestIndexTraits = {}): void {
  describe(`NearestIndex: ${name}`, () => {
    let dir: string;
    const opened: NearestIndex[] = [];
    const start = async (dimensions = DIMENSIONS, at = dir): Promise<NearestIndex> => {
      const index = await open({ dimensions, dir: at });
      opened.push(index);
      return index;
    };
    beforeEach(() => {
      dir = mkdtempSync(join(tmpdir(), 'nearhit-index-'));
    });
    afterEach(async () => {
      for (const index of opened.splice(0)) await index.close();
      rmSync(dir, { recursive: true, force: true });
    });

    answers(start);
    changes(start);
    refusals(start);
    standing(start);
    if (traits.persistent) restarts(start, () => dir);
    nearestIndexProperties(start, traits);
  });
}

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
type Start = (dimensions?: number, at?: string) => Promise<NearestIndex>;
const ask = async (index: NearestIndex, vector: UnitVector, k = 10, partition = P1, fingerprint = F1) =>
  (await index.nearest({ partition, fingerprint, vector, k })).map((neighbour) => neighbour.id);

function answers(start: Start): void {
  test('holds nothing at first', async () => {
    const index = await start();
    expect(await ask(index, unitVector(1))).toEqual([]);
    expect(await index.ids()).toEqual([]);
    expect(await index.position()).toBe(0);
    expect(await index.stats()).toMatchObject({ vectors: 0, partitions: 0 });
  });

  test('answers at most k, by falling cosine', async () => {
    const index = await start();
    const vectors = Array.from({ length: 9 }, (_, i) => unitVector(i));
    await index.apply(
      vectors.map((vector, i) => add(i, vector)),
      9,
    );
    const query = unitVector(100);
    const expected = vectors
      .map((vector, i) => ({ id: id(i), similarity: dot(vector, query) }))
      .sort((a, b) => b.similarity - a.similarity);
    const found = await index.nearest({ partition: P1, fingerprint: F1, vector: query, k: 4 });
    expect(found.map((neighbour) => neighbour.id)).toEqual(expected.slice(0, 4).map((neighbour) => neighbour.id));
    for (const [i, { similarity }] of found.entries()) expect(similarity).toBeCloseTo(expected[i]?.similarity ?? 9, 5);
    expect(await ask(index, query, 100)).toHaveLength(9);
    expect(await ask(index, query, 0)).toEqual([]);
  });

  test('a stored vector is its own nearest neighbour with similarity 1, never more', async () => {
    const index = await start();
    for (let i = 0; i < 50; i++) await index.apply([add(i, unitVector(i))], i + 1);
    for (let i = 0; i < 50; i++) {
      const [first] = await index.nearest({ partition: P1, fingerprint: F1, vector: unitVector(i), k: 1 });
      expect(first?.id).toBe(id(i));
      expect(first?.similarity).toBeCloseTo(1, 5);
      expect(first?.similarity).toBeLessThanOrEqual(1);
    }
  });

  test('never crosses a partition or a fingerprint', async () => {
    const index = await start();
    const vector = unitVector(7);
    await index.apply([add('a', vector), add('b', vector, P1, F2), add('c', vector, P2, F1)], 3);
    expect(await ask(index, vector)).toEqual([id('a')]);
    expect(await ask(index, vector, 10, P1, F2)).toEqual([id('b')]);
    expect(await ask(index, vector, 10, P2, F1)).toEqual([id('c')]);
    expect(await ask(index, vector, 10, P2, F2)).toEqual([]);
    expect(await index.stats()).toMatchObject({ vectors: 3, partitions: 2 });
  });

  test('many questions at once get their own answers', async () => {
    const index = await start();
    const seeds = Array.from({ length: 100 }, (_, i) => i);
    await index.apply(
      seeds.map((seed) => add(seed, unitVector(seed), P1, `f-${seed % 30}` as Fingerprint)),
      100,
    );
    const found = await Promise.all(
      seeds.map((seed) => ask(index, unitVector(seed), 1, P1, `f-${seed % 30}` as Fingerprint)),
    );
    expect(found).toEqual(seeds.map((seed) => [id(seed)]));
  });
}

function changes(start: Start): void {
  test('adding an id again replaces it, wherever it was', async () => {
    const index = await start();
    await index.apply([add('a', unitVector(1)), add('b', unitVector(2))], 2);
    await index.apply([add('a', unitVector(3))], 3);
    const [first] = await index.nearest({ partition: P1, fingerprint: F1, vector: unitVector(3), k: 1 });
    expect(first?.id).toBe(id('a'));
    expect(first?.similarity).toBeCloseTo(1, 5);
    await index.apply([add('a', unitVector(3), P2, F2)], 4);
    expect(await ask(index, unitVector(3))).toEqual([id('b')]);
    expect(await ask(index, unitVector(3), 10, P2, F2)).toEqual([id('a')]);
    expect((await index.ids()).sort()).toEqual([id('a'), id('b')]);
    expect((await index.stats()).vectors).toBe(2);
  });

  test('adding the same again changes nothing', async () => {
    const index = await start();
    for (let i = 1; i <= 5; i++) await index.apply([add('a', unitVector(1))], i);
    expect(await ask(index, unitVector(1))).toEqual([id('a')]);
    expect((await index.stats()).vectors).toBe(1);
    expect(await index.position()).toBe(5);
  });

  test('removing takes effect; an unknown id does nothing; what was removed can come back', async () => {
    const index = await start();
    await index.apply([add('a', unitVector(1)), add('b', unitVector(2))], 2);
    await index.apply([remove('a'), remove('never-there')], 4);
    expect(await ask(index, unitVector(1))).toEqual([id('b')]);
    await index.apply([add('a', unitVector(1))], 5);
    expect(await ask(index, unitVector(1), 1)).toEqual([id('a')]);
    await index.apply([remove('a'), remove('b')], 7);
    expect(await ask(index, unitVector(1))).toEqual([]);
    expect(await index.stats()).toMatchObject({ vectors: 0, partitions: 0 });
  });

  test('changes count in their order', async () => {
    const index = await start();
    await index.apply(
      [add('a', unitVector(1)), remove('a'), add('b', unitVector(2)), remove('b'), add('b', unitVector(3))],
      5,
    );
    expect(await index.ids()).toEqual([id('b')]);
    const applied = Array.from({ length: 20 }, (_, i) =>
      index.apply([i % 2 ? remove('c') : add('c', unitVector(i))], 6 + i),
    );
    await Promise.all(applied);
    expect(await index.ids()).toEqual([id('b')]);
    expect(await index.position()).toBe(25);
  });

  test('the caller keeps its vectors', async () => {
    const index = await start();
    const shared = new Float32Array(DIMENSIONS * 3);
    shared.set(unitVector(1), DIMENSIONS);
    const view = shared.subarray(DIMENSIONS, 2 * DIMENSIONS) as UnitVector;
    const applied = index.apply([add('a', view)], 1);
    shared.fill(0);
    await applied;
    shared.set(unitVector(1), DIMENSIONS);
    const asked = index.nearest({ partition: P1, fingerprint: F1, vector: view, k: 1 });
    shared.fill(0);
    expect((await asked)[0]?.similarity).toBeCloseTo(1, 5);
    expect(shared).toHaveLength(DIMENSIONS * 3);
  });
}

function refusals(start: Start): void {
  test.each(UNSOUND)('a vector that is %s: nearest refuses it, apply goes on without it', async (_name, vector) => {
    const index = await start();
    const asked = index.nearest({ partition: P1, fingerprint: F1, vector: vector as UnitVector, k: 1 });
    const refused = await asked.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(NearhitError);
    expect(refused).toMatchObject({ kind: 'INVALID_REQUEST' });
    await index.apply(
      [add('a', unitVector(1)), add('b', vector as UnitVector), add('c', unitVector(2)), remove('a')],
      4,
    );
    expect(await index.ids()).toEqual([id('c')]);
    expect(await index.position()).toBe(4);
  });

  test('a question whose deadline has passed is not answered; one with time left is', async () => {
    const index = await start();
    await index.apply([add('a', unitVector(1))], 1);
    const query = { partition: P1, fingerprint: F1, vector: unitVector(1), k: 1 };
    await expect(index.nearest({ ...query, deadlineMs: Date.now() - 10 })).rejects.toThrow();
    expect(await index.nearest({ ...query, deadlineMs: Date.now() + 60_000 })).toHaveLength(1);
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('k = %p is refused', async (k) => {
    const index = await start();
    await expect(ask(index, unitVector(1), k)).rejects.toMatchObject({ kind: 'INVALID_REQUEST' });
  });

  test.each([-1, 1.5, Number.NaN])('seq = %p is refused', async (seq) => {
    const index = await start();
    await expect(index.apply([add('a', unitVector(1))], seq)).rejects.toMatchObject({ kind: 'INVALID_REQUEST' });
    expect(await index.ids()).toEqual([]);
  });
}

function standing(start: Start): void {
  test('stands where the last changes left it', async () => {
    const index = await start();
    await index.apply([add('a', unitVector(1))], 41);
    await index.apply([], 42);
    expect(await index.position()).toBe(42);
    expect(await index.snapshot()).toBe(42);
    await index.clear();
    expect(await index.position()).toBe(0);
    expect(await index.ids()).toEqual([]);
    expect(await ask(index, unitVector(1))).toEqual([]);
  });

  test('says so when it is closed', async () => {
    const index = await start();
    await index.apply([add('a', unitVector(1))], 1);
    await index.close();
    await index.close();
    await expect(ask(index, unitVector(1))).rejects.toThrow(/^nearest index stopped: /);
    await expect(index.apply([], 2)).rejects.toThrow(/^nearest index stopped: /);
    await expect(index.ids()).rejects.toThrow(/^nearest index stopped: /);
  });
}

function restarts(start: Start, dir: () => string): void {
  test('comes back as of its last snapshot', async () => {
    const index = await start();
    await index.apply([add('a', unitVector(1)), add('b', unitVector(2), P2, F2)], 2);
    expect(await index.snapshot()).toBe(2);
    await index.apply([remove('a'), add('c', unitVector(3))], 4);
    await index.close();
    const again = await start();
    expect(await again.position()).toBe(2);
    expect((await again.ids()).sort()).toEqual([id('a'), id('b')]);
    expect(await ask(again, unitVector(1))).toEqual([id('a')]);
    expect(await ask(again, unitVector(2), 1, P2, F2)).toEqual([id('b')]);
    await again.apply([remove('a'), add('c', unitVector(3))], 4);
    expect(await ask(again, unitVector(3))).toEqual([id('c')]);
    expect(await again.snapshot()).toBe(4);
    await again.close();
    expect((await (await start()).ids()).sort()).toEqual([id('b'), id('c')]);
  });

  test('clear forgets the snapshots too', async () => {
    const index = await start();
    await index.apply([add('a', unitVector(1))], 1);
    await index.snapshot();
    await index.clear();
    await index.close();
    const again = await start();
    expect(await again.position()).toBe(0);
    expect(await again.ids()).toEqual([]);
  });

  test('a snapshot of other dimensions is not read', async () => {
    const index = await start();
    await index.apply([add('a', unitVector(1))], 1);
    await index.snapshot();
    await index.close();
    const other = await start(DIMENSIONS + 4, dir());
    expect(await other.position()).toBe(0);
    expect(await other.ids()).toEqual([]);
    await other.apply([add('b', unitVector(1, DIMENSIONS + 4))], 7);
    expect(await other.snapshot()).toBe(7);
  });
}
