import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Calibration } from '../calibrate/service.ts';
import { sampleLabel } from '../conformance/sample-store.conformance.ts';
import { LinkMemory } from '../evidence/links.ts';
import { judgedPair } from '../evidence/pair.ts';
import type { EntryId, Fingerprint, TenantId } from '../ids.ts';
import { PolicyService } from '../policy/service.ts';
import type { DecisionRecord } from '../ports/observer.ts';
import type { Verifier } from '../ports/verifier.ts';
import { createMemoryDecisions } from '../stats/decision-ring.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { type WhatIfQuery, whatIf } from './what-if.ts';

const scope = { tenant: 'default' as TenantId, namespace: 'support', model: 'm' };
const fingerprint = 'f'.repeat(64) as Fingerprint;
const A = 'How do I cancel my order?';
const B = 'What is the way to cancel an order?';
let serial = 0;

/** A miss whose nearest was refused, unless it says otherwise. */
function decision(similarity: number, changes: Partial<DecisionRecord> = {}): DecisionRecord {
  serial += 1;
  return {
    ...{
      id: `d${serial}`,
      requestId: `r${serial}`,
      atMs: serial,
      ...scope,
      outcome: 'miss',
      reason: 'below-threshold',
    },
    ...{ similarity, threshold: 0.9, query: A, stream: false, status: 200, fingerprint },
    candidate: { entryId: 'e'.repeat(64) as EntryId, query: B },
    ...{ costUsd: 0.02, savedUsd: 0, latencyMs: 100, firstByteMs: 50, overheadMs: 1 },
    ...changes,
  };
}
const hit = (similarity: number, changes: Partial<DecisionRecord> = {}) =>
  decision(similarity, {
    outcome: 'hit',
    layer: 'semantic',
    reason: undefined,
    costUsd: 0,
    savedUsd: 0.01,
    ...changes,
  });

/** Says the same of every pair, and counts how often it is asked. */
function verifierOf(probability: number, bar = 0.75): Verifier & { asked: number } {
  const verifier = {
    ...{ version: 'v1', bar, asked: 0 },
    async verify(pairs: readonly unknown[]) {
      verifier.asked += pairs.length;
      return pairs.map(() => ({ probability }));
    },
    explain: async () => ({ probability, features: [] }),
  };
  return verifier;
}

async function house(records: readonly DecisionRecord[], { verifier }: { verifier?: Verifier } = {}) {
  const stores = createMemoryStore();
  const decisions = createMemoryDecisions();
  decisions.push(records);
  const policies = new PolicyService(stores.policies);
  const links = new LinkMemory(stores.pairs);
  const prior = verifier && {
    scorer: 'v1',
    version: 'p1',
    bins: [
      { scoreMin: 0.9, pairs: 5000, wrong: 5 },
      { scoreMin: 0.5, pairs: 5000, wrong: 500 },
    ],
  };
  const calibration = new Calibration({ store: stores.samples, prior });
  const ask = (change: Partial<WhatIfQuery> = {}) =>
    whatIf({ namespace: 'support', last: 1000, ...change }, { decisions, policies, links, calibration, verifier });
  return { ask, policies, links, calibration };
}

describe('a lower threshold', () => {
  const records = [decision(0.95, { reason: 'guard:number' }), decision(0.88), decision(0.8), hit(0.93), decision(0.7)];

  test('serves what lies between, with what it had cost; the rest stays', async () => {
    const { ask } = await house(records);
    const report = await ask({ threshold: 0.85 });
    expect(report).toMatchObject({
      ...{ namespace: 'support', model: null },
      decisions: { looked: 5, judged: 5, unaffected: 0, unknown: 0 },
      before: { threshold: 0.9, similarityMin: 0.9, probabilityMin: null, served: 2 },
      after: { threshold: 0.85, similarityMin: 0.85, probabilityMin: null, served: 3 },
      flips: { served: 1, refused: 0 },
    });
    const [flip] = report.flips.shown;
    expect(flip).toMatchObject({
      id: records[1]?.id,
      recorded: 'below-threshold',
      before: 'below-threshold',
      after: 'serve',
    });
    expect(flip).toMatchObject({ similarity: 0.88, score: null, usd: 0.02, query: A, candidate: { query: B } });
    expect(report.after.savedUsd - report.before.savedUsd).toBeCloseTo(0.02);
  });

  test('is held up by guards and by feedback, as they are now', async () => {
    const numbers = { query: 'Order 12?', candidate: { entryId: 'e'.repeat(64) as EntryId, query: 'Order 13?' } };
    const { ask, links } = await house([decision(0.88, numbers), decision(0.88)]);
    await links.put([
      judgedPair({ scope, a: { text: A }, b: { text: B }, verdict: 'wrong', source: 'feedback', atMs: 1 }),
    ]);
    const { after, flips } = await ask({ threshold: 0.5 });
    expect([after.served, flips.served]).toEqual([0, 0]);
    expect((await ask({ threshold: 0.5, guard: 'off' })).flips.shown.map(({ query }) => query)).toEqual(['Order 12?']);
  });

  test('serves no less than a higher one, whatever the records', async () => {
    const similarity = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(similarity, { maxLength: 20 }), similarity, similarity, async (all, x, y) => {
        const { ask } = await house(all.map((one) => decision(one)));
        const [low, high] = [await ask({ threshold: Math.min(x, y) }), await ask({ threshold: Math.max(x, y) })];
        expect(low.after.served).toBeGreaterThanOrEqual(high.after.served);
        expect(low.before.served).toBe(high.before.served);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a higher threshold', () => {
  test('refuses what was served, and loses what it saved', async () => {
    const { ask } = await house([hit(0.93), hit(0.99)]);
    const { before, after, flips } = await ask({ threshold: 0.95 });
    expect([before.served, after.served, flips.refused, flips.shown[0]?.recorded]).toEqual([2, 1, 1, 'serve']);
    expect(before.savedUsd - after.savedUsd).toBeCloseTo(0.01);
  });
});

describe('what no threshold changes', () => {
  test.each([
    ['a hit word for word', { outcome: 'hit', layer: 'l1', candidate: undefined, similarity: undefined }],
    ['the same question but for its form', { outcome: 'hit', layer: 'semantic', stage: 'identity', similarity: 1 }],
    ['no candidate', { candidate: undefined, similarity: undefined, reason: 'no-candidate' }],
    ['found word for word only', { exactOnly: 'tools' }],
    ['not cached', { outcome: 'bypass', reason: 'not-cacheable:volatile' }],
  ] as [string, Partial<DecisionRecord>][])('%s is counted as that', async (_what, changes) => {
    const { ask } = await house([decision(0.99, changes)]);
    expect((await ask({ threshold: 0 })).decisions).toMatchObject({ looked: 1, judged: 0, unaffected: 1, unknown: 0 });
  });

  test.each([
    ['cut texts', { queryKey: 'k' }, 'beginning'],
    ['a cut candidate', { candidate: { entryId: 'e'.repeat(64) as EntryId, query: B, key: 'k' } }, 'beginning'],
    ['earlier turns', { reason: 'guard:turns' }, 'turns'],
  ] as [string, Partial<DecisionRecord>, string][])(
    '%s can not be judged again, and it is said',
    async (_, changes, why) => {
      const { ask } = await house([decision(0.99, changes)]);
      const { decisions, limits } = await ask({ threshold: 0 });
      expect(decisions).toMatchObject({ judged: 0, unknown: 1 });
      expect(Object.keys(decisions.unknownWhy)[0]).toContain(why);
      expect(limits.length).toBeGreaterThan(0);
    },
  );
});

describe('which decisions', () => {
  test('those of the namespace, the model and the tenant, the last so many', async () => {
    const { ask } = await house([
      decision(0.88, { namespace: 'other' }),
      ...[decision(0.88, { model: 'x' }), decision(0.88, { tenant: 'acme' })],
      ...Array.from({ length: 600 }, () => decision(0.88)),
    ]);
    const looked = async (change: Partial<WhatIfQuery>) => (await ask(change)).decisions.looked;
    expect(await looked({})).toBe(602);
    expect(await looked({ model: 'x' })).toBe(1);
    expect(await looked({ tenant: 'acme' })).toBe(1);
    expect(await looked({ last: 7 })).toBe(7);
    expect(await looked({ namespace: 'empty' })).toBe(0);
  });

  test('a model that has a threshold of its own is not reached by a change of the namespace', async () => {
    const { ask, policies } = await house([decision(0.88), decision(0.88, { model: 'x' })]);
    await policies.put('support', 'x', { threshold: 0.92 });
    expect((await ask({ threshold: 0.8 })).flips.shown.map(({ model }) => model)).toEqual(['m']);
    expect((await ask({ threshold: 0.8, model: 'x' })).flips.shown.map(({ model }) => model)).toEqual(['x']);
  });
});

describe('with a verifier', () => {
  test('a chosen threshold serves what is likely right; without one its own bar decides', async () => {
    const verifier = verifierOf(0.6);
    const { ask } = await house([decision(0.88, { reason: 'verifier' })], { verifier });
    const report = await ask({ threshold: 0.85 });
    expect(report.before).toMatchObject({ similarityMin: 0.7, probabilityMin: 0.75, served: 0 });
    expect(report.after).toMatchObject({ similarityMin: 0.85, probabilityMin: 0.5, served: 1 });
    expect(report.flips.shown[0]).toMatchObject({ score: 0.6, before: 'verifier', after: 'serve' });
    expect(verifier.asked).toBe(1);
  });

  test('a recorded probability is not asked for again', async () => {
    const verifier = verifierOf(0.1);
    const { ask } = await house([hit(0.88, { score: 0.9, scorer: 'v1' })], { verifier });
    expect((await ask()).before.served).toBe(1);
    expect(verifier.asked).toBe(0);
  });

  test('a budget has the bar that calibration finds for it, and is not taken for one in force', async () => {
    const { ask, calibration } = await house([decision(0.88)], { verifier: verifierOf(0.8) });
    const strict = await ask({ maxErrorRate: 0.01 });
    expect(strict.after).toMatchObject({ maxErrorRate: 0.01, probabilityMin: 0.9, served: 0 });
    expect(strict.after.estimate.bound95).toBeLessThan(0.01);
    const loose = await ask({ maxErrorRate: 0.2 });
    expect(loose.after).toMatchObject({ probabilityMin: 0.5, served: 1 });
    const none = await ask({ maxErrorRate: 0.000001 });
    expect(none.after).toMatchObject({ nothingKeepsBudget: true, probabilityMin: null, served: 0 });
    expect([...calibration.inForce()]).toEqual([]);
  });

  test('null takes a setting away', async () => {
    const { ask, policies } = await house([decision(0.88)], { verifier: verifierOf(0.8) });
    await policies.put('support', undefined, { threshold: 0.95 });
    const { before, after } = await ask({ threshold: null });
    expect([before.similarityMin, after.similarityMin, after.probabilityMin]).toEqual([0.95, 0.7, 0.75]);
  });
});

describe('the estimate', () => {
  test('counts the labelled samples that the setting would serve', async () => {
    const { ask, calibration } = await house([], { verifier: verifierOf(0.8) });
    const label = (n: number, changes: object) =>
      sampleLabel(n, { ...scope, scorer: 'v1', source: 'audit', right: true, savedUsd: 0.01, ...changes });
    await calibration.append([
      ...Array.from({ length: 40 }, (_, n) => label(n, { id: `a${n}`, score: 0.9, similarity: 0.95 })),
      ...Array.from({ length: 10 }, (_, n) => label(n, { id: `b${n}`, score: 0.6, similarity: 0.86, right: n > 4 })),
      label(1, { id: 'c', score: 0.9, similarity: 0.8 }),
      label(2, { id: 'd', score: 0.9, similarity: 0.95, source: 'feedback' }),
    ]);
    const { estimate } = (await ask({ threshold: 0.85 })).after;
    expect(estimate).toMatchObject({ samples: 50, wrong: 5, wrongRate: 0.1, bound95: null });
    expect(estimate.savedUsd).toBeCloseTo(0.5);
    expect(estimate.low).toBeLessThan(0.1);
    expect(estimate.high).toBeGreaterThan(0.1);
  });

  test('says that it knows nothing', async () => {
    const { ask } = await house([]);
    expect((await ask()).after.estimate).toEqual({
      samples: 0,
      wrong: 0,
      wrongRate: null,
      low: 0,
      high: 1,
      savedUsd: 0,
      bound95: null,
    });
  });
});
