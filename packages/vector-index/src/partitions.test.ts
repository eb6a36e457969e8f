import { expect, test } from '@jest/globals';
import type { EntryId, Fingerprint, PartitionKey, UnitVector } from '@nearhit/core';
import fc from 'fast-check';
// @ts-expect-error: plain JavaScript, shared with a child process
import { vectorOf } from '../test/history.mjs';
import { VectorArena } from './arena.ts';
import { Partitions } from './partitions.ts';

const DIMENSIONS = 10;
const FLAT_MAX = 20;
const P = 'p' as PartitionKey;
const F = 'f' as Fingerprint;
const id = (i: number) => `id-${i}` as EntryId;
const vector = (i: number): UnitVector => vectorOf(i + 1, DIMENSIONS);

function open(): Partitions {
  return new Partitions(DIMENSIONS, {
    flatMax: FLAT_MAX,
    hnsw: { m: 16, efConstruction: 200, efSearch: 48 },
    waitingMax: 10,
    waitingBytesMax: 1 << 20,
  });
}
const add = (partitions: Partitions, i: number, of = i) =>
  partitions.apply({ kind: 'add', id: id(i), partition: P, fingerprint: F, vector: vector(of) });
const remove = (partitions: Partitions, i: number) => partitions.apply({ kind: 'remove', id: id(i) });
const nearest = (partitions: Partitions, i: number, k = 1) =>
  partitions.nearest({ partition: P, fingerprint: F, vector: vector(i), k }).map((neighbour) => neighbour.id);
const graph = (partitions: Partitions) => partitions.partitions.get(P)?.groups.get(F)?.graph;
function settle(partitions: Partitions): number {
  let steps = 0;
  while (partitions.step()) steps++;
  return steps;
}

test('up to flatMax there is no graph; above it everything moves into one, and each vector is found all the while', () => {
  const partitions = open();
  for (let i = 0; i < FLAT_MAX; i++) add(partitions, i);
  expect(settle(partitions)).toBe(0);
  expect(graph(partitions)).toBeUndefined();
  for (let i = FLAT_MAX; i < 60; i++) add(partitions, i);
  do {
    for (let i = 0; i < 60; i++) expect(nearest(partitions, i)).toEqual([id(i)]);
    expect(nearest(partitions, 3, 100)).toHaveLength(60);
  } while (partitions.step());
  expect(partitions.stats()).toMatchObject({ vectors: 60, graphs: 1, inGraphs: 60, settled: true });
});

test('when too many wait for the graph, apply says so until some have moved', () => {
  const partitions = open();
  for (let i = 0; i < 2 * FLAT_MAX; i++) expect(add(partitions, i)).toBeUndefined();
  const group = add(partitions, 2 * FLAT_MAX);
  expect(group?.overfull).toBe(true);
  while (group?.overfull) expect(partitions.stepGroup(group)).toBe(true);
  expect(add(partitions, 1)).toBeUndefined();
});

test('a graph with a fifth deleted is rebuilt, while it goes on answering and changing', () => {
  const partitions = open();
  for (let i = 0; i < 200; i++) add(partitions, i);
  settle(partitions);
  const old = graph(partitions);
  for (let i = 0; i < 40; i++) remove(partitions, i);
  settle(partitions);
  expect(graph(partitions)).toBe(old);
  remove(partitions, 40);
  partitions.step();
  for (let i = 0; i < 50; i++) partitions.step();
  expect(graph(partitions)).toBe(old);
  for (const i of [41, 60, 198]) remove(partitions, i);
  add(partitions, 70, 300);
  for (let i = 201; i < 204; i++) add(partitions, i);
  const check = () => {
    for (const i of [41, 60, 198]) expect(nearest(partitions, i)).not.toEqual([id(i)]);
    expect(nearest(partitions, 300)).toEqual([id(70)]);
    for (const i of [42, 61, 199, 202]) expect(nearest(partitions, i)).toEqual([id(i)]);
  };
  do check();
  while (partitions.step());
  check();
  expect(graph(partitions)).not.toBe(old);
  expect(partitions.stats()).toMatchObject({ vectors: 159, inGraphs: 159, settled: true });
  expect(graph(partitions)?.deleted).toBeLessThanOrEqual(3);
});

test('a group that has become small is scanned again', () => {
  const partitions = open();
  for (let i = 0; i < 100; i++) add(partitions, i);
  settle(partitions);
  for (let i = 0; i < 90; i++) remove(partitions, i);
  do for (let i = 90; i < 100; i++) expect(nearest(partitions, i)).toEqual([id(i)]);
  while (partitions.step());
  expect(partitions.stats()).toMatchObject({ vectors: 10, graphs: 0, settled: true });
  for (let i = 200; i < 300; i++) add(partitions, i);
  settle(partitions);
  expect(partitions.stats()).toMatchObject({ vectors: 110, graphs: 1, inGraphs: 110 });
});

test('all but one deleted: the one is still found', () => {
  const partitions = open();
  for (let i = 0; i < 150; i++) add(partitions, i);
  settle(partitions);
  for (let i = 0; i < 149; i++) remove(partitions, i);
  expect(nearest(partitions, 0, 5)).toEqual([id(149)]);
  remove(partitions, 149);
  expect(nearest(partitions, 0, 5)).toEqual([]);
  expect(partitions.stats()).toMatchObject({ vectors: 0, partitions: 0, settled: true });
  expect(settle(partitions)).toBe(0);
});

test('adding what is there already costs the graph nothing', () => {
  const partitions = open();
  for (let i = 0; i < 60; i++) add(partitions, i);
  settle(partitions);
  for (let i = 0; i < 60; i++) add(partitions, i);
  expect(settle(partitions)).toBe(0);
  expect(graph(partitions)?.members).toHaveLength(60);
});

test('an emptied index gives its memory back', () => {
  const partitions = open();
  for (let i = 0; i < 2000; i++) {
    const fingerprint = `f${i}` as Fingerprint;
    partitions.apply({ kind: 'add', id: id(i), partition: P, fingerprint, vector: vector(i) });
  }
  const full = partitions.arena.bytes;
  expect(full).toBeGreaterThanOrEqual(2000 * DIMENSIONS * 4);
  for (let i = 0; i < 2000; i++) remove(partitions, i);
  expect(partitions.arena.bytes).toBeLessThanOrEqual(full / 7);
});

test('arena: every slot in use keeps its vector through any sequence of puts and frees', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000_000), { minLength: 300, maxLength: 1500, size: 'max' }), (draws) => {
      const arena = new VectorArena(3);
      const held = new Map<number, number>();
      for (const draw of draws) {
        if (draw % 3 && held.size < 700) {
          const slot = arena.put([draw, 1, 2]);
          expect(held.has(slot)).toBe(false);
          held.set(slot, draw);
        } else if (held.size > 0) {
          const slot = [...held.keys()][draw % held.size] as number;
          arena.free(slot);
          held.delete(slot);
        }
      }
      for (const [slot, draw] of held) {
        expect([...arena.at(slot)]).toEqual([draw, 1, 2]);
        expect(arena.dot(Float32Array.of(1, 0, 1), slot)).toBe(draw + 2);
      }
    }),
    { numRuns: 8 },
  );
});
