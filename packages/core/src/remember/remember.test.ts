import { describe, expect, test } from '@jest/globals';
import { entry, idOf, Room, vectorOf } from '../conformance/remember.samples.ts';
import { forget, remember } from './remember.ts';

const t = Room.perTest();

describe('remember and forget', () => {
  test('stored, logged, indexed; embedded only where a vector is missing, in one call', async () => {
    const deps = t.room.deps();
    await remember(
      [entry('1', 'a'), entry('2', 'b', { vector: vectorOf('b'), embeddingModel: 'v1' }), entry('3', 'a2')],
      deps,
    );
    expect(t.room.embedder.calls).toEqual([['a', 'a2']]);
    expect(await t.room.found('a')).toEqual(['1', '3']);
    expect(await t.room.stores.log.bounds()).toMatchObject({ firstSeq: 1, lastSeq: 5 });
    expect(await t.room.index.position()).toBe(5);
    expect(await t.room.stores.responses.unlogged()).toEqual([]);
    expect(await forget([idOf('1'), idOf('x')], deps)).toEqual([idOf('1')]);
    expect(await t.room.found('a')).toEqual(['3']);
  });

  test('too long for the window, exact only, or no embedder: stored, never found by meaning', async () => {
    const deps = t.room.deps();
    await remember([entry('1', 'a'.repeat(20)), entry('2', 'a', { semantic: false })], deps);
    t.room.embedder.broken = true;
    await remember([entry('3', 'a')], deps);
    expect(await t.room.found('a')).toEqual([]);
    expect((await t.room.stores.responses.getMany(['1', '2', '3'].map(idOf))).map((e) => e?.semantic)).toEqual([
      false,
      false,
      true,
    ]);
    expect(t.room.incidents).toEqual(['embed-on-write-failed']);
  });

  test('an entry that was found by meaning and is written again as exact only leaves the index', async () => {
    const deps = t.room.deps();
    await remember([entry('1', 'a')], deps);
    await remember([entry('1', 'a', { semantic: false })], deps);
    expect(await t.room.found('a')).toEqual([]);
  });
});
