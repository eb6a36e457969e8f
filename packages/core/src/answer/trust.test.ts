import { expect, test } from '@jest/globals';
import { ANYONE, type Caller, type Grants, UNLIMITED } from '../caller.ts';
import { sharedUpstream } from '../conformance/scripted-upstream.samples.ts';
import { memoryCache, TestClient } from '../conformance/shared-answers.samples.ts';
import type { Entry } from '../entry.ts';
import type { UnitVector } from '../ids.ts';
import { partitionOf } from '../key/fingerprint.ts';
import { PolicyService } from '../policy/service.ts';
import type { DecisionRecord } from '../ports/observer.ts';
import { MemoryNearestIndex } from '../store/memory-nearest-index.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { createAnswer } from './answer.ts';
import type { Exchange } from './outcome.ts';
import { PendingAnswers } from './pending-answers.ts';

/** Questions of letters, near to one another as their last digits are. */
function vectorOf(text: string): UnitVector {
  const angle = Number(/\d+/.exec(text)?.[0] ?? 0) / 1000;
  return Float32Array.from([Math.cos(angle), Math.sin(angle), 0, 0]) as UnitVector;
}

function house() {
  const upstream = sharedUpstream();
  upstream.answerAll((question) => `to ${question}`);
  const stores = createMemoryStore();
  const records: DecisionRecord[] = [];
  const incidents: [string, unknown][] = [];
  const stored: Entry[] = [];
  const index = new MemoryNearestIndex({ dimensions: 4 });
  const clock = { nowMs: Date.now() };
  const store = async (entry: Entry) => {
    stored.push(entry);
    await stores.responses.put([entry]);
    if (entry.vector === undefined || !entry.semantic) return;
    const { id, fingerprint, vector } = entry;
    await index.apply(
      [{ kind: 'add', id, partition: partitionOf(entry.scope, 'v1'), fingerprint, vector }],
      stored.length,
    );
  };
  const answer = createAnswer({
    upstream,
    queue: {
      enqueue: (entry) => store(entry) !== undefined,
      ...{ flush: async () => {}, depth: () => 0, close: async () => {} },
    },
    embedder: {
      model: { id: 'letters', version: 'v1', dimensions: 4, tokensMax: 99 },
      embed: async (texts) => texts.map((text) => ({ vector: vectorOf(text), tokens: 1, truncated: false })),
      close: async () => {},
    },
    ...{ memory: memoryCache(), store: stores.responses, upkeep: stores.upkeep, index },
    observer: { record: (one) => records.push(one), incident: (...what) => incidents.push(what as [string, unknown]) },
    ...{ policies: new PolicyService(stores.policies), pending: new PendingAnswers(), prepared: new Map() as never },
    ...{ now: () => clock.nowMs, lookupTimeoutMs: () => 5000 },
  });
  const ask = (content: string, caller: Caller, cache?: string): Promise<Exchange> =>
    answer({
      ...{ requestId: 'r', callId: `call ${content}`, headers: {}, forward: {}, startedAtMs: performance.now() },
      body: Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], nearhit: { cache } })),
      ...{ client: new TestClient(), endpoint: 'chat', caller, allowance: UNLIMITED },
    });
  const asked = async (...args: Parameters<typeof ask>) => {
    const exchange = await ask(...args);
    const { outcome } = exchange;
    if (outcome.kind === 'upstream') {
      await outcome.settled;
      outcome.release();
    }
    exchange.finish({ status: 200, firstByteAtMs: performance.now(), endAtMs: performance.now() });
    return { ...outcome, record: records.at(-1) as DecisionRecord };
  };
  return { upstream, ask, asked, incidents, stored, clock };
}

const keyed = (keyId: string, grants: Grants = {}): Caller => ({ ...ANYONE, keyId, grants });
const trusted = keyed('trusted');
const reader = keyed('reader', { cacheWrite: false });
const writer = keyed('writer', { cacheRead: false });

test('a key that may not write gets hits, and what it asks is stored for nobody', async () => {
  const { asked, upstream, stored } = house();
  const first = await asked('How 1?', reader);
  expect(first).toMatchObject({ kind: 'upstream', cache: 'miss', record: { notStored: 'key-no-write' } });
  expect(first).toHaveProperty('entryId', undefined);
  expect(stored).toEqual([]);
  expect(await asked('How 1?', trusted)).toMatchObject({ kind: 'upstream', cache: 'miss' });
  expect(await asked('How 1?', reader)).toMatchObject({ kind: 'hit' });
  await asked('How 1?', reader, 'refresh');
  expect(upstream.calls).toHaveLength(3);
  expect(stored).toHaveLength(1);
});

test('nobody else is answered from the call of a key that may not write; its own requests share it', async () => {
  const { ask, upstream } = house();
  upstream.answerAll(undefined);
  const own = [ask('How 1?', reader), ask('How 1?', reader)];
  await upstream.called(1);
  const others = [ask('How 1?', trusted), ask('How 1?', keyed('another', { cacheWrite: false }))];
  await upstream.called(3);
  for (const call of upstream.calls) call.answer('a');
  const outcomes = (await Promise.all([...own, ...others])).map(({ outcome }) => outcome);
  const leads = outcomes.map((outcome) => outcome.kind === 'upstream' && outcome.leader);
  expect(leads).toEqual([true, false, true, true]);
  for (const outcome of outcomes) if (outcome.kind === 'upstream') outcome.release();
});

test('a key that may not read is answered from upstream always, and what it asks is stored', async () => {
  const { asked, upstream } = house();
  await asked('How 1?', trusted);
  expect(await asked('How 1?', writer)).toMatchObject({ cache: 'miss', reason: 'key-no-read' });
  expect(await asked('How 1?', writer, 'shadow')).toMatchObject({ cache: 'miss' });
  expect(await asked('How 1?', writer, 'only')).toMatchObject({ kind: 'refused', reason: 'key-no-read' });
  expect(upstream.calls).toHaveLength(3);
  await asked('How 2?', writer);
  expect(await asked('How 2?', trusted)).toMatchObject({ kind: 'hit' });
});

test('a flood of near-identical questions is stored word for word only, from its measure on, and told once', async () => {
  const { asked, stored, incidents, clock } = house();
  await asked('What is the victim 0?', trusted);
  for (let n = 1; n <= 60; n++) {
    clock.nowMs += 1000;
    const { record } = await asked(`What is the victim ${n}?`, keyed('flooder'), n % 2 === 0 ? 'refresh' : undefined);
    expect(record.exactOnly).toBe(n <= 30 ? undefined : 'flood');
  }
  expect(stored.filter(({ semantic }) => semantic)).toHaveLength(31);
  expect(incidents.map(([name]) => name)).toEqual(['near-duplicate-flood']);
  expect(JSON.stringify(incidents)).not.toContain('victim');
  // Another key goes on there, and the same one elsewhere.
  expect((await asked('What is the victim 70?', trusted)).record.exactOnly).toBeUndefined();
  expect((await asked('What is elsewhere 1500?', keyed('flooder'))).record.exactOnly).toBeUndefined();
});

test('one question that is refreshed again and again is no flood', async () => {
  const { asked, incidents } = house();
  for (let n = 0; n < 60; n++) await asked('How is it 1?', trusted, 'refresh');
  expect(incidents).toEqual([]);
});
