import { expect, test } from '@jest/globals';
import { embedded } from '../conformance/remember.samples.ts';
import type { Entry } from '../entry.ts';
import type { EntryId, UnitVector } from '../ids.ts';
import { POLICY_DEFAULTS } from '../policy/schema.ts';
import type { CachedEntry, MemoryCache } from '../ports/memory-cache.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import { lookUp } from './look-up.ts';

class Memory implements MemoryCache {
  readonly held = new Map<EntryId, CachedEntry>();
  removals = 0;
  get = (id: EntryId) => this.held.get(id);
  getByIdentity = () => undefined;
  put(entry: Entry) {
    const cached = { entry, rendered: new Map() };
    this.held.set(entry.id, cached);
    return cached;
  }
  delete(id: EntryId) {
    this.removals += 1;
    this.held.delete(id);
  }
  clear() {
    this.removals += 1;
    this.held.clear();
  }
  size = () => ({ entries: this.held.size, bytes: 0 });
}

const stored: Entry = { ...embedded('1', 'a'), query: 'How do I change my email address?' };
const other = embedded('2', 'a');

interface Talked {
  /** Earlier turns of the request, which are compared by meaning. */
  readonly turns?: readonly string[];
  readonly entry?: Entry;
  readonly embedTurns?: () => Promise<never>;
  /** What the store has under the other id. */
  readonly own?: Entry;
  /** The store knows the request by its identity. */
  readonly named?: boolean;
}

/** `whileRead`: what happens between the store's answer and its arrival. */
async function lookedUp(
  id: EntryId,
  whileRead: (memory: Memory) => void,
  { turns, entry = stored, embedTurns, own, named = false }: Talked = {},
) {
  const memory = new Memory();
  const incidents: string[] = [];
  const request = {
    ...{ id, scope: stored.scope, fingerprint: stored.fingerprint, query: stored.query, context: [] },
    conversation: { mode: turns === undefined ? 'exact' : 'semantic', turns },
    ...{
      controls: {},
      resolved: { policy: { ...POLICY_DEFAULTS, threshold: 0.5 }, origin: { threshold: 'admin:default' } },
    },
  } as unknown as PreparedRequest;
  const get = async (asked: EntryId) => {
    if (asked === other.id) return own;
    if (asked !== stored.id) return undefined;
    whileRead(memory);
    return entry;
  };
  const identify = async () => (named ? stored.id : undefined);
  const vector = stored.vector as UnitVector;
  const found = await lookUp(
    request,
    {
      memory,
      store: { get, getMany: async () => [], identify },
      embedder: {
        model: { id: 'm', version: 'v1', dimensions: vector.length, tokensMax: 100 },
        embed: async (texts) =>
          texts[0] !== stored.query && embedTurns !== undefined
            ? embedTurns()
            : texts.map(() => ({ vector, tokens: 1, truncated: false })),
        close: async () => {},
      },
      index: { nearest: async () => [{ id: stored.id, similarity: 1 }] },
      observer: { record() {}, incident: (name) => void incidents.push(name) },
      now: () => stored.createdAtMs,
    },
    stored.createdAtMs + 10_000,
    {},
  );
  return { found, memory, incidents };
}

test.each([
  ['its key', stored.id, 'l2'],
  ['its meaning', other.id, 'semantic'],
] as const)(
  'what is found by %s is kept in memory, unless it was taken out while it was read',
  async (_, id, layer) => {
    const kept = await lookedUp(id, () => {});
    expect(kept.found).toMatchObject({ kind: 'hit', layer, cached: { entry: stored } });
    expect([...kept.memory.held.keys()]).toEqual([stored.id]);
    for (const takeOut of [(m: Memory) => m.delete(stored.id), (m: Memory) => m.clear()]) {
      const { found, memory } = await lookedUp(id, takeOut);
      expect(found).toMatchObject({ kind: 'hit', layer, cached: { entry: stored } });
      expect(memory.held.size).toBe(0);
    }
  },
);

test('earlier turns are compared before an answer is served by its meaning', async () => {
  const entry = { ...stored, history: ['How do I reset my password?'] };
  const same = { entry, turns: ['How can I reset my password?'] };
  expect((await lookedUp(other.id, () => {}, same)).found).toMatchObject({ kind: 'hit', layer: 'semantic' });
  const refused = await lookedUp(other.id, () => {}, { entry, turns: ['How can I reset my router?'] });
  expect(refused.found).toMatchObject({ kind: 'none', reason: 'guard:turns', nearest: { id: stored.id } });
  const lost = await lookedUp(other.id, () => {}, { ...same, entry: stored });
  expect(lost.found).toMatchObject({ kind: 'none', reason: 'guard:turns' });
});

test('turns that can’t be embedded in time are a miss', async () => {
  const talked = {
    entry: { ...stored, history: ['How do I reset my password?'] },
    turns: ['How can I reset my password?'],
    embedTurns: () => Promise.reject(new Error('late')),
  };
  const { found, incidents } = await lookedUp(other.id, () => {}, talked);
  expect(found).toMatchObject({ kind: 'none', reason: 'cache-unavailable' });
  expect(incidents).toEqual(['look-up-decide-failed']);
});

test('of a request whose own answer is past its life, that is the reason, whatever stood against the nearest other', async () => {
  const entry = { ...stored, query: 'How do I change my 2 email addresses?' };
  const none = await lookedUp(other.id, () => {}, { entry });
  expect(none.found).toMatchObject({ kind: 'none', reason: 'guard:number', nearest: { id: stored.id } });
  const own = { ...other, expiresAtMs: stored.createdAtMs - 1 };
  const { found } = await lookedUp(other.id, () => {}, { entry, own });
  expect(found).toMatchObject({ kind: 'none', reason: 'expired', nearest: { id: stored.id } });
});
