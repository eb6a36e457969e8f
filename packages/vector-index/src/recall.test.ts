import { afterEach, expect, test } from '@jest/globals';
import type { EntryId, Fingerprint, PartitionKey, UnitVector } from '@nearhit/core';
import { openNearestIndex, type VectorIndex } from './index.ts';

const DIMENSIONS = 384;
const COUNT = 2000;
const QUERIES = 400;
const partition = 'p' as PartitionKey;
const fingerprint = 'f' as Fingerprint;
const opened: VectorIndex[] = [];
afterEach(async () => {
  for (const index of opened.splice(0)) await index.close();
});

/** Numbers that look random and are the same every time (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/** `spread`: how far from the centre; sentence embeddings of one topic have cosines of 0.3 to 0.9 to each other. */
function near(centre: Float32Array, spread: number, next: () => number): UnitVector {
  const moved = centre.map((value) => value + (spread * next()) / Math.sqrt(DIMENSIONS / 3));
  const length = Math.sqrt(moved.reduce((sum, value) => sum + value * value, 0));
  return moved.map((value) => value / length) as UnitVector;
}

async function open(flatMax: number, vectors: readonly UnitVector[]): Promise<VectorIndex> {
  const index = await openNearestIndex({ dimensions: DIMENSIONS, flatMax });
  opened.push(index);
  const changes = vectors.map((vector, i) => ({
    kind: 'add' as const,
    id: `${i}` as EntryId,
    partition,
    fingerprint,
    vector,
  }));
  await index.apply(changes, 1);
  return index;
}

test('HNSW finds the nearest of thousands of clustered vectors in 99 of 100 cases, duplicates and deletions included', async () => {
  const next = numbers(1);
  const origin = new Float32Array(DIMENSIONS);
  const centres = Array.from({ length: 150 }, () => near(origin, 1, next));
  const vectors = Array.from({ length: COUNT }, (_, i) => near(centres[i % 150] as UnitVector, 0.8, next));
  // The same question in other capitals has the same embedding.
  for (let i = 0; i < COUNT / 10; i++) vectors[i * 10] = vectors[(i % 6) * 10] as UnitVector;
  const [exact, hnsw] = await Promise.all([open(COUNT, vectors), open(100, vectors)]);
  const removes = Array.from({ length: Math.floor(COUNT / 7) }, (_, i) => ({
    kind: 'remove' as const,
    id: `${i * 7}` as EntryId,
  }));
  await Promise.all([exact.apply(removes, 2), hnsw.apply(removes, 2)]);
  expect((await hnsw.stats()).graphs).toBe(1);
  let found = 0;
  for (let i = 0; i < QUERIES; i++) {
    const vector = near(vectors[(i * 37) % COUNT] as UnitVector, 0.7, next);
    const [best] = await exact.nearest({ partition, fingerprint, vector, k: 1 });
    const [answer] = await hnsw.nearest({ partition, fingerprint, vector, k: 1 });
    if (answer && best && answer.similarity > best.similarity - 1e-5) found++;
  }
  expect(found / QUERIES).toBeGreaterThanOrEqual(0.99);
}, 120_000);

test('questions do not wait for the changes before them', async () => {
  const next = numbers(2);
  const vectors = Array.from({ length: 900 }, () => near(new Float32Array(DIMENSIONS), 1, next));
  const index = await open(50, vectors.slice(0, 60));
  const order: string[] = [];
  const more = vectors
    .slice(60)
    .map((vector, i) => ({ kind: 'add' as const, id: `m${i}` as EntryId, partition, fingerprint, vector }));
  const applied = index.apply(more, 2).then(() => order.push('applied'));
  for (let i = 0; i < 20; i++) {
    expect(await index.nearest({ partition, fingerprint, vector: vectors[i] as UnitVector, k: 1 })).toHaveLength(1);
    order.push('answered');
  }
  await applied;
  expect(order).toEqual([...Array(20).fill('answered'), 'applied']);
}, 60_000);
