import { afterEach, describe, expect, test } from '@jest/globals';
import { entry, NOW_MS } from '../../test/entry.ts';
import { fits } from '../../test/fits.ts';
import { closeAll, start } from '../../test/start.ts';
import * as schemas from './entry-schemas.ts';

afterEach(closeAll);

describe('entries', () => {
  test('are listed without, and shown with their answers', async () => {
    const { admin, store } = await start();
    store.entries.push(entry(4, { scope: { ...entry(4).scope, namespace: 'support' }, expiresAtMs: NOW_MS }));
    const list = await admin('get', '/entries?limit=2');
    fits(schemas.entriesAnswer, list.body);
    expect(list.body.entries).toHaveLength(2);
    expect(list.text).not.toContain('chat.completion');
    const rest = await admin('get', `/entries?limit=2&cursor=${list.body.cursor}`);
    expect(rest.body.entries.map((e: schemas.EntrySummary) => [e.query, e.expired])).toEqual([
      ['Question 3?', false],
      ['Question 4?', true],
    ]);
    expect((await admin('get', '/entries?namespace=support')).body.entries).toHaveLength(1);
    expect((await admin('get', '/entries?tag=doc:2')).body.entries).toHaveLength(1);
    expect((await admin('get', '/entries?text=QUESTION%203')).body.entries).toHaveLength(1);
    const one = await admin('get', `/entries/${entry(1).id}`);
    fits(schemas.entryAnswer, one.body);
    expect(one.body).toMatchObject({
      query: 'Question 1?',
      answer: { id: 'a1' },
      embeddingModel: null,
      embedded: false,
    });
  });

  test('are found by meaning, with their similarity, and by tags and documents', async () => {
    const { admin, cache } = await start();
    const near = await admin(
      'get',
      '/entries?match=meaning&text=Question&tags=doc:1,doc:3&context=42&contextVersionBelow=4',
    );
    fits(schemas.entriesAnswer, near.body);
    expect(near.body.entries.map((e: { query: string }) => e.query)).toEqual(['Question 1?', 'Question 3?']);
    expect(near.body.entries[0].similarity).toBeGreaterThan(0);
    expect([near.body.complete, near.body.cursor]).toEqual([true, undefined]);
    expect(cache.filters).toEqual([
      { text: 'Question', tags: ['doc:1', 'doc:3'], context: { id: '42', versionBelow: '4' } },
    ]);
    const both = await admin('get', '/entries?tag=doc:1&tags=doc:2');
    expect(both.body.entries.map((e: { query: string }) => e.query)).toEqual(['Question 1?', 'Question 2?']);
    for (const query of ['match=meaning', 'match=meaning&text=a&cursor=1', 'contextVersionBelow=4', 'match=exact'])
      expect((await admin('get', `/entries?${query}`)).status).toBe(400);
  });

  test('are dropped one by one', async () => {
    const { admin } = await start();
    expect((await admin('delete', `/entries/${entry(1).id}`)).status).toBe(204);
    expect((await admin('delete', `/entries/${entry(1).id}`)).status).toBe(404);
    expect((await admin('get', `/entries/${entry(1).id}`)).status).toBe(404);
  });

  test.each(['nonsense', 'F'.repeat(64), '../policies'])('refuse the id %s', async (id) => {
    const { admin } = await start();
    expect((await admin('get', `/entries/${encodeURIComponent(id)}`)).status).toBe(400);
  });

  test.each(['limit=0', 'cursor=garbage', 'namespace=%20', 'color=red'])('refuse the query %s', async (query) => {
    const { admin } = await start();
    const answer = await admin('get', `/entries?${query}`);
    expect([answer.status, answer.body.error.param]).toEqual([400, query.split('=')[0]]);
  });
});

describe('invalidate', () => {
  test('reports first, drops when told to', async () => {
    const { admin, store } = await start();
    const dry = await admin('post', '/invalidate').send({ tags: ['doc:2'] });
    fits(schemas.invalidateAnswer, dry.body);
    expect(dry.body).toEqual({ dryRun: true, matched: 1, deleted: 0, ids: [entry(2).id] });
    expect(store.entries).toHaveLength(3);
    const wet = await admin('post', '/invalidate').send({ tags: ['doc:2'], dryRun: false });
    expect(wet.body).toMatchObject({ dryRun: false, matched: 1, deleted: 1 });
    expect(store.entries).toHaveLength(2);
  });

  test('hands every criterion on', async () => {
    const { admin, cache } = await start();
    await admin('post', '/invalidate').send({
      tags: ['a'],
      namespace: 'n',
      model: 'm',
      context: { id: '42', versionBelow: 4 },
      prefix: 'How',
      text: 'refund',
      olderThanSeconds: 60,
    });
    await admin('post', '/invalidate').send({ age: 2 });
    expect(cache.filters).toEqual([
      {
        tags: ['a'],
        namespace: 'n',
        model: 'm',
        context: { id: '42', versionBelow: 4 },
        prefix: 'How',
        text: 'refund',
        createdBeforeMs: NOW_MS - 60_000,
      },
      { createdBeforeMs: NOW_MS - 2000 },
    ]);
  });

  test.each([
    [{}, /at least one/],
    [{ dryRun: false }, /at least one/],
    [{ tags: [] }, /tags/],
    [{ tags: 'doc:42' }, /expected array/],
    [{ tag: 'doc:42' }, /unknown 'tag' \(known: tags, /],
    [{ context: { id: 42 } }, /'context\.id'/],
    [{ context: { id: '42', version: 4 } }, /unknown 'context\.version'/],
    [{ age: -1 }, /age/],
    [{ tags: ['a'], dryRun: 'no' }, /dryRun/],
  ])('refuses %j and drops nothing', async (body, message) => {
    const { admin, store, cache } = await start();
    const answer = await admin('post', '/invalidate').send(body);
    expect(answer.status).toBe(400);
    expect(answer.body.error.message).toMatch(message);
    expect([store.entries.length, cache.filters]).toEqual([3, []]);
  });
});
