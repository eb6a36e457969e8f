import { describe, expect, test } from '@jest/globals';
import { entry, Room } from '../conformance/remember.samples.ts';
import type { Entry } from '../entry.ts';
import { PolicyService } from '../policy/service.ts';
import { remember } from './remember.ts';
import { maintain } from './upkeep.ts';

const t = Room.perTest();

describe('maintain', () => {
  test('drops what has expired and what exceeds the bounds, from the index too', async () => {
    const policies = new PolicyService(t.room.stores.policies, { namespaces: { n: { maxEntries: 2 } } });
    const memory = {
      get: () => undefined,
      put: () => {
        throw new Error('not here');
      },
      delete() {},
      clear() {},
      size: () => ({ entries: 0, bytes: 0 }),
    };
    const deps = { ...t.room.deps(), upkeep: t.room.stores.upkeep, memory, policies, now: () => 5000 };
    const later = { expiresAtMs: 9000, staleUntilMs: 9000 };
    await remember(
      [
        entry('old', 'a'),
        ...['1', '2', '3', '4'].map((id, at) => entry(id, 'a', { ...later, createdAtMs: 1000 + at })),
      ],
      deps,
    );
    expect(await maintain(deps)).toEqual({ expired: 1, evicted: 2 });
    expect(await t.room.found('a')).toHaveLength(2);
    expect(await t.room.stores.upkeep.usage()).toMatchObject([{ namespace: 'n', entries: 2 }]);
  });
});

test('an entry written again while it was being swept stays to be found', async () => {
  const nothing = { get: () => undefined, delete() {}, clear() {}, size: () => ({ entries: 0, bytes: 0 }) };
  const memory = { ...nothing, put: (one: Entry) => ({ entry: one, rendered: new Map() }) };
  const deps = { ...t.room.deps(), memory, policies: new PolicyService(t.room.stores.policies), now: () => 5000 };
  await remember([entry('gone', 'a'), entry('again', 'a')], deps);
  const upkeep = {
    ...t.room.stores.upkeep,
    usage: async () => [],
    sweep: async (nowMs: number, limit: number) => {
      const ids = await t.room.stores.upkeep.sweep(nowMs, limit);
      await remember([entry('again', 'a', { expiresAtMs: 9000, staleUntilMs: 9000 })], deps);
      return ids;
    },
  };
  expect(await maintain({ ...deps, upkeep })).toEqual({ expired: 2, evicted: 0 });
  expect(await t.room.found('a')).toEqual(['again']);
});
