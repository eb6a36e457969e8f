import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createMemoryStore, type IndexChange, MemoryNearestIndex, type Stores, type UnitVector } from '@nearhit/core';
import { gate } from '../../../test/support/sse-reader.ts';
import { until } from '../../../test/support/until.ts';
import { entry, idOf } from '../test/entry.ts';
import { Chores } from './chores.ts';
import { type FollowedIndex, type IndexCallbacks, openFollowedIndex } from './followed-index.ts';

const DIMENSIONS = 4;
const vector = Float32Array.of(1, 0, 0, 0) as UnitVector;

/** What lies on the disk: the last snapshot. */
interface Disk {
  changes: IndexChange[];
  position: number;
}

/** An exact index whose snapshots outlive it, and which counts how often it was emptied. */
class SavedIndex extends MemoryNearestIndex {
  cleared = 0;
  readonly #disk: Disk;
  #changes: IndexChange[] = [];

  constructor(disk: Disk) {
    super({ dimensions: DIMENSIONS });
    this.#disk = disk;
  }

  static async open(disk: Disk): Promise<SavedIndex> {
    const index = new SavedIndex(disk);
    await index.apply([...disk.changes], disk.position);
    return index;
  }

  override async apply(changes: readonly IndexChange[], seq: number): Promise<void> {
    await super.apply(changes, seq);
    this.#changes.push(...changes);
  }

  override async snapshot(): Promise<number> {
    this.#disk.changes = [...this.#changes];
    this.#disk.position = await this.position();
    return this.#disk.position;
  }

  override async clear(): Promise<void> {
    await super.clear();
    this.cleared += 1;
    this.#changes = [];
    this.#disk.changes = [];
    this.#disk.position = 0;
  }
}

let dir: string;
let disk: Disk;
let stores: Stores;
const opened: { close(): Promise<void> }[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-followed-'));
  disk = { changes: [], position: 0 };
  stores = createMemoryStore();
});
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
  rmSync(dir, { recursive: true, force: true });
});

async function stored(n: number, version = 'v1'): Promise<void> {
  await stores.responses.put([entry(n, { embeddingModel: version, vector })]);
  await stores.log.append([{ kind: 'add', id: idOf(n), createdAtMs: 1000 }]);
}

async function follow(version = 'v1', from: Pick<Stores, 'log' | 'responses'> = stores) {
  const incidents: string[] = [];
  const observer = { record() {}, incident: (name: string) => void incidents.push(name) };
  const chores = new Chores(observer);
  let index!: SavedIndex;
  let callbacks!: IndexCallbacks;
  const following = await openFollowedIndex({
    ...{ dir, observer, chores, stores: from },
    modelVersion: () => version,
    open: async (given) => {
      callbacks = given;
      index = await SavedIndex.open(disk);
      return index;
    },
  });
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await chores.close();
    await following.close();
  };
  opened.push({ close });
  return { following, index, callbacks, incidents, close };
}

async function whole(following: FollowedIndex): Promise<void> {
  await until('it has caught up', async () => {
    const { lastSeq } = await stores.log.bounds();
    return following.caughtUp && following.follower.position?.seq === lastSeq;
  });
}

const held = async (index: SavedIndex) => (await index.ids()).map(Number).sort();

test('without a snapshot it is built from the store, and then follows the log', async () => {
  await stored(1);
  const { following, index } = await follow();
  expect(following.caughtUp).toBe(false);
  await whole(following);
  expect(await held(index)).toEqual([1]);
  await stored(2);
  await until('it has heard', async () => (await held(index)).length === 2);
  expect(index.cleared).toBe(1);
});

test('closed and opened again it goes on from its snapshot, and hears what it missed', async () => {
  await stored(1);
  const first = await follow();
  await whole(first.following);
  await first.close();
  expect(disk.position).toBe(1);
  await stored(2);
  const { following, index } = await follow();
  await whole(following);
  expect(await held(index)).toEqual([1, 2]);
  expect(index.cleared).toBe(0);
});

test.each<[string, () => Promise<unknown>, string]>([
  ['of another embedding model', async () => undefined, 'v2'],
  ['of a log that began anew', async () => restartStores(), 'v1'],
  ['whose note is gone', async () => rmSync(join(dir, 'log')), 'v1'],
  ['whose note is damaged', async () => writeFileSync(join(dir, 'log'), '{"epoch":'), 'v1'],
  ['whose note lacks the model', async () => writeFileSync(join(dir, 'log'), '{"epoch":"x"}'), 'v1'],
  ['behind what the log still has', async () => trimmed(), 'v1'],
])('a snapshot %s is not gone on from', async (_name, change, version) => {
  await stored(1);
  const first = await follow();
  await whole(first.following);
  await first.close();
  await change();
  const { following, index } = await follow(version);
  await whole(following);
  expect(index.cleared).toBe(1);
  const { responses } = stores;
  const { entries } = await responses.list({}, { limit: 10 });
  const ofThisModel = entries.filter(({ embeddingModel }) => embeddingModel === version);
  expect(await held(index)).toEqual(ofThisModel.map(({ id }) => Number(id)).sort());
});

async function restartStores(): Promise<void> {
  stores = createMemoryStore();
  await stored(7);
}

async function trimmed(): Promise<void> {
  await stored(2);
  await stored(3);
  await stores.log.trim(2);
}

test('an index that has started again hears again what came after its snapshot', async () => {
  await stored(1);
  const { following, index, callbacks } = await follow();
  await whole(following);
  await following.index.snapshot();
  await stored(2);
  await whole(following);
  // As its snapshot had it.
  await index.apply([{ kind: 'remove', id: idOf(2) }], 1);
  callbacks.onRestart(1);
  await until('it has heard again', async () => (await held(index)).length === 2);
  expect(index.cleared).toBe(1);
});

test.each<[string, (callbacks: IndexCallbacks) => void]>([
  ['started again from nothing', ({ onRestart }) => onRestart(0)],
  ['lost a partition', ({ onPartitionLost }) => onPartitionLost()],
])('one that has %s is built anew, and is not ready meanwhile', async (_name, happen) => {
  await stored(1);
  const { following, index, callbacks } = await follow();
  await whole(following);
  await index.apply([{ kind: 'remove', id: idOf(1) }], 1);
  happen(callbacks);
  expect(following.caughtUp).toBe(false);
  // A start before it is whole again must not take the snapshot for one.
  expect(existsSync(join(dir, 'log'))).toBe(false);
  await whole(following);
  expect(await held(index)).toEqual([1]);
  expect(JSON.parse(readFileSync(join(dir, 'log'), 'utf8'))).toMatchObject({ model: 'v1' });
});

test('one that must be built anew, because the log was trimmed past it, is not ready meanwhile', async () => {
  await stored(1);
  const listed = gate();
  let isSlow = false;
  let isAway = false;
  const { log, responses } = stores;
  const { following, index } = await follow('v1', {
    log: { ...log, bounds: () => (isAway ? Promise.reject(new Error('away')) : log.bounds()) },
    responses: {
      ...responses,
      getMany: (ids) => responses.getMany(ids),
      unlogged: () => responses.unlogged(),
      list: async (filter, page) => {
        if (isSlow) await listed.passed;
        return responses.list(filter, page);
      },
    },
  });
  await whole(following);
  [isAway, isSlow] = [true, true];
  const before = following.follower.position?.seq;
  await until('the log is away', () => following.follower.lag === undefined);
  await trimmed();
  expect(following.follower.position?.seq).toBe(before);
  isAway = false;
  await until('it is being built', () => index.cleared === 2);
  expect(following.caughtUp).toBe(false);
  listed.pass();
  await whole(following);
  expect(await held(index)).toEqual([1, 2, 3]);
});

test('one that starts again from nothing while it is being built is built once more, and not taken for whole before', async () => {
  await stored(1);
  await stored(2);
  const listed = gate();
  const { responses } = stores;
  let lists = 0;
  const { following, index, callbacks } = await follow('v1', {
    log: stores.log,
    responses: {
      ...responses,
      getMany: (ids) => responses.getMany(ids),
      unlogged: () => responses.unlogged(),
      list: async (filter, page) => {
        lists += 1;
        if (lists === 2) await listed.passed;
        return responses.list(filter, { ...page, limit: 1 });
      },
    },
  });
  await until('half of it is there', () => lists === 2);
  await index.apply([{ kind: 'remove', id: idOf(2) }], 0);
  await index.apply([{ kind: 'remove', id: idOf(1) }], 0);
  callbacks.onRestart(0);
  listed.pass();
  await whole(following);
  expect(await held(index)).toEqual([1, 2]);
  expect(index.cleared).toBe(2);
});

test('what was never whole leaves no snapshot', async () => {
  await stored(1);
  const away = async () => Promise.reject(new Error('Redis is away'));
  const log = { ...stores.log, read: away, bounds: away };
  const { following, incidents, close } = await follow('v1', { ...stores, log });
  await until('it has tried', () => incidents.includes('follow-log-failed'));
  expect(following.caughtUp).toBe(false);
  await close();
  expect([disk.position, readdirSync(dir)]).toEqual([0, []]);
});
