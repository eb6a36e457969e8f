import { beforeEach, describe, expect, test } from '@jest/globals';
import { embedded } from '../conformance/remember.samples.ts';
import { memoryCache } from '../conformance/shared-answers.samples.ts';
import type { Entry } from '../entry.ts';
import type { EntryId, TenantId } from '../ids.ts';
import { identityOf } from '../key/identity.ts';
import { POLICY_DEFAULTS } from '../policy/schema.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { type LookUpDeps, lookUp } from './look-up.ts';

const QUERY = 'What is a tide?';
const AGAIN = "hi, what's a TIDE ?";
const sample = embedded('1', 'a');

let stores: ReturnType<typeof createMemoryStore>;
let memory: ReturnType<typeof memoryCache>;
let embeddings: number;
let incidents: string[];
beforeEach(() => {
  stores = createMemoryStore();
  memory = memoryCache();
  embeddings = 0;
  incidents = [];
});

/** A request in the scope of the sample. */
const requested = (query: string, more: object = {}): PreparedRequest =>
  ({
    ...{ id: `${query.length}`.padStart(64, 'e'), scope: sample.scope, fingerprint: sample.fingerprint, query },
    ...{ context: [], controls: {}, resolved: { policy: POLICY_DEFAULTS }, ...more },
  }) as unknown as PreparedRequest;

/** Its answer, under the identity of what it answers. */
const answered = (query: string, more: Partial<Entry> = {}): Entry => ({
  ...{ ...sample, query, expiresAtMs: sample.createdAtMs + 1000, staleUntilMs: sample.createdAtMs + 1000 },
  identity: identityOf(requested(query))?.key,
  ...more,
});

function find(request: PreparedRequest, { lateMs = 0, store = stores.responses as LookUpDeps['store'] } = {}) {
  const stages: Record<string, number> = {};
  const deps: LookUpDeps = {
    ...{ memory, store, upkeep: { touch() {} }, now: () => sample.createdAtMs + lateMs },
    embedder: {
      model: { id: 'm', version: 'v1', dimensions: 4, tokensMax: 9 },
      embed: () => {
        embeddings += 1;
        return Promise.reject(new Error('the embedder is away'));
      },
      close: async () => {},
    },
    index: { nearest: () => Promise.reject(new Error('the index is away')) },
    observer: { record() {}, incident: (name) => void incidents.push(name) },
  };
  return lookUp(request, deps, sample.createdAtMs + lateMs + 60_000, stages).then((found) => ({ found, stages }));
}

const BY_IDENTITY = { kind: 'hit', layer: 'semantic', stage: 'identity', similarity: 1 };

describe('a look-up by identity', () => {
  test('asks no model; the second time not even the store', async () => {
    const entry = answered(QUERY);
    await stores.responses.put([entry]);
    const { found, stages } = await find(requested(AGAIN));
    expect(found).toMatchObject({ ...BY_IDENTITY, cached: { entry: { id: entry.id } } });
    expect(Object.keys(stages)).toEqual(['identity', 'l2']);
    await stores.close();
    const second = await find(requested(AGAIN));
    expect(second.found).toMatchObject(BY_IDENTITY);
    expect(Object.keys(second.stages)).toEqual(['identity']);
    expect([embeddings, incidents]).toEqual([0, []]);
  });

  test('comes after the exact key, in the store', async () => {
    const exact = { ...answered(AGAIN), id: requested(AGAIN).id, identity: undefined };
    await stores.responses.put([answered(QUERY), exact]);
    const { found, stages } = await find(requested(AGAIN));
    expect(found).toMatchObject({ kind: 'hit', layer: 'l2', cached: { entry: { id: exact.id } } });
    expect(stages).not.toHaveProperty('embed');
  });

  test('finds a fresh answer where that of the exact key is past its life', async () => {
    const exact = answered(AGAIN, { id: requested(AGAIN).id, identity: undefined, expiresAtMs: sample.createdAtMs });
    await stores.responses.put([answered(QUERY), exact]);
    expect((await find(requested(AGAIN))).found).toMatchObject({ ...BY_IDENTITY, cached: { entry: { query: QUERY } } });
  });

  test.each<[string, Partial<Entry>, object]>([
    ['an alias that stands for another question', { query: 'What is a wave?' }, {}],
    ['another fingerprint', { fingerprint: 'e'.repeat(64) as Entry['fingerprint'] }, {}],
    ['another tenant', { scope: { ...sample.scope, tenant: 'other' as TenantId } }, {}],
    ['an answer that is for its exact request only', { semantic: false }, {}],
    [
      'an answer older than is asked for',
      { createdAtMs: sample.createdAtMs - 5000 },
      { controls: { maxAgeSeconds: 1 } },
    ],
    ['a request that is matched exactly only', {}, { exactOnly: 'tools' }],
    [
      'documents that were not given',
      { context: [{ id: 'd', version: 1 }] },
      { resolved: { policy: { ...POLICY_DEFAULTS, contextMatch: 'subset' } } },
    ],
  ])('does not serve %s, from the store or from memory', async (_, changes, request) => {
    const entry = answered(QUERY, changes);
    await stores.responses.put([entry]);
    expect((await find(requested(AGAIN, request))).found.kind).toBe('none');
    memory.put(entry, sample.createdAtMs);
    expect((await find(requested(AGAIN, request))).found.kind).toBe('none');
  });

  test('gives an answer past its life for when there is no other', async () => {
    const entry = answered(QUERY, { staleUntilMs: sample.createdAtMs + 9000 });
    await stores.responses.put([entry]);
    const { found } = await find(requested(AGAIN), { lateMs: 2000 });
    expect(found).toMatchObject({ kind: 'none', stale: { layer: 'semantic', stage: 'identity', similarity: 1 } });
    expect(embeddings).toBe(1);
  });

  test('a name of an entry that is gone, and names that can not be read, are no fault', async () => {
    const gone = { ...stores.responses, get: async () => undefined, getMany: async () => [] };
    const dangling = await find(requested(AGAIN), {
      store: { ...gone, identify: async () => 'a'.repeat(64) as EntryId },
    });
    const unreadable = await find(requested(AGAIN), {
      store: { ...gone, identify: () => Promise.reject(new Error()) },
    });
    for (const { found } of [dangling, unreadable]) expect(found).toMatchObject({ kind: 'none' });
    // They went on to the next stage.
    expect([embeddings, incidents]).toEqual([2, ['look-up-embed-failed', 'look-up-embed-failed']]);
  });
});
