import { expect, test } from '@jest/globals';
import type { Entry } from '../entry.ts';
import type { EntryId, Fingerprint, TenantId } from '../ids.ts';
import { PolicyService } from '../policy/service.ts';
import type { CachedEntry, MemoryCache } from '../ports/memory-cache.ts';
import { ChangeFeed } from '../remember/change-feed.ts';
import { remember } from '../remember/remember.ts';
import { createWriteBehind } from '../remember/write-behind.ts';
import { createMemoryInvalidations } from '../store/memory-invalidations.ts';
import { MemoryNearestIndex } from '../store/memory-nearest-index.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { CacheAdmin } from './admin.ts';
import { PendingAnswers } from './pending-answers.ts';

const entry = (hex: string, tags: string[]): Entry => ({
  id: hex.repeat(64) as EntryId,
  scope: { tenant: 'default' as TenantId, namespace: 'n', model: 'm' },
  fingerprint: 'f'.repeat(64) as Fingerprint,
  query: 'q',
  semantic: false,
  answer: Buffer.from('{}'),
  tags,
  context: [],
  provider: 'p',
  upstreamModel: 'm',
  attempts: 1,
  costUsd: 0,
  usage: { promptTokens: 1, completionTokens: 1 },
  createdAtMs: 1000,
  expiresAtMs: 9000,
  staleUntilMs: 9000,
});

function memoryCache(): MemoryCache {
  const held = new Map<EntryId, CachedEntry>();
  return {
    get: (id) => held.get(id),
    getByIdentity: (identity) => [...held.values()].findLast(({ entry }) => entry.identity === identity),
    put(put) {
      const cached = { entry: put, rendered: new Map() };
      held.set(put.id, cached);
      return cached;
    },
    delete: (id) => void held.delete(id),
    clear: () => held.clear(),
    removals: 0,
    size: () => ({ entries: held.size, bytes: 0 }),
  };
}

function house() {
  const stores = createMemoryStore();
  const index = new MemoryNearestIndex({ dimensions: 4 });
  const memory = memoryCache();
  const observer = { record() {}, incident() {} };
  const embedder = {
    model: { id: 'none', version: 'v1', dimensions: 4, tokensMax: 1 },
    embed: async () => [],
    close: async () => {},
  };
  const feed = new ChangeFeed(stores.log, index);
  const remembering = { store: stores.responses, log: stores.log, index, feed, embedder, observer };
  const write = (entries: readonly Entry[]) => remember(entries, remembering);
  const invalidations = createMemoryInvalidations();
  const queue = createWriteBehind({ write, invalidations, observer, entriesMax: 1, now: () => 2000 });
  const policies = new PolicyService(stores.policies);
  const more = {
    memory,
    invalidations,
    upkeep: stores.upkeep,
    now: () => 2000,
    queue,
    policies,
    pending: new PendingAnswers(),
  };
  return { admin: new CacheAdmin({ ...remembering, ...more }), memory, queue, index };
}

test('invalidation reaches an answer whose write was dropped', async () => {
  const { admin, memory, queue } = house();
  const [first, second] = [entry('a', ['doc:1']), entry('b', ['doc:1'])];
  for (const one of [first, second]) memory.put(one, 1000);
  expect([queue.enqueue(first, 1000), queue.enqueue(second, 1000)]).toEqual([true, false]);
  expect(await admin.invalidate({ tags: ['doc:1'] }, true)).toMatchObject({ matched: 1, deleted: 0 });
  expect(memory.size().entries).toBe(2);
  expect(await admin.invalidate({ tags: ['doc:1'] }, false)).toMatchObject({ matched: 1, deleted: 1 });
  expect(memory.size().entries).toBe(0);
});

test('a deletion that the index does not hear of still empties L1', async () => {
  const { admin, memory, queue, index } = house();
  const one = entry('a', []);
  queue.enqueue(one, 1000);
  await queue.flush();
  await index.close();
  const deleting = admin.deleteEntry(one.id);
  await Promise.resolve();
  memory.put(one, 1000);
  await expect(deleting).rejects.toThrow('stopped');
  expect(memory.get(one.id, 2000)).toBeUndefined();
});
