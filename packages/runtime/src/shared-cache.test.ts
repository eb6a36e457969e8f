import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  type CachedEntry,
  createMemoryDecisions,
  createMemoryInvalidations,
  createMemoryStore,
  createWriteBehind,
  type Embedder,
  type Fingerprint,
  type MemoryCache,
  MemoryNearestIndex,
  type PartitionKey,
  type SharedFlights,
  type Stores,
  type UnitVector,
} from '@nearhit/core';
import { samplePair } from '@nearhit/core/conformance/pair-store';
import { sampleLabel } from '@nearhit/core/conformance/sample-store';
import { until } from '../../../test/support/until.ts';
import { entry, idOf } from '../test/entry.ts';
import { Closers } from './closers.ts';
import { degradedOf } from './readiness.ts';
import { openSharedCache, positionOf, type SharedMedium, sharedGauges } from './shared-cache.ts';

let closers: Closers;
let dir: string;
let stores: Stores;
let isAway: boolean;
let incidents: string[];
beforeEach(() => {
  closers = new Closers();
  dir = mkdtempSync(join(tmpdir(), 'nearhit-shared-'));
  closers.add({ close: () => rmSync(dir, { recursive: true, force: true }) });
  stores = createMemoryStore();
  isAway = false;
  incidents = [];
});
afterEach(() => closers.close());

const observer = { record() {}, incident: (name: string) => void incidents.push(name) };

/** Every method rejects while the medium is away. */
function unsteady<T extends object>(store: T): T {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function' || name === 'close' || name === 'onChange') return value;
      return async (...given: unknown[]) => {
        if (isAway) throw new Error('Redis is away');
        return value.apply(target, given);
      };
    },
  });
}

/** Everybody makes calls of their own. */
const noFlights: SharedFlights = {
  claim: async () => ({ role: 'leader', share() {} }),
  forget() {},
  close: async () => {},
};

function medium(): SharedMedium {
  const { responses, upkeep, log, policies, stats, usage, keys, limits, pairs, samples } = stores;
  const invalidations = createMemoryInvalidations();
  const queue = createWriteBehind({ observer, invalidations, write: (entries) => stores.responses.put(entries) });
  return {
    stores: {
      ...{ responses: unsteady(responses), upkeep: unsteady(upkeep), log: unsteady(log), close: stores.close },
      ...{ policies: unsteady(policies), stats: unsteady(stats), usage: unsteady(usage) },
      ...{ keys: unsteady(keys), limits: unsteady(limits), pairs: unsteady(pairs), samples: unsteady(samples) },
    },
    ...{ invalidations, queue, sharedFlights: noFlights, decisions: createMemoryDecisions() },
    registry: { report: async () => {}, list: async () => [], remove: async () => {} },
    ready: async () => !isAway,
    ping: async () => (isAway ? Promise.reject(new Error('Redis is away')) : 'PONG'),
    close: () => queue.close(),
  };
}

const AXIS = Float32Array.of(1, 0, 0, 0) as UnitVector;

const embedder: Embedder = {
  model: { id: 'm', version: 'v1', dimensions: 4, tokensMax: 100 },
  embed: async (texts) => texts.map(() => ({ vector: AXIS, tokens: 1, truncated: false })),
  close: async () => {},
};

function memoryCache(): MemoryCache {
  const held = new Map<string, CachedEntry>();
  return {
    get: (id) => held.get(id),
    getByIdentity: (identity) => [...held.values()].findLast(({ entry }) => entry.identity === identity),
    put(one) {
      const cached = { entry: one, rendered: new Map() };
      held.set(one.id, cached);
      return cached;
    },
    delete: (id) => void held.delete(id),
    clear: () => held.clear(),
    removals: 0,
    size: () => ({ entries: held.size, bytes: 100 * held.size }),
  };
}

async function open() {
  const memory = memoryCache();
  const near = new MemoryNearestIndex({ dimensions: 4 });
  const shared = await openSharedCache({
    ...{ memory, closers, observers: [observer], filePolicies: {}, lookupTimeoutMs: 1000, medium },
    accounts: { dir, prompts: () => false },
    memoize: (given) => given,
    neighbourhood: async () => ({ embedder, index: near }),
  });
  return { near, shared, memory, gauges: sharedGauges(() => shared, memory) };
}

test('opens and starts while the medium is away, and takes part when it is back', async () => {
  await stores.policies.put({ namespace: 'n', patch: { threshold: 0.99 } });
  await stores.pairs.put([samplePair(1)]);
  await stores.samples.append([sampleLabel(1)]);
  isAway = true;
  const { shared, memory } = await open();
  shared.start();
  await expect(shared.entries()).rejects.toThrow('away');
  expect(await degradedOf(shared.probes)).toEqual(['redis']);
  expect(positionOf(shared.follower)).toBe(0);
  expect([shared.links.size, [...shared.calibration.samples()]]).toEqual([0, []]);
  expect(shared.policies.resolve('n').policy.threshold).not.toBe(0.99);
  memory.put(entry(1), 1);

  isAway = false;
  await stores.responses.put([entry(2)]);
  await stores.log.append([{ kind: 'add', id: idOf(2) }]);
  await until('it has caught up', () => shared.follower.lag === 0);
  expect(positionOf(shared.follower)).toBe(1);
  expect(shared.policies.resolve('n').policy.threshold).toBe(0.99);
  expect([shared.links.size, [...shared.calibration.samples()]]).toEqual([1, [sampleLabel(1)]]);
  // What was deleted while it could not hear of it is not known.
  expect(memory.size().entries).toBe(0);
  expect(await degradedOf(shared.probes)).toEqual([]);
  expect(await shared.entries()).toBe(1);
});

test('look-ups stop asking a medium that is away; an operator goes on asking, and sees it come back', async () => {
  await stores.responses.put([entry(1)]);
  const { shared } = await open();
  const [redis] = shared.breakers;
  expect(await shared.lookingUp.store.get(idOf(1))).toMatchObject({ query: 'question 1' });
  isAway = true;
  for (let n = 0; n < 5; n++) await expect(shared.lookingUp.store.get(idOf(1))).rejects.toThrow('away');
  expect(redis.open).toBe(true);
  await expect(shared.lookingUp.store.getMany([idOf(1)])).rejects.toThrow('open');
  await expect(shared.administering.store.get(idOf(1))).rejects.toThrow('away');
  expect(incidents).toContain('breaker-open:redis');
  isAway = false;
  expect(await shared.administering.store.get(idOf(1))).toBeDefined();
  await until('the breaker is closed', () => !redis.open);
  expect(await shared.lookingUp.store.get(idOf(1))).toMatchObject({ query: 'question 1' });
});

test('readiness says so while look-ups keep away from a part, also from one that answers again', async () => {
  const { shared } = await open();
  const [, , cache] = shared.breakers;
  expect(await degradedOf(shared.probes)).toEqual([]);
  for (let n = 0; n < 5; n++) await cache.run(() => Promise.reject(new Error('late'))).catch(() => undefined);
  expect(cache.open).toBe(true);
  expect(await degradedOf(shared.probes)).toEqual(['cache']);
  await until('the breaker is closed', () => !cache.open);
  expect(await degradedOf(shared.probes)).toEqual([]);
});

test('an operator who asks an index that is away is told so by it, not by the breaker', async () => {
  const { shared, near } = await open();
  const asked = { partition: 'p' as PartitionKey, fingerprint: 'f' as Fingerprint, vector: AXIS, k: 1 };
  near.nearest = () => Promise.reject(new Error('the index is away'));
  for (let n = 0; n < 5; n++) await expect(shared.lookingUp.index.nearest(asked)).rejects.toThrow('away');
  await expect(shared.lookingUp.index.nearest(asked)).rejects.toThrow('open');
  await expect(shared.administering.index.nearest(asked)).rejects.toThrow('the index is away');
});

test('limits go on being asked while look-ups are too hurried for the medium', async () => {
  const { shared } = await open();
  const [redis, , , limits] = shared.breakers;
  for (let n = 0; n < 5; n++) await redis.run(() => Promise.reject(new Error('late'))).catch(() => undefined);
  expect([redis.open, limits.open]).toEqual([true, false]);
  const subjects = [{ id: 'key', limits: { rpm: 1 } }];
  expect(await shared.access.limits.enter('t', subjects, 'a')).toMatchObject({ kind: 'granted' });
  expect(await shared.access.limits.enter('t', subjects, 'b')).toMatchObject({ kind: 'refused' });
});

test('what is deleted elsewhere goes out of the memory', async () => {
  const { shared, memory } = await open();
  shared.start();
  await until('it has caught up', () => shared.follower.lag === 0);
  memory.put(entry(1), 1);
  await stores.log.append([{ kind: 'delete', id: idOf(1) }]);
  await until('it is gone', () => memory.size().entries === 0);
});

test('the gauges read what is there now', async () => {
  const { shared, memory, gauges } = await open();
  expect(gauges.replicaLag()).toBeNaN();
  shared.start();
  await until('it has caught up', () => gauges.replicaLag() === 0);
  memory.put(entry(1), 1);
  await stores.responses.put([entry(1), entry(2)]);
  await stores.log.append([{ kind: 'add', id: idOf(1) }]);
  expect(await gauges.entries()).toBe(2);
  expect(await gauges.bytes()).toBeGreaterThan(0);
  expect([gauges.l1Bytes(), gauges.queueDepth(), await gauges.indexVectors(), await gauges.logPosition()]).toEqual([
    ...[100, 0, 0, 1],
  ]);
  expect(gauges.breakers().map(({ name, open }) => [name, open])).toEqual([
    ['redis', false],
    ['embedding', false],
    ['cache', false],
    ['limits', false],
  ]);
});

test('a new look-up deadline is in force at once', async () => {
  const { shared } = await open();
  shared.reconfigure({ policies: { default: { threshold: 0.5 } }, cache: { lookupTimeoutMs: 7 } });
  expect(shared.breakers.map(({ name, timeoutMs }) => [name, timeoutMs])).toEqual([
    ...[
      ['redis', 7],
      ['embedding', 7],
      ['cache', 7],
    ],
    // One that is not asked in time does not hold.
    ['limits', 1000],
  ]);
  expect(shared.policies.resolve('n').policy.threshold).toBe(0.5);
});

test('what requests that were let finish had counted is saved at the end', async () => {
  const { shared } = await open();
  // The door.
  const decision = { requestId: 'r', atMs: Date.now(), tenant: 'default', namespace: 'last', model: 'm' };
  const cost = { costUsd: 0, savedUsd: 0, latencyMs: 1, firstByteMs: 1, overheadMs: 1 };
  const asked = { outcome: 'miss', threshold: 0.9, query: 'q', stream: false, status: 200 } as const;
  closers.add({ close: () => shared.observer.record({ ...decision, ...asked, ...cost }) });
  shared.start();
  await closers.close();
  expect(await stores.stats.load(0)).toMatchObject([{ namespace: 'last' }]);
});
