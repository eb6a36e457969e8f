import { describe, expect, test } from '@jest/globals';
import type { Entry } from '../entry.ts';
import type { EntryId, Fingerprint, TenantId, UnitVector } from '../ids.ts';
import { partitionOf } from '../key/fingerprint.ts';
import { MemoryNearestIndex } from '../store/memory-nearest-index.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { searchByMeaning } from './search.ts';

const scope = { tenant: 'default' as TenantId, namespace: 'n', model: 'm' };
const MODEL = 'two-1';
const at = (degrees: number): UnitVector =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)) as UnitVector;
/** The text of a question is its angle. */
const embedder = {
  model: { id: 'two', version: MODEL, dimensions: 2, tokensMax: 10 },
  embed: async (texts: readonly string[]) =>
    texts.map((text) => ({ vector: at(Number(text)), tokens: 1, truncated: false })),
  close: async () => {},
};

const entry = (n: number, degrees: number, changes: Partial<Entry> = {}): Entry => ({
  ...{ id: n.toString(16).padStart(64, '0') as EntryId, scope, fingerprint: 'f'.repeat(64) as Fingerprint },
  ...{ query: String(degrees), semantic: true, answer: Buffer.from('{}'), tags: [], context: [] },
  ...{ vector: at(degrees), embeddingModel: MODEL, provider: 'demo', upstreamModel: 'm', attempts: 1, costUsd: 0 },
  ...{ usage: { promptTokens: 1, completionTokens: 1 }, createdAtMs: n, expiresAtMs: 1e15, staleUntilMs: 1e15 },
  ...changes,
});

async function house(entries: readonly Entry[]) {
  const { responses } = createMemoryStore();
  await responses.put(entries);
  const index = new MemoryNearestIndex({ dimensions: 2 });
  const add = entries.flatMap(({ id, vector, fingerprint, scope: place }) =>
    vector === undefined
      ? []
      : [{ kind: 'add' as const, id, fingerprint, vector, partition: partitionOf(place, MODEL) }],
  );
  await index.apply(add, 1);
  const search = (text: string, filter = {}, limit = 10) =>
    searchByMeaning(text, filter, limit, { store: responses, embedder, index });
  return { search };
}

const queries = (found: readonly { entry: Entry }[]) => found.map(({ entry: { query } }) => query);

describe('a search by meaning', () => {
  test('finds the nearest first, whatever they were asked with', async () => {
    const other = { fingerprint: 'a'.repeat(64) as Fingerprint, scope: { ...scope, namespace: 'b' } };
    const { search } = await house([entry(1, 90), entry(2, 10), entry(3, 5, other), entry(4, 180)]);
    const { found, complete } = await search('0', {}, 3);
    expect([queries(found), complete]).toEqual([['5', '10', '90'], true]);
    expect(found[0]?.similarity).toBeCloseTo(Math.cos((5 * Math.PI) / 180));
  });

  test('keeps to the filter, and leaves out what has no vector of this model', async () => {
    const { search } = await house([
      entry(1, 1, { tags: ['a'] }),
      entry(2, 2),
      entry(3, 3, { vector: undefined, embeddingModel: undefined, tags: ['a'] }),
      entry(4, 4, { embeddingModel: 'two-0', tags: ['a'] }),
    ]);
    expect(queries((await search('0', { tags: ['a'] })).found)).toEqual(['1']);
  });

  test('of very many searches the index, and says that not each was compared', async () => {
    const many = Array.from({ length: 2600 }, (_, n) =>
      entry(n, 30 + (n % 300), { tags: [n % 2 === 0 ? 'even' : 'odd'] }),
    );
    const { search } = await house([entry(9000, 2, { createdAtMs: 0, tags: ['odd'] }), ...many]);
    const { found, complete } = await search('0', { tags: ['odd'] }, 2);
    expect(complete).toBe(true);
    expect(queries(found)[0]).toBe('2');
    const all = await search('0', {}, 2);
    expect([queries(all.found)[0], all.complete]).toEqual(['2', false]);
  });
});
