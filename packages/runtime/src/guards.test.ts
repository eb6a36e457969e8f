import { afterEach, expect, test } from '@jest/globals';
import { type Embedder, type EntryId, type IdentityKey, MemoryNearestIndex, NearhitError } from '@nearhit/core';
import { type Breaker, createBreaker } from './breaker.ts';
import { guardEmbedder, guardNearest, guardStore, isDependencyFault } from './guards.ts';

const opened: Breaker[] = [];
afterEach(() => {
  for (const breaker of opened.splice(0)) breaker.close();
});

function breaker(): Breaker {
  const never = () => new Promise<void>(() => {});
  const options = { name: 'x', timeoutMs: 5000, probe: never, observer: { incident() {} }, failuresMax: 1 };
  const made = createBreaker({ ...options, counts: isDependencyFault });
  opened.push(made);
  return made;
}

const away = () => Promise.reject(new Error('away'));

test('reads of the store go through it, both kinds on one count', async () => {
  const ids = ['a'.repeat(64) as EntryId];
  let asked = 0;
  const store = {
    get: async () => void asked++,
    getMany: async (given: readonly EntryId[]) => given.map(() => undefined),
    identify: async () => void asked++,
  };
  const guarded = guardStore({ ...store, get: away }, breaker());
  expect(await guarded.getMany(ids)).toEqual([undefined]);
  await expect(guarded.get(ids[0] as EntryId)).rejects.toThrow('away');
  await expect(guarded.getMany(ids)).rejects.toThrow('open');
  expect(await guarded.identify('b'.repeat(32) as IdentityKey)).toBeUndefined();
  expect(asked).toBe(0);
});

test('look-ups of vectors go through it; what has no deadline does not', async () => {
  let version = 'v1';
  const asked: unknown[] = [];
  const embedder: Embedder = {
    get model() {
      return { id: 'm', version, dimensions: 4, tokensMax: 10 };
    },
    embed: (texts, options) => {
      asked.push([texts, options]);
      return away();
    },
    close: async () => void asked.push('closed'),
  };
  const guarded = guardEmbedder(embedder, breaker());
  const deadlineMs = Date.now() + 60_000;
  await expect(guarded.embed(['write'])).rejects.toThrow('away');
  await expect(guarded.embed(['ask'], { deadlineMs })).rejects.toThrow('away');
  await expect(guarded.embed(['ask again'], { deadlineMs })).rejects.toThrow('open');
  await expect(guarded.embed(['write again'], {})).rejects.toThrow('away');
  expect(asked).toEqual([
    [['write'], undefined],
    [['ask'], { deadlineMs }],
    [['write again'], {}],
  ]);
  version = 'v2';
  expect(guarded.model.version).toBe('v2');
  await guarded.close();
  expect(asked.at(-1)).toBe('closed');
});

test('a search that was asked wrongly does not open it', async () => {
  const one = breaker();
  const index = guardNearest(new MemoryNearestIndex({ dimensions: 4 }), one);
  const query = { partition: 'p', fingerprint: 'f', vector: new Float32Array(3), k: 1 };
  await expect(index.nearest(query as never)).rejects.toThrow('unit vector');
  expect(one.open).toBe(false);
  const late = { ...query, vector: Float32Array.of(1, 0, 0, 0), deadlineMs: Date.now() - 1000 };
  await expect(index.nearest(late as never)).rejects.toThrow('deadline');
  expect(one.open).toBe(true);
});

test.each([
  [new NearhitError('INVALID_REQUEST', 'k'), false],
  [new NearhitError('EMBEDDER_BUSY', 'busy'), true],
  [new Error('ECONNREFUSED'), true],
])('%s: of the dependency: %s', (error, expected) => {
  expect(isDependencyFault(error)).toBe(expected);
});
