import { describe, expect, test } from '@jest/globals';
import {
  DIMENSIONS,
  entry,
  fingerprint,
  idOf,
  LetterEmbedder,
  Room,
  scope,
  vectorOf,
} from '../conformance/remember.samples.ts';
import { partitionOf } from '../key/fingerprint.ts';
import { MemoryNearestIndex } from '../store/memory-nearest-index.ts';
import { recover, reembed } from './recover.ts';
import { forget, remember } from './remember.ts';

const t = Room.perTest();

describe('recover', () => {
  test('a write that was cut off after the store is finished', async () => {
    const { store } = t.room.deps();
    await store.put([entry('1', 'a', { vector: vectorOf('a'), embeddingModel: 'v1' })]);
    expect(await recover(t.room.deps())).toEqual({ kind: 'replayed', changes: 1, finished: 1 });
    expect(await t.room.found('a')).toEqual(['1']);
    expect(await t.room.stores.responses.unlogged()).toEqual([]);
  });

  test('a write that was cut off after the log is indexed, a delete too', async () => {
    await remember([entry('1', 'a'), entry('2', 'a')], t.room.deps());
    const stale = new MemoryNearestIndex({ dimensions: DIMENSIONS });
    await t.room.stores.responses.delete([idOf('2')]);
    const deps = t.room.deps(stale);
    await recover(deps);
    expect(await t.room.found('a', 'v1', stale)).toEqual(['1']);
  });

  test('an index that the log no longer reaches, or that is ahead of it, is built again from the store', async () => {
    await remember([entry('1', 'a'), entry('2', 'b')], t.room.deps());
    await t.room.stores.log.trim(2);
    const empty = new MemoryNearestIndex({ dimensions: DIMENSIONS });
    expect(await recover(t.room.deps(empty))).toMatchObject({ kind: 'rebuilt', changes: 2 });
    expect(await t.room.found('a', 'v1', empty)).toEqual(['1']);
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
    expect(await recover(t.room.deps(ahead))).toMatchObject({ kind: 'rebuilt' });
    expect(await t.room.found('a', 'v1', ahead)).toEqual(['1']);
    expect(await ahead.position()).toBe(4);
  });

  test('another embedding model: vectors never mix, and come back in the background', async () => {
    await remember([entry('1', 'a')], t.room.deps());
    t.room.embedder = new LetterEmbedder('v2');
    t.room.index = new MemoryNearestIndex({ dimensions: DIMENSIONS });
    const deps = t.room.deps();
    await recover(deps);
    expect([await t.room.found('a', 'v1'), await t.room.found('a', 'v2')]).toEqual([[], []]);
    expect(await reembed({ ...deps, upkeep: t.room.stores.upkeep }, () => false)).toBe(1);
    expect([await t.room.found('a', 'v1'), await t.room.found('a', 'v2')]).toEqual([[], ['1']]);
  });

  test('re-embedding does not bring back what was deleted meanwhile, and gives up when the embedder is down', async () => {
    await remember([entry('1', 'a')], t.room.deps());
    t.room.embedder = new LetterEmbedder('v2');
    const deps = t.room.deps();
    const embed = t.room.embedder.embed.bind(t.room.embedder);
    t.room.embedder.embed = async (texts) => {
      await forget([idOf('1')], deps);
      return embed(texts);
    };
    await reembed({ ...deps, upkeep: t.room.stores.upkeep }, () => false);
    expect(await t.room.stores.responses.get(idOf('1'))).toBeUndefined();
    await remember(
      [entry('2', 'a', { vector: vectorOf('a'), embeddingModel: 'v1' })].map((e) => ({ ...e, semantic: true })),
      { ...deps, embedder: new LetterEmbedder('v1') },
    );
    t.room.embedder.broken = true;
    expect(await reembed({ ...deps, upkeep: t.room.stores.upkeep }, () => false)).toBe(0);
  });
});
