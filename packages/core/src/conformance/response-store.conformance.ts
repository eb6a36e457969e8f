import { describe, expect, test } from '@jest/globals';
import { type Entry, entryBytes } from '../entry.ts';
import type { EntryId } from '../ids.ts';
import type { Stores } from '../store/stores.ts';
import { filters, idsOf } from './response-store.filters.ts';
import { identities, identitiesOutlive } from './response-store.identities.ts';
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
    identities(start);
    marks(start);
    if (traits.persistent) outlives(start, reopen);
    if (traits.persistent) identitiesOutlive(start, reopen);
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
      history: ['Who is Ada?', '', 'Größe \u0000 🙂'],
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

  test('an older answer that comes late replaces nothing; one of the same instant does', async () => {
    const { responses, upkeep, log } = await start();
    const kept = sampleEntry(1, { createdAtMs: T0 + 10.5, tags: ['kept'] });
    await responses.put([kept]);
    await log.append([{ kind: 'add', id: kept.id }]);
    await responses.put([sampleEntry(1, { createdAtMs: T0 + 10.25, tags: ['late'], answer: Buffer.alloc(9000) })]);
    expect(await responses.getMany([kept.id])).toEqual([kept]);
    expect((await responses.list({ tags: ['late'] }, { limit: 9 })).entries).toEqual([]);
    expect(await upkeep.usage()).toMatchObject([{ entries: 1, bytes: entryBytes(kept) }]);
    expect(await responses.unlogged()).toEqual([]);
    const again = sampleEntry(1, { createdAtMs: T0 + 10.5, tags: ['again'] });
    await responses.put([again]);
    expect(await responses.getMany([kept.id])).toEqual([again]);
    expect(await responses.unlogged()).toEqual([kept.id]);
  });

  test('updates what is still there as it was, and nothing else', async () => {
    const { responses, upkeep, log } = await start();
    const bare = { vector: undefined, embeddingModel: undefined };
    await responses.put([1, 2, 3].map((n) => sampleEntry(n, { ...bare, tags: [`t${n}`] })));
    await responses.delete([entryId(2)]);
    await responses.put([sampleEntry(3, { ...bare, createdAtMs: T0 + 99 })]);
    await log.append([1, 2, 3].map((n) => ({ kind: 'add' as const, id: entryId(n) })));
    const changed = [1, 2, 3, 4].map((n) => sampleEntry(n, { tags: ['updated'] }));
    expect(await responses.update(changed)).toEqual([entryId(1)]);
    expect(await responses.update([])).toEqual([]);
    expect(await responses.getMany([1, 2, 3, 4].map(entryId))).toEqual([
      changed[0],
      undefined,
      sampleEntry(3, { ...bare, createdAtMs: T0 + 99 }),
      undefined,
    ]);
    expect(await idsOf(responses, { tags: ['updated'] })).toEqual([entryId(1)]);
    expect(await idsOf(responses, { tags: ['t1'] })).toEqual([]);
    expect(await upkeep.usage()).toMatchObject([{ entries: 2 }]);
    expect(await responses.unlogged()).toEqual([entryId(1)]);
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
