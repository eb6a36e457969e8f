import { describe, expect, test } from '@jest/globals';
import type { Entry } from '../entry.ts';
import type { EntryId } from '../ids.ts';
import type { EntryFilter, ResponseStore } from '../ports/response-store.ts';
import type { Stores } from '../store/stores.ts';
import {
  entryId,
  inScope,
  type OpenStores,
  type StoreTraits,
  sampleEntry,
  storesPerTest,
  T0,
  unit,
  withoutVector,
} from './storage.samples.ts';

type Start = () => Promise<Stores>;

export function responseStoreConformance(name: string, open: OpenStores, traits: StoreTraits = {}): void {
  describe(`ResponseStore: ${name}`, () => {
    const { start, reopen } = storesPerTest(open);
    keeps(start);
    replaces(start);
    lists(start);
    filters(start);
    marks(start);
    if (traits.persistent) outlives(start, reopen);
  });
}

function keeps(start: Start): void {
  test('gives back what was put, whole; the vector only to getMany', async () => {
    const { responses } = await start();
    const plain = sampleEntry(1);
    const full = sampleEntry(2, {
      query: 'Größe in “cm”? 🙂 \u0000 \u2028',
      fingerprint: 'not hex' as Entry['fingerprint'],
      tags: ['doc:42@v3', 'ü'],
      context: [{ id: 'a', version: 3 }, { id: 'b', version: '2024-01' }, { id: 'c' }],
      usage: { promptTokens: 1, completionTokens: 2, estimated: true },
      costUsd: 0.000123456789,
      createdAtMs: T0 + 0.25,
      staleUntilMs: T0 + 99_999_999,
    });
    const bare = sampleEntry(3, { semantic: false, vector: undefined, embeddingModel: undefined });
    await responses.put([plain, full, bare]);
    for (const entry of [plain, full, bare]) {
      expect(await responses.get(entry.id)).toEqual(withoutVector(entry));
      expect((await responses.get(entry.id))?.answer).toBeInstanceOf(Buffer);
    }
    expect(await responses.getMany([bare.id, entryId('unknown'), full.id, plain.id, full.id])).toEqual([
      bare,
      undefined,
      full,
      plain,
      full,
    ]);
  });

  test('holds answers of every size and of any bytes', async () => {
    const { responses } = await start();
    const sizes = [0, 1, 511, 512, 2047, 4096, 70_000, 3_000_000];
    const text = Buffer.from('the answer is plain text and repeats itself; ');
    const entries = sizes.flatMap((size, i) => [
      sampleEntry(2 * i, { answer: Buffer.alloc(size, text) }),
      sampleEntry(2 * i + 1, { answer: noise(size, i) }),
    ]);
    await responses.put(entries);
    for (const { id, answer } of entries) {
      expect((await responses.get(id))?.answer.equals(answer)).toBe(true);
    }
    const [first] = await responses.getMany(entries.slice(-1).map(({ id }) => id));
    expect(first?.answer.equals(entries.at(-1)?.answer as Buffer)).toBe(true);
  });

  test('knows nothing under other ids', async () => {
    const { responses } = await start();
    await responses.put([sampleEntry(1)]);
    expect(await responses.get(entryId(2))).toBeUndefined();
    expect(await responses.get('' as EntryId)).toBeUndefined();
    expect(await responses.get('no hex' as EntryId)).toBeUndefined();
    expect(await responses.getMany([])).toEqual([]);
    expect(await responses.delete([entryId(2)])).toEqual([]);
  });

  test('puts all or none', async () => {
    const { responses, upkeep } = await start();
    await expect(responses.put([sampleEntry(1), sampleEntry(2, { id: 'x' as EntryId })])).rejects.toThrow(TypeError);
    expect(await responses.get(entryId(1))).toBeUndefined();
    expect(await upkeep.usage()).toEqual([]);
    expect(await responses.unlogged()).toEqual([]);
  });

  test('is still right when many write at once', async () => {
    const { responses, upkeep } = await start();
    await Promise.all(Array.from({ length: 40 }, (_, n) => responses.put([sampleEntry(n), sampleEntry(n + 20)])));
    await Promise.all(Array.from({ length: 20 }, (_, n) => responses.delete([entryId(n), entryId(n + 1)])));
    const [usage] = await upkeep.usage();
    expect(usage?.entries).toBe(39);
    expect((await responses.list({}, { limit: 100 })).entries).toHaveLength(39);
  });

  test('takes and gives nothing once closed', async () => {
    const { responses, close } = await start();
    await responses.close();
    await close();
    await expect(responses.get(entryId(1))).rejects.toThrow(/closed/);
    await expect(responses.put([sampleEntry(1)])).rejects.toThrow(/closed/);
  });
}

function replaces(start: Start): void {
  test('replaces an entry of the same id, everywhere', async () => {
    const { responses, upkeep } = await start();
    await responses.put([sampleEntry(1, { tags: ['old'] })]);
    const next = inScope(sampleEntry(1, { tags: ['new'], createdAtMs: T0 + 500, vector: unit(77) }), {
      namespace: 'b',
    });
    await responses.put([next]);
    expect(await responses.getMany([next.id])).toEqual([next]);
    expect((await responses.list({ tags: ['old'] }, { limit: 9 })).entries).toEqual([]);
    expect((await responses.list({ namespace: 'default' }, { limit: 9 })).entries).toEqual([]);
    expect((await responses.list({ tags: ['new'] }, { limit: 9 })).entries).toEqual([withoutVector(next)]);
    expect(await upkeep.usage()).toMatchObject([{ namespace: 'b', entries: 1 }]);
  });

  test('of equal ids in one put the last one stays', async () => {
    const { responses, upkeep } = await start();
    await responses.put([sampleEntry(1, { query: 'first' }), sampleEntry(1, { query: 'second' })]);
    expect((await responses.get(entryId(1)))?.query).toBe('second');
    expect(await upkeep.usage()).toMatchObject([{ entries: 1 }]);
  });

  test('deletes, and answers what was there, each once', async () => {
    const { responses, upkeep } = await start();
    await responses.put([sampleEntry(1), sampleEntry(2), sampleEntry(3)]);
    expect(await responses.delete([entryId(2), entryId(9), entryId(1), entryId(2)])).toEqual([entryId(2), entryId(1)]);
    expect(await responses.get(entryId(1))).toBeUndefined();
    expect((await responses.list({}, { limit: 9 })).entries.map(({ id }) => id)).toEqual([entryId(3)]);
    expect(await responses.delete([entryId(3)])).toEqual([entryId(3)]);
    expect(await upkeep.usage()).toEqual([]);
  });
}

const idsOf = async (store: ResponseStore, filter: EntryFilter, limit = 100): Promise<EntryId[]> =>
  (await store.list(filter, { limit })).entries.map(({ id }) => id);

function lists(start: Start): void {
  test('lists newest first, page by page, each once, while others are deleted', async () => {
    const { responses } = await start();
    const order = [5, 3, 9, 1, 7, 2, 8, 0, 6, 4];
    await responses.put(order.map((n) => sampleEntry(n)));
    const first = await responses.list({}, { limit: 4 });
    expect(first.entries).toEqual([9, 8, 7, 6].map((n) => withoutVector(sampleEntry(n))));
    // The entry that the cursor stands on goes, and one that would have come next.
    await responses.delete([entryId(6), entryId(5)]);
    await responses.put([sampleEntry(10)]);
    const second = await responses.list({}, { limit: 4, cursor: first.cursor });
    expect(second.entries.map(({ id }) => id)).toEqual([4, 3, 2, 1].map(entryId));
    const third = await responses.list({}, { limit: 4, cursor: second.cursor });
    expect(third).toEqual({ entries: [withoutVector(sampleEntry(0))] });
  });

  test('the last page has no cursor, even when it is full', async () => {
    const { responses } = await start();
    await responses.put([sampleEntry(1), sampleEntry(2)]);
    expect((await responses.list({}, { limit: 2 })).cursor).toBeUndefined();
    expect((await responses.list({ namespace: 'none' }, { limit: 2 })).entries).toEqual([]);
  });

  test('entries of one instant come in the order of arrival, latest first, across pages', async () => {
    const { responses } = await start();
    const entries = Array.from({ length: 7 }, (_, n) => sampleEntry(n, { createdAtMs: T0 }));
    await responses.put(entries);
    await responses.put([sampleEntry(2, { createdAtMs: T0 })]);
    const seen: EntryId[] = [];
    let cursor: string | undefined;
    do {
      const page = await responses.list({}, { limit: 3, cursor });
      seen.push(...page.entries.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual([2, 6, 5, 4, 3, 1, 0].map(entryId));
  });

  test('refuses a cursor that it did not make', async () => {
    const { responses } = await start();
    await responses.put([sampleEntry(1)]);
    for (const cursor of ['', 'x', 'AAAA', '!'.repeat(16), 'A'.repeat(200)]) {
      await expect(responses.list({}, { cursor, limit: 1 })).rejects.toMatchObject({ kind: 'INVALID_REQUEST' });
    }
  });
}

function filters(start: Start): void {
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

function marks(start: Start): void {
  test('remembers what the log has not heard of', async () => {
    const { responses, log } = await start();
    await responses.put([sampleEntry(1), sampleEntry(2)]);
    await responses.delete([entryId(2), entryId(3)]);
    expect((await responses.unlogged()).sort()).toEqual([entryId(1), entryId(2)].sort());
    await log.append([{ kind: 'delete', id: entryId(2) }]);
    expect(await responses.unlogged()).toEqual([entryId(1)]);
    await log.append([{ kind: 'add', id: entryId(1) }]);
    expect(await responses.unlogged()).toEqual([]);
    await responses.put([sampleEntry(1)]);
    expect(await responses.unlogged()).toEqual([entryId(1)]);
  });
}

function outlives(start: Start, reopen: Start): void {
  test('everything is there after a restart', async () => {
    const { responses } = await start();
    const entries = Array.from({ length: 30 }, (_, n) => sampleEntry(n, { tags: [`t${n % 3}`] }));
    await responses.put(entries);
    await responses.delete([entryId(4)]);
    const again = await reopen();
    expect(await again.responses.getMany(entries.map(({ id }) => id))).toEqual(
      entries.map((entry, n) => (n === 4 ? undefined : entry)),
    );
    expect(await idsOf(again.responses, { tags: ['t1'] })).toHaveLength(9);
    expect(await again.responses.unlogged()).toHaveLength(30);
    await again.responses.put([sampleEntry(40)]);
    expect(await again.upkeep.usage()).toMatchObject([{ entries: 30 }]);
  });
}

function noise(bytes: number, seed: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  let state = seed + 1;
  for (let i = 0; i < bytes; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    buffer[i] = state >>> 24;
  }
  return buffer;
}
