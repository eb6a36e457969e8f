import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import {
  createMemoryStore,
  type Embedder,
  type FilePolicies,
  PolicyService,
  type Stores,
  type UnitVector,
} from '@nearhit/core';
import { entry, idOf } from '../test/entry.ts';
import { Chores } from './chores.ts';
import { createWriter, type Lease } from './writer.ts';

/** Belongs to the first who asks, until it is given up. */
class SharedLease {
  holder: string | undefined;
  readonly worked: string[] = [];

  of(name: string): Lease {
    return {
      held: async (work) => {
        this.holder ??= name;
        if (this.holder !== name) return;
        this.worked.push(name);
        await work();
      },
    };
  }
}

let stores: Stores;
let lease: SharedLease;
let embedded: string[];
let isEmbedderAway = false;
const opened: Chores[] = [];
beforeEach(() => {
  jest.useFakeTimers();
  stores = createMemoryStore();
  lease = new SharedLease();
  embedded = [];
  isEmbedderAway = false;
});
afterEach(async () => {
  jest.useRealTimers();
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

const embedder: Embedder = {
  model: { id: 'm', version: 'v1', dimensions: 4, tokensMax: 100 },
  embed: async (texts) => {
    if (isEmbedderAway) throw new Error('the embedding service is away');
    embedded.push(...texts);
    return texts.map((text) => ({
      vector: Float32Array.of(1, 0, 0, 0) as UnitVector,
      tokens: text.length,
      truncated: false,
    }));
  },
  close: async () => {},
};

function worker(name: string, file: FilePolicies = {}) {
  const incidents: string[] = [];
  const observer = { record() {}, incident: (what: string) => void incidents.push(what) };
  const chores = new Chores(observer);
  opened.push(chores);
  const policies = new PolicyService(stores.policies, file);
  const writer = createWriter({ stores, embedder, observer, policies, lease: lease.of(name), chores });
  return { ...writer, chores, incidents, policies };
}

const records = async () => (await stores.log.read(0, 1000)).map(({ change }) => change);

test('writes: stored and told to the log, with a vector; forgotten: gone, and told', async () => {
  const { write, forget } = worker('a');
  await write([entry(1), entry(2, { semantic: false })]);
  expect(await stores.responses.get(idOf(1))).toMatchObject({ embeddingModel: 'v1', query: 'question 1' });
  expect(embedded).toEqual(['question 1']);
  await forget([idOf(2)]);
  const told = await records();
  expect(told).toContainEqual(expect.objectContaining({ kind: 'add', id: idOf(1) }));
  expect(told.at(-1)).toEqual({ kind: 'delete', id: idOf(2) });
  expect(await stores.responses.get(idOf(2))).toBeUndefined();
});

test('of two workers one keeps the store in bounds; the other one when that has gone', async () => {
  const [a, b] = [worker('a'), worker('b')];
  await a.write([entry(1, { expiresAtMs: Date.now() + 1000, staleUntilMs: Date.now() + 1000 }), entry(2)]);
  for (const one of [a, b]) one.startUpkeep();
  await jest.advanceTimersByTimeAsync(11_000);
  expect(await stores.responses.get(idOf(1))).toBeUndefined();
  expect((await records()).filter(({ kind }) => kind === 'expire')).toHaveLength(1);
  expect(new Set(lease.worked)).toEqual(new Set(['a']));

  await a.chores.close();
  lease.holder = undefined;
  await b.write([entry(3, { expiresAtMs: Date.now() + 1000, staleUntilMs: Date.now() + 1000 })]);
  await jest.advanceTimersByTimeAsync(11_000);
  expect(await stores.responses.get(idOf(3))).toBeUndefined();
  expect(lease.worked.at(-1)).toBe('b');
  expect([...a.incidents, ...b.incidents]).toEqual([]);
});

test('a bound that is set elsewhere is heard of and held', async () => {
  const { startUpkeep, write, policies } = worker('a');
  await write([entry(1), entry(2), entry(3)]);
  startUpkeep();
  await stores.policies.put({ namespace: 'n', patch: { maxEntries: 1 } });
  await jest.advanceTimersByTimeAsync(11_000);
  expect(policies.resolve('n').policy.maxEntries).toBe(1);
  expect((await stores.responses.list({}, { limit: 10 })).entries.length).toBeLessThanOrEqual(1);
});

test('nothing is evicted while it is not known what operators allow', async () => {
  await stores.policies.put({ namespace: 'n', patch: { maxEntries: 3 } });
  const { policies: known } = stores;
  let isAway = true;
  const all = () => (isAway ? Promise.reject(new Error('Redis loads its data')) : known.all());
  const policies = { all, put: known.put, delete: known.delete, onChange: () => () => {} };
  stores = { ...stores, policies };
  const { startUpkeep, write, incidents } = worker('a', { default: { maxEntries: 1 } });
  await write([entry(1), entry(2), entry(3)]);
  startUpkeep();
  await jest.advanceTimersByTimeAsync(11_000);
  expect(incidents).toContain('maintain-failed');
  isAway = false;
  await jest.advanceTimersByTimeAsync(6000);
  expect((await stores.responses.list({}, { limit: 10 })).entries).toHaveLength(3);
});

test('what was stored without a vector gets one when the embedder is back', async () => {
  const { startUpkeep, write, incidents } = worker('a');
  isEmbedderAway = true;
  await write([entry(1)]);
  expect((await stores.responses.get(idOf(1)))?.vector).toBeUndefined();
  startUpkeep();
  await jest.advanceTimersByTimeAsync(6000);
  isEmbedderAway = false;
  await jest.advanceTimersByTimeAsync(6000);
  expect(await stores.responses.get(idOf(1))).toMatchObject({ embeddingModel: 'v1' });
  expect(embedded).toEqual(['question 1']);
  expect(incidents.length).toBeGreaterThan(0);
});

test('a write that was cut short before the log is finished by whoever holds the lease', async () => {
  await stores.responses.put([entry(1)]);
  expect(await records()).toEqual([]);
  worker('a').startUpkeep();
  await jest.advanceTimersByTimeAsync(31_000);
  expect(await records()).toContainEqual(expect.objectContaining({ kind: 'add', id: idOf(1) }));
  expect(await stores.responses.unlogged()).toEqual([]);
});

test('the log is held at a hundred thousand records', async () => {
  const { startUpkeep } = worker('a');
  const changes = Array.from({ length: 1000 }, () => ({ kind: 'delete' as const, id: idOf(1) }));
  for (let n = 0; n < 101; n++) await stores.log.append(changes);
  startUpkeep();
  await jest.advanceTimersByTimeAsync(61_000);
  expect(await stores.log.bounds()).toMatchObject({ firstSeq: 1001, lastSeq: 101_000 });
});
