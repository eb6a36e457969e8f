import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Entry } from '../entry.ts';
import type { EntryId, Fingerprint, TenantId, UnitVector } from '../ids.ts';
import { partitionOf } from '../key/fingerprint.ts';
import { PolicyService } from '../policy/service.ts';
import type { Embedder } from '../ports/embedder.ts';
import type { NearestIndex } from '../ports/nearest-index.ts';
import { MemoryNearestIndex } from '../store/memory-nearest-index.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import type { Stores } from '../store/stores.ts';
import { ChangeFeed } from './change-feed.ts';
import { recover, reembed } from './recover.ts';
import { forget, type RememberDeps, remember } from './remember.ts';
import { maintain } from './upkeep.ts';
import { createWriteBehind } from './write-behind.ts';

const scope = { tenant: 'default' as TenantId, namespace: 'n', model: 'm' };
const fingerprint = 'f'.repeat(64) as Fingerprint;
const DIMENSIONS = 4;

/** One axis per first letter: equal letters have cosine 1. */
function vectorOf(text: string): UnitVector {
  const vector = new Float32Array(DIMENSIONS);
  vector[text.charCodeAt(0) % DIMENSIONS] = 1;
  return vector as UnitVector;
}

class LetterEmbedder implements Embedder {
  readonly model;
  calls: (readonly string[])[] = [];
  broken = false;

  constructor(version = 'v1') {
    this.model = { id: 'letters', version, dimensions: DIMENSIONS, tokensMax: 10 };
  }

  async embed(texts: readonly string[]) {
    if (this.broken) throw new Error('the embedder is down');
    this.calls.push(texts);
    return texts.map((text) => ({ vector: vectorOf(text), tokens: text.length, truncated: text.length > 10 }));
  }

  async close() {}
}

/** Entry ids are 64 hex digits; tests speak in short names. */
const idOf = (name: string) => Buffer.from(name).toString('hex').padEnd(64, '0') as EntryId;
const nameOf = (id: EntryId) => Buffer.from(id.replace(/(00)+$/, ''), 'hex').toString();

const entry = (id: string, query: string, more: Partial<Entry> = {}): Entry => ({
  id: idOf(id),
  scope,
  fingerprint,
  query,
  semantic: true,
  answer: Buffer.from('{}'),
  tags: [],
  context: [],
  provider: 'p',
  upstreamModel: 'm',
  attempts: 1,
  costUsd: 0,
  usage: { promptTokens: 1, completionTokens: 1 },
  createdAtMs: 1000,
  expiresAtMs: 2000,
  staleUntilMs: 2000,
  ...more,
});

let stores: Stores;
let index: NearestIndex;
let embedder: LetterEmbedder;
let incidents: string[];

function depsWith(other: Partial<RememberDeps> = {}): RememberDeps {
  const base = { store: stores.responses, log: stores.log, index, embedder, ...other };
  const observer = { record() {}, incident: (name: string) => void incidents.push(name) };
  return { ...base, observer, feed: new ChangeFeed(base.log, base.index) };
}

async function found(query: string, version = 'v1', on = index): Promise<string[]> {
  const neighbours = await on.nearest({
    partition: partitionOf(scope, version),
    fingerprint,
    vector: vectorOf(query),
    k: 10,
  });
  return neighbours
    .filter(({ similarity }) => similarity > 0.9)
    .map(({ id }) => nameOf(id))
    .sort();
}

beforeEach(() => {
  stores = createMemoryStore();
  index = new MemoryNearestIndex({ dimensions: DIMENSIONS });
  embedder = new LetterEmbedder();
  incidents = [];
});

describe('remember and forget', () => {
  test('stored, logged, indexed; embedded only where a vector is missing, in one call', async () => {
    const deps = depsWith();
    await remember(
      [entry('1', 'a'), entry('2', 'b', { vector: vectorOf('b'), embeddingModel: 'v1' }), entry('3', 'a2')],
      deps,
    );
    expect(embedder.calls).toEqual([['a', 'a2']]);
    expect(await found('a')).toEqual(['1', '3']);
    expect(await stores.log.bounds()).toEqual({ firstSeq: 1, lastSeq: 3 });
    expect(await index.position()).toBe(3);
    expect(await stores.responses.unlogged()).toEqual([]);
    expect(await forget([idOf('1'), idOf('x')], deps)).toEqual([idOf('1')]);
    expect(await found('a')).toEqual(['3']);
  });

  test('too long for the window, exact only, or no embedder: stored, never found by meaning', async () => {
    const deps = depsWith();
    await remember([entry('1', 'a'.repeat(20)), entry('2', 'a', { semantic: false })], deps);
    embedder.broken = true;
    await remember([entry('3', 'a')], deps);
    expect(await found('a')).toEqual([]);
    expect((await stores.responses.getMany(['1', '2', '3'].map(idOf))).map((e) => e?.semantic)).toEqual([
      false,
      false,
      true,
    ]);
    expect(incidents).toEqual(['embed-on-write-failed']);
  });

  test('an entry that was found by meaning and is written again as exact only leaves the index', async () => {
    const deps = depsWith();
    await remember([entry('1', 'a')], deps);
    await remember([entry('1', 'a', { semantic: false })], deps);
    expect(await found('a')).toEqual([]);
  });
});

describe('recover', () => {
  test('a write that was cut off after the store is finished', async () => {
    const { store } = depsWith();
    await store.put([entry('1', 'a', { vector: vectorOf('a'), embeddingModel: 'v1' })]);
    expect(await recover(depsWith())).toEqual({ kind: 'replayed', changes: 1, finished: 1 });
    expect(await found('a')).toEqual(['1']);
    expect(await stores.responses.unlogged()).toEqual([]);
  });

  test('a write that was cut off after the log is indexed, a delete too', async () => {
    await remember([entry('1', 'a'), entry('2', 'a')], depsWith());
    const stale = new MemoryNearestIndex({ dimensions: DIMENSIONS });
    await stores.responses.delete([idOf('2')]);
    const deps = depsWith({ index: stale });
    await recover(deps);
    expect(await found('a', 'v1', stale)).toEqual(['1']);
  });

  test('an index that the log no longer reaches, or that is ahead of it, is built again from the store', async () => {
    await remember([entry('1', 'a'), entry('2', 'b')], depsWith());
    await stores.log.trim(2);
    const empty = new MemoryNearestIndex({ dimensions: DIMENSIONS });
    expect(await recover(depsWith({ index: empty }))).toMatchObject({ kind: 'rebuilt', changes: 2 });
    expect(await found('a', 'v1', empty)).toEqual(['1']);
    const ahead = new MemoryNearestIndex({ dimensions: DIMENSIONS });
    await ahead.apply(
      [
        {
          kind: 'add',
          id: idOf('ghost'),
          partition: partitionOf(scope, 'v1'),
          fingerprint,
          vector: vectorOf('a'),
        },
      ],
      99,
    );
    expect(await recover(depsWith({ index: ahead }))).toMatchObject({ kind: 'rebuilt' });
    expect(await found('a', 'v1', ahead)).toEqual(['1']);
    expect(await ahead.position()).toBe(2);
  });

  test('another embedding model: vectors never mix, and come back in the background', async () => {
    await remember([entry('1', 'a')], depsWith());
    embedder = new LetterEmbedder('v2');
    index = new MemoryNearestIndex({ dimensions: DIMENSIONS });
    const deps = depsWith();
    await recover(deps);
    expect([await found('a', 'v1'), await found('a', 'v2')]).toEqual([[], []]);
    expect(await reembed({ ...deps, upkeep: stores.upkeep }, () => false)).toBe(1);
    expect([await found('a', 'v1'), await found('a', 'v2')]).toEqual([[], ['1']]);
  });

  test('re-embedding does not bring back what was deleted meanwhile, and gives up when the embedder is down', async () => {
    await remember([entry('1', 'a')], depsWith());
    embedder = new LetterEmbedder('v2');
    const deps = depsWith();
    const embed = embedder.embed.bind(embedder);
    embedder.embed = async (texts) => {
      await forget([idOf('1')], deps);
      return embed(texts);
    };
    await reembed({ ...deps, upkeep: stores.upkeep }, () => false);
    expect(await stores.responses.get(idOf('1'))).toBeUndefined();
    await remember(
      [entry('2', 'a', { vector: vectorOf('a'), embeddingModel: 'v1' })].map((e) => ({ ...e, semantic: true })),
      { ...deps, embedder: new LetterEmbedder('v1') },
    );
    embedder.broken = true;
    expect(await reembed({ ...deps, upkeep: stores.upkeep }, () => false)).toBe(0);
  });
});

describe('maintain', () => {
  test('drops what has expired and what exceeds the bounds, from the index too', async () => {
    const policies = new PolicyService(stores.policies, { namespaces: { n: { maxEntries: 2 } } });
    const memory = {
      get: () => undefined,
      put: () => {
        throw new Error('not here');
      },
      delete() {},
      clear() {},
      size: () => ({ entries: 0, bytes: 0 }),
    };
    const deps = { ...depsWith(), upkeep: stores.upkeep, memory, policies, now: () => 5000 };
    const later = { expiresAtMs: 9000, staleUntilMs: 9000 };
    await remember(
      [
        entry('old', 'a'),
        ...['1', '2', '3', '4'].map((id, at) => entry(id, 'a', { ...later, createdAtMs: 1000 + at })),
      ],
      deps,
    );
    expect(await maintain(deps)).toEqual({ expired: 1, evicted: 2 });
    expect(await found('a')).toHaveLength(2);
    expect(await stores.upkeep.usage()).toMatchObject([{ namespace: 'n', entries: 2 }]);
  });
});

test('an entry written again while it was being swept stays to be found', async () => {
  const nothing = { get: () => undefined, delete() {}, clear() {}, size: () => ({ entries: 0, bytes: 0 }) };
  const memory = { ...nothing, put: (one: Entry) => ({ entry: one, rendered: new Map() }) };
  const deps = { ...depsWith(), memory, policies: new PolicyService(stores.policies), now: () => 5000 };
  await remember([entry('gone', 'a'), entry('again', 'a')], deps);
  const upkeep = {
    ...stores.upkeep,
    usage: async () => [],
    sweep: async (nowMs: number, limit: number) => {
      const ids = await stores.upkeep.sweep(nowMs, limit);
      await remember([entry('again', 'a', { expiresAtMs: 9000, staleUntilMs: 9000 })], deps);
      return ids;
    },
  };
  expect(await maintain({ ...deps, upkeep })).toEqual({ expired: 2, evicted: 0 });
  expect(await found('a')).toEqual(['again']);
});

describe('createWriteBehind', () => {
  const observer = { record() {}, incident: (name: string) => void incidents.push(name) };

  test('writes in batches, the last write of an id wins, flush waits for all before it', async () => {
    const written: string[][] = [];
    const queue = createWriteBehind({
      write: async (batch) => void written.push(batch.map(({ id, query }) => `${nameOf(id)}${query}`)),
      observer,
      batchMax: 3,
    });
    for (const [id, query] of [
      ['1', 'a'],
      ['2', 'b'],
      ['1', 'c'],
      ['3', 'd'],
    ] as const)
      expect(queue.enqueue(entry(id, query))).toBe(true);
    expect(queue.depth()).toBe(4);
    await queue.flush();
    expect(written).toEqual([['1c', '2b'], ['3d']]);
    expect(queue.depth()).toBe(0);
    await queue.flush();
    await queue.close();
    expect(queue.enqueue(entry('9', 'z'))).toBe(false);
  });

  test('is bounded, and tells what it drops', async () => {
    let pass!: () => void;
    const open = new Promise<void>((resolve) => {
      pass = resolve;
    });
    const queue = createWriteBehind({ write: () => open, observer, entriesMax: 2 });
    expect(['1', '2', '3'].map((id) => queue.enqueue(entry(id, 'a')))).toEqual([true, true, false]);
    pass();
    await queue.flush();
    expect(queue.enqueue(entry('4', 'a'))).toBe(true);
    await queue.close();
  });

  test('tries again, then gives up without blocking what follows', async () => {
    let failures = 4;
    const written: string[] = [];
    const write = async (batch: readonly Entry[]) => {
      if (failures-- > 0) throw new Error('disk full');
      written.push(...batch.map(({ id }) => nameOf(id)));
    };
    const queue = createWriteBehind({ write, observer, batchMax: 1, retryDelaysMs: [0, 0] });
    queue.enqueue(entry('lost', 'a'));
    queue.enqueue(entry('kept', 'a'));
    await queue.flush();
    expect(written).toEqual(['kept']);
    expect(incidents).toEqual(['write-failed', 'write-failed', 'write-failed', 'write-given-up', 'write-failed']);
    await queue.close();
  });
});
