import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Entry } from '../entry.ts';
import type { EntryFilter } from '../ports/response-store.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import type { Stores } from '../store/stores.ts';
import { entryId, inScope, type OpenStores, type StoreTraits, sampleEntry, T0, unit } from './storage.samples.ts';

/** One call on a store; the same on both sides must answer the same. */
type Step = (stores: Stores) => Promise<unknown>;

const ids = fc.integer({ min: 0, max: 12 });
const names = fc.constantFrom('a', 'b');
const clocks = fc.integer({ min: 0, max: 40 });
const MODELS = ['minilm@1', 'minilm@2'];

const entries: fc.Arbitrary<Entry> = fc
  .record({
    n: ids,
    tenant: names,
    namespace: names,
    query: fc.string({ unit: 'grapheme', maxLength: 12 }),
    answer: fc.uint8Array({ maxLength: 3000 }),
    tags: fc.array(fc.constantFrom('t', 't@1', 't@1@x', 'u'), { maxLength: 3 }),
    versions: fc.array(fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }), { maxLength: 2 }),
    created: clocks,
    life: clocks,
    cost: fc.constantFrom(0, 0.001, 0.002, 1),
    semantic: fc.boolean(),
    model: fc.option(fc.constantFrom(...MODELS), { nil: undefined }),
  })
  .map(({ n, tenant, namespace, query, answer, tags, versions, created, life, cost, semantic, model }) =>
    inScope(
      sampleEntry(n, {
        query,
        answer: Buffer.from(answer),
        tags,
        context: versions.map((version) => (version === undefined ? { id: 'd' } : { id: 'd', version })),
        createdAtMs: T0 + created,
        expiresAtMs: T0 + created + life,
        staleUntilMs: T0 + created + life,
        costUsd: cost,
        semantic,
        vector: model === undefined ? undefined : unit(n),
        embeddingModel: model,
      }),
      { tenant, namespace },
    ),
  );

const filters: fc.Arbitrary<EntryFilter> = fc.record(
  {
    ids: fc.array(ids.map(entryId), { maxLength: 8 }),
    tenant: names,
    namespace: names,
    tags: fc.array(fc.constantFrom('t', 't@1', 'u'), { minLength: 1, maxLength: 2 }),
    context: fc.record(
      { id: fc.constant('d'), versionBelow: fc.integer({ min: 1, max: 5 }) },
      { requiredKeys: ['id'] },
    ),
    createdBeforeMs: clocks.map((at) => T0 + at),
    text: fc.constantFrom('a', 'E', ' '),
  },
  { requiredKeys: [] },
);

const sorted = <T>(values: readonly T[]): T[] =>
  [...values].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

async function walk({ responses }: Stores, filter: EntryFilter, limit: number): Promise<Entry[]> {
  const seen: Entry[] = [];
  let cursor: string | undefined;
  do {
    const page = await responses.list(filter, { cursor, limit });
    seen.push(...page.entries);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return seen;
}

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(entries, { maxLength: 5 }).map(
      (some): Step =>
        (s) =>
          s.responses.put(some),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.array(entries, { maxLength: 5 }).map(
      (some): Step =>
        (s) =>
          s.responses.update(some),
    ),
  },
  // Vectors for what is there, as it is written when an embedding model is exchanged.
  fc.array(ids, { maxLength: 4 }).map(
    (some): Step =>
      async (s) => {
        const there = (await s.responses.getMany(some.map(entryId))).flatMap((entry) => entry ?? []);
        return s.responses.update(there.map((entry) => ({ ...entry, vector: unit(1), embeddingModel: 'minilm@2' })));
      },
  ),
  fc.array(ids, { maxLength: 3 }).map(
    (some): Step =>
      (s) =>
        s.responses.delete(some.map(entryId)),
  ),
  fc.array(ids, { maxLength: 4 }).map(
    (some): Step =>
      (s) =>
        s.responses.getMany(some.map(entryId)),
  ),
  ids.map(
    (n): Step =>
      (s) =>
        s.responses.get(entryId(n)),
  ),
  fc.tuple(filters, fc.integer({ min: 1, max: 4 })).map(
    ([filter, limit]): Step =>
      (s) =>
        walk(s, filter, limit),
  ),
  fc.array(ids, { maxLength: 3 }).map(
    (some): Step =>
      async (s) =>
        s.upkeep.touch(some.map(entryId)),
  ),
  fc.tuple(clocks, fc.integer({ min: 0, max: 5 })).map(
    ([at, limit]): Step =>
      (s) =>
        s.upkeep.sweep(T0 + at, limit),
  ),
  fc
    .record({
      tenant: names,
      namespace: names,
      maxEntries: fc.integer({ min: 0, max: 6 }),
      maxBytes: fc.integer({ min: 0, max: 9000 }),
    })
    .map(
      (bound): Step =>
        (s) =>
          s.upkeep.evict(bound),
    ),
  fc.constantFrom(...MODELS).map(
    (model): Step =>
      async (s) =>
        sorted((await s.upkeep.unembedded(model, 100)).map(({ id }) => id)),
  ),
  fc
    .array(
      fc.record({ kind: fc.constantFrom('add' as const, 'delete' as const, 'expire' as const), id: ids.map(entryId) }),
      { maxLength: 3 },
    )
    .map(
      (changes): Step =>
        (s) =>
          s.log.append(changes),
    ),
  fc.integer({ min: 0, max: 20 }).map(
    (upto): Step =>
      (s) =>
        s.log.trim(upto),
  ),
);

async function state(stores: Stores): Promise<unknown> {
  const { firstSeq, lastSeq } = await stores.log.bounds();
  return {
    entries: await stores.responses.list({}, { limit: 100 }),
    usage: sorted(await stores.upkeep.usage()),
    unlogged: sorted(await stores.responses.unlogged()),
    log: await stores.log.read(0, 100),
    bounds: { firstSeq, lastSeq },
  };
}

/** Whatever is done, in whatever order, the store answers as the memory store does. */
export function storesConformance(
  name: string,
  open: OpenStores,
  { runs: runsMax = 60, ...traits }: StoreTraits & { readonly runs?: number } = {},
): void {
  describe(`Stores: ${name}`, () => {
    const runs = Number(process.env.NEARHIT_PROPERTY_RUNS ?? runsMax);
    test('does as the memory store does, whatever is asked', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 30 }), fc.nat(30), async (some, restartAt) => {
          const dir = mkdtempSync(join(tmpdir(), 'nearhit-store-'));
          const model = createMemoryStore();
          let real = await open({ dir });
          try {
            for (const [at, step] of some.entries()) {
              if (traits.persistent && at === restartAt) {
                await real.close();
                real = await open({ dir });
              }
              expect(await step(real)).toEqual(await step(model));
            }
            expect(await state(real)).toEqual(await state(model));
          } finally {
            await real.close();
            rmSync(dir, { recursive: true, force: true });
          }
        }),
        { numRuns: runs },
      );
    }, 120_000);
  });
}
