import { expect, test } from '@jest/globals';
import type { EntryId } from '../ids.ts';
import type { EntryFilter, ResponseStore } from '../ports/response-store.ts';
import type { Stores } from '../store/stores.ts';
import { entryId, inScope, sampleEntry, T0 } from './storage.samples.ts';

export const idsOf = async (store: ResponseStore, filter: EntryFilter, limit = 100): Promise<EntryId[]> =>
  (await store.list(filter, { limit })).entries.map(({ id }) => id);

/** What `EntryFilter` finds. */
export function filters(start: () => Promise<Stores>): void {
  test('by tenant, namespace and model', async () => {
    const { responses } = await start();
    const scopes = [{}, { tenant: 'acme' }, { namespace: 'b' }, { tenant: 'acme', namespace: 'b' }, { model: 'm' }];
    await responses.put(scopes.map((scope, n) => inScope(sampleEntry(n), scope)));
    expect(await idsOf(responses, { tenant: 'acme' })).toEqual([3, 1].map(entryId));
    expect(await idsOf(responses, { namespace: 'b' })).toEqual([3, 2].map(entryId));
    expect(await idsOf(responses, { tenant: 'acme', namespace: 'b' })).toEqual([entryId(3)]);
    expect(await idsOf(responses, { model: 'm' })).toEqual([entryId(4)]);
    expect(await idsOf(responses, { tenant: 'nobody' })).toEqual([]);
    expect((await responses.list({ namespace: 'default' }, { limit: 2 })).cursor).toBeDefined();
  });

  test('by tag: whole, or without its version; any of several, each entry once', async () => {
    const { responses } = await start();
    const tags = [['doc:42@v3'], ['doc:42'], ['doc:421'], ['doc:7@v1', 'doc:42@v4'], ['a@b@c'], []];
    await responses.put(tags.map((some, n) => sampleEntry(n, { tags: some })));
    expect(await idsOf(responses, { tags: ['doc:42'] })).toEqual([3, 1, 0].map(entryId));
    expect(await idsOf(responses, { tags: ['doc:42@v3'] })).toEqual([entryId(0)]);
    expect(await idsOf(responses, { tags: ['doc:42', 'doc:7', 'doc:7@v1', 'a@b'] })).toEqual([4, 3, 1, 0].map(entryId));
    expect(await idsOf(responses, { tags: ['doc:4'] })).toEqual([]);
    expect(await idsOf(responses, { tags: [] })).toEqual([]);
    const page = await responses.list({ tags: ['doc:42', 'a'] }, { limit: 2 });
    expect(page.entries.map(({ id }) => id)).toEqual([4, 3].map(entryId));
    const rest = await responses.list({ tags: ['doc:42', 'a'] }, { limit: 2, cursor: page.cursor });
    expect(rest.entries.map(({ id }) => id)).toEqual([1, 0].map(entryId));
  });

  test('by document, and by a version older than the one named', async () => {
    const { responses } = await start();
    const versions = [3, 4, '10', 'v9', '2024-03-01', undefined];
    await responses.put(
      versions.map((version, n) =>
        sampleEntry(n, { context: [{ id: 'x' }, version === undefined ? { id: '42' } : { id: '42', version }] }),
      ),
    );
    expect(await idsOf(responses, { context: { id: '42' } })).toHaveLength(6);
    expect(await idsOf(responses, { context: { id: '4' } })).toEqual([]);
    // What carries no version may be of any age.
    expect(await idsOf(responses, { context: { id: '42', versionBelow: 4 } })).toEqual([5, 0].map(entryId));
    expect(await idsOf(responses, { context: { id: '42', versionBelow: 'v10' } })).toEqual([5, 3, 1, 0].map(entryId));
    expect(await idsOf(responses, { context: { id: '42', versionBelow: '2024-11-01' } })).toHaveLength(6);
  });

  test('by text, by prefix, by age, and by all at once', async () => {
    const { responses } = await start();
    const queries = ['Why is the sky BLUE?', 'why not', 'Blue moon', 'Ärger'];
    await responses.put(queries.map((query, n) => sampleEntry(n, { query, tags: ['t'] })));
    expect(await idsOf(responses, { text: 'blue' })).toEqual([2, 0].map(entryId));
    expect(await idsOf(responses, { text: 'äRG' })).toEqual([entryId(3)]);
    expect(await idsOf(responses, { prefix: 'why' })).toEqual([entryId(1)]);
    expect(await idsOf(responses, { createdBeforeMs: T0 + 2 })).toEqual([1, 0].map(entryId));
    expect(await idsOf(responses, { text: 'blue', tags: ['t'], createdBeforeMs: T0 + 2, model: 'gpt-4o' })).toEqual([
      entryId(0),
    ]);
  });

  test('by id, newest first, page by page, together with the other criteria', async () => {
    const { responses } = await start();
    await responses.put(Array.from({ length: 9 }, (_, n) => sampleEntry(n, { tags: n % 2 === 0 ? ['even'] : [] })));
    const wanted = [3, 8, 0, 6, 99, 3, 5].map(entryId);
    expect(await idsOf(responses, { ids: wanted })).toEqual([8, 6, 5, 3, 0].map(entryId));
    expect(await idsOf(responses, { ids: wanted, tags: ['even'] })).toEqual([8, 6, 0].map(entryId));
    expect(await idsOf(responses, { ids: wanted, createdBeforeMs: T0 + 6 })).toEqual([5, 3, 0].map(entryId));
    expect(await idsOf(responses, { ids: [] })).toEqual([]);
    expect(await idsOf(responses, { ids: ['no id' as EntryId] })).toEqual([]);
    const first = await responses.list({ ids: wanted }, { limit: 2 });
    expect(first.entries.map(({ id }) => id)).toEqual([8, 6].map(entryId));
    const second = await responses.list({ ids: wanted }, { limit: 3, cursor: first.cursor });
    expect(second.entries.map(({ id }) => id)).toEqual([5, 3, 0].map(entryId));
    expect(second.cursor).toBeUndefined();
  });

  test('finds the few among many', async () => {
    const { responses } = await start();
    await responses.put(
      Array.from({ length: 700 }, (_, n) => sampleEntry(n, { tags: n % 350 === 5 ? ['rare'] : ['t'] })),
    );
    expect(await idsOf(responses, { text: 'number 13?' })).toEqual([entryId(13)]);
    expect(await idsOf(responses, { tags: ['rare'] })).toEqual([355, 5].map(entryId));
    expect(await idsOf(responses, {}, 1000)).toEqual(Array.from({ length: 700 }, (_, n) => entryId(699 - n)));
  });
}
