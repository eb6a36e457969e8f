import { afterEach, describe, expect, test } from '@jest/globals';
import { PendingAnswers } from '../answer/pending-answers.ts';
import { KnownInvalidations } from '../conformance/queue.samples.ts';
import { DIMENSIONS, embedded, entry, idOf, Room } from '../conformance/remember.samples.ts';
import type { Entry } from '../entry.ts';
import { PolicyService } from '../policy/service.ts';
import type { LoggedChange } from '../ports/change-log.ts';
import type { CachedEntry } from '../ports/memory-cache.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import { MemoryNearestIndex } from '../store/memory-nearest-index.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { followWithIndex, followWithMemory } from './followers.ts';
import { LogFollower } from './log-follower.ts';
import { forget, remember } from './remember.ts';

const t = Room.perTest();
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

function started(follower: LogFollower): LogFollower {
  opened.push(follower);
  follower.start();
  return follower;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Everything that the log has now is taken in. */
const caughtUp = (follower: LogFollower) =>
  until(async () => follower.position?.seq === (await t.room.stores.log.bounds()).lastSeq && follower.lag === 0);

describe('an index that follows', () => {
  const follow = (index: MemoryNearestIndex, from?: { epoch: string; seq: number }) =>
    started(followWithIndex({ ...t.room.deps(index), from, pollMs: 1 }));

  test('is built from the store, then hears of what is added and deleted elsewhere', async () => {
    await remember([embedded('1', 'a')], t.room.deps());
    const replica = new MemoryNearestIndex({ dimensions: DIMENSIONS });
    const follower = follow(replica);
    await caughtUp(follower);
    expect(await t.room.found('a', 'v1', replica)).toEqual(['1']);
    await remember([embedded('2', 'a'), entry('3', 'b', { semantic: false })], t.room.deps());
    await forget([idOf('1')], t.room.deps());
    await caughtUp(follower);
    expect(await t.room.found('a', 'v1', replica)).toEqual(['2']);
    expect(await replica.position()).toBe((await t.room.stores.log.bounds()).lastSeq);
  });

  test('goes on from its snapshot without asking for what it has', async () => {
    await remember([embedded('1', 'a')], t.room.deps());
    const { epoch, lastSeq } = await t.room.stores.log.bounds();
    const replica = new MemoryNearestIndex({ dimensions: DIMENSIONS });
    const follower = follow(replica, { epoch, seq: lastSeq });
    await remember([embedded('2', 'a')], t.room.deps());
    await caughtUp(follower);
    // What the snapshot would have held is not there: nothing was rebuilt.
    expect(await t.room.found('a', 'v1', replica)).toEqual(['2']);
  });

  test('is built anew when the log was trimmed past it, when another log began, and when told to', async () => {
    await remember([embedded('1', 'a')], t.room.deps());
    const { epoch, lastSeq } = await t.room.stores.log.bounds();
    await remember([embedded('2', 'a')], t.room.deps());
    await t.room.stores.log.trim(lastSeq + 1);
    const trimmed = new MemoryNearestIndex({ dimensions: DIMENSIONS });
    await caughtUp(follow(trimmed, { epoch, seq: lastSeq }));
    expect(await t.room.found('a', 'v1', trimmed)).toEqual(['1', '2']);

    const other = new MemoryNearestIndex({ dimensions: DIMENSIONS });
    const follower = follow(other, { epoch: 'of another log', seq: lastSeq });
    await caughtUp(follower);
    expect(await t.room.found('a', 'v1', other)).toEqual(['1', '2']);

    await other.clear();
    follower.rewind(undefined);
    await until(async () => (await t.room.found('a', 'v1', other)).length === 2);
  });
});

test('an index that is being built when it is closed is not built to its end', async () => {
  await remember([embedded('1', 'a')], t.room.deps());
  const deps = t.room.deps(new MemoryNearestIndex({ dimensions: DIMENSIONS }));
  let pages = 0;
  const list = async () => {
    pages += 1;
    // Without an end, and others get a turn as with a store behind a network.
    await new Promise((resolve) => setImmediate(resolve));
    return { ...(await deps.store.list({}, { limit: 1 })), cursor: 'next' };
  };
  const getMany = (ids: Parameters<typeof deps.store.getMany>[0]) => deps.store.getMany(ids);
  const store = { list, getMany, unlogged: async () => [] };
  const follower = started(followWithIndex({ ...deps, store, pollMs: 1 }));
  await until(() => pages > 1);
  await follower.close();
  expect([follower.position, t.room.incidents]).toEqual([undefined, []]);
});

describe('a follower', () => {
  test('told to begin anew while it does so begins once more; until it is done it stands nowhere', async () => {
    await remember([entry('1', 'a', { semantic: false })], t.room.deps());
    const resets: (() => void)[] = [];
    const { log } = t.room.stores;
    const { observer } = t.room;
    const reset = () => new Promise<void>((resolve) => resets.push(resolve));
    const from = { epoch: 'of another log', seq: 1000 };
    const follower = started(new LogFollower({ log, observer, from, apply: async () => {}, reset, pollMs: 1 }));
    await until(() => resets.length === 1);
    expect([follower.position, follower.lag]).toEqual([undefined, undefined]);
    follower.rewind(undefined);
    resets[0]?.();
    await until(() => resets.length === 2);
    follower.rewind(undefined);
    resets[1]?.();
    await until(() => resets.length === 3);
    expect(follower.position).toBeUndefined();
    resets[2]?.();
    await caughtUp(follower);
    expect(resets).toHaveLength(3);
  });

  test('told to go back while it reads does not take in what comes later', async () => {
    await remember(
      [1, 2, 3].map((n) => entry(`${n}`, 'a', { semantic: false })),
      t.room.deps(),
    );
    const { log } = t.room.stores;
    const { epoch, lastSeq } = await log.bounds();
    const taken: number[] = [];
    let isRewound = false;
    const read = async (after: number, limit: number) => {
      const records = await log.read(after, limit);
      if (!isRewound) follower.rewind(0);
      isRewound = true;
      return records;
    };
    const { observer } = t.room;
    const apply = async (records: readonly LoggedChange[]) => void taken.push(...records.map(({ seq }) => seq));
    const from = { epoch, seq: lastSeq - 1 };
    const bounds = () => log.bounds();
    const follower: LogFollower = new LogFollower({
      ...{ log: { read, bounds }, observer, from, apply, pollMs: 1 },
      reset: async () => {},
    });
    started(follower);
    await caughtUp(follower);
    expect(taken).toEqual(Array.from({ length: lastSeq }, (_, n) => n + 1));
  });

  test('takes the records in again when they could not be, and never out of order', async () => {
    await remember([entry('1', 'a', { semantic: false }), entry('2', 'a', { semantic: false })], t.room.deps());
    const { epoch } = await t.room.stores.log.bounds();
    const taken: number[][] = [];
    let failures = 2;
    const follower = started(
      new LogFollower({
        log: t.room.stores.log,
        observer: t.room.observer,
        from: { epoch, seq: 0 },
        pollMs: 1,
        reset: async () => {},
        apply: async (records: readonly LoggedChange[]) => {
          taken.push(records.map(({ seq }) => seq));
          if (failures-- > 0) throw new Error('not now');
        },
      }),
    );
    await caughtUp(follower);
    expect(taken).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(t.room.incidents).toEqual(['follow-log-failed', 'follow-log-failed']);
  });

  test('says that it does not know its lag while the log is away, and comes back', async () => {
    let away = true;
    const { log } = t.room.stores;
    const unsteady = {
      ...log,
      bounds: () => (away ? Promise.reject(new Error('away')) : log.bounds()),
      read: log.read,
    };
    const reset = async () => {};
    const { observer } = t.room;
    const follower = started(new LogFollower({ log: unsteady, observer, apply: reset, reset, pollMs: 1 }));
    await until(() => t.room.incidents.length > 1);
    expect(follower.lag).toBeUndefined();
    away = false;
    await until(() => follower.lag === 0);
  });
});

describe('a memory that follows', () => {
  class Held {
    readonly entries = new Map<string, CachedEntry>();
    get = (id: string) => this.entries.get(id);
    getByIdentity = () => undefined;
    put = (one: Entry) => {
      const cached = { entry: one, rendered: new Map() };
      this.entries.set(one.id, cached);
      return cached;
    };
    delete = (id: string) => void this.entries.delete(id);
    clear = () => this.entries.clear();
    removals = 0;
    size = () => ({ entries: this.entries.size, bytes: 0 });
  }

  async function following() {
    const memory = new Held();
    const pending = new PendingAnswers();
    const policies = new PolicyService(t.room.stores.policies);
    let forgotten = 0;
    const { log } = t.room.stores;
    const sharedFlights = { forget: () => void forgotten++ };
    const { observer } = t.room;
    const deps = { log, observer, memory, pending, policies, sharedFlights, now: () => 1500, pollMs: 1 };
    const follower = started(followWithMemory(deps));
    await caughtUp(follower);
    return { memory, pending, policies, follower, forgotten: () => forgotten };
  }

  test('drops what is deleted or expired, and what was answered anew elsewhere, but not what it has itself', async () => {
    const { memory, follower } = await following();
    for (const name of ['deleted', 'expired', 'older', 'own', 'kept']) memory.put(entry(name, 'a'));
    await t.room.stores.log.append([
      { kind: 'delete', id: idOf('deleted') },
      { kind: 'expire', id: idOf('expired') },
      { kind: 'add', id: idOf('older'), createdAtMs: 1001 },
      { kind: 'add', id: idOf('own'), createdAtMs: 1000 },
    ]);
    await caughtUp(follower);
    expect([...memory.entries.keys()]).toEqual([idOf('own'), idOf('kept')]);
  });

  test('behind a gap in the log an answer that is being made hears of what was invalidated meanwhile', async () => {
    const { memory, pending, policies } = await following();
    const request = (id: string) =>
      ({ id: idOf(id), scope: entry('x', '').scope, query: 'a', controls: { tags: ['t'] }, context: [] }) as unknown;
    const before = pending.begin(request('before') as PreparedRequest, 1000);
    const after = pending.begin(request('after') as PreparedRequest, 2000);
    const known = new KnownInvalidations();
    await known.add({ filter: { tags: ['other'] }, atMs: 3000 });
    await known.add({ filter: { tags: ['t'] }, atMs: 1500 });
    const { log } = t.room.stores;
    let forgotten = 0;
    const sharedFlights = { forget: () => void forgotten++ };
    const deps = { log, observer: t.room.observer, memory, pending, policies, sharedFlights, now: () => 1, pollMs: 1 };
    await caughtUp(started(followWithMemory({ ...deps, invalidations: known, from: { epoch: 'before', seq: 9 } })));
    expect([before.outdated, after.outdated, forgotten]).toEqual([true, false, 1]);
  });

  test('an invalidation elsewhere marks answers that were asked for before it, and empties the memory', async () => {
    const { memory, pending, forgotten } = await following();
    const request = (id: string) =>
      ({ id: idOf(id), scope: entry('x', '').scope, query: 'a', controls: { tags: ['t'] }, context: [] }) as unknown;
    const before = pending.begin(request('before') as PreparedRequest, 1000);
    const after = pending.begin(request('after') as PreparedRequest, 2000);
    memory.put(entry('kept', 'a'));
    const logged = { kind: 'invalidate', filter: { tags: ['t'] }, atMs: 1500 } as const;
    const store = createMemoryStore();
    const { epoch } = await store.log.bounds();
    let read = false;
    const log = {
      bounds: async () => ({ epoch, firstSeq: 1, lastSeq: 1 }),
      read: async (): Promise<LoggedChange[]> => (read ? [] : [{ seq: 1, change: logged }]),
    };
    const flights = {
      forget: () => {
        read = true;
      },
    };
    const policies = new PolicyService(t.room.stores.policies);
    const deps = { log, observer: t.room.observer, memory, pending, policies, now: () => 1, pollMs: 1 };
    started(followWithMemory({ ...deps, sharedFlights: flights, from: { epoch, seq: 0 } }));
    await until(() => read);
    expect([before.outdated, after.outdated]).toEqual([true, false]);
    expect(memory.entries.size).toBe(0);
    expect(forgotten()).toBe(0);
  });

  test('what was judged elsewhere is read once for all that a batch tells, and all of it behind a gap', async () => {
    const told: LoggedChange[] = [];
    const heard: string[] = [];
    const log = {
      bounds: async () => ({ epoch: 'e', firstSeq: 1, lastSeq: told.length }),
      read: async (afterSeq: number): Promise<LoggedChange[]> => told.slice(afterSeq),
    };
    const links = {
      load: async () => void heard.push('links'),
      refresh: async (ids: readonly string[]) => void heard.push(`links ${ids.join(' ')}`),
    };
    const calibration = {
      load: async () => void heard.push('samples'),
      refresh: async () => void heard.push('new samples'),
    };
    const { memory, pending, policies } = await following();
    const deps = {
      log,
      observer: t.room.observer,
      memory,
      pending,
      policies,
      links,
      calibration,
      now: () => 1,
      pollMs: 1,
    };
    const follower = started(followWithMemory(deps));
    await until(() => follower.lag === 0);
    expect(heard.splice(0)).toEqual(['links', 'samples']);
    const pair = (id: string) => ({ kind: 'pair', id }) as LoggedChange['change'];
    const changes = [pair('a'), { kind: 'samples' } as const, pair('b'), pair('a'), { kind: 'samples' } as const];
    told.push(...changes.map((change, at) => ({ seq: at + 1, change })));
    await until(() => follower.position?.seq === 5);
    expect(heard).toEqual(['links a b', 'new samples']);
  });
});
