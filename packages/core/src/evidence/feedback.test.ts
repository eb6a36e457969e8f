import { describe, expect, test } from '@jest/globals';
import { Calibration } from '../calibrate/service.ts';
import { sampleDecision } from '../conformance/decision-log.conformance.ts';
import { entryId, sampleEntry, unit } from '../conformance/storage.samples.ts';
import type { Fingerprint, UnitVector } from '../ids.ts';
import type { DecisionRecord } from '../ports/observer.ts';
import { createMemoryDecisions } from '../stats/decision-ring.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { Feedback, type FeedbackBy } from './feedback.ts';
import { LinkMemory } from './links.ts';
import { textKeyOf } from './pair.ts';

const OPERATOR: FeedbackBy = { kind: 'operator' };
const caller = (...tenants: string[]): FeedbackBy => ({ kind: 'caller', tenants, grants: {} });
const F = 'f'.repeat(64) as Fingerprint;
const scope = { tenant: 'default', namespace: 'default', model: 'm' } as const;

/** `vector`: what every text is embedded as. */
function house(vector: UnitVector = unit(1)) {
  const stores = createMemoryStore();
  const decisions = createMemoryDecisions();
  const links = new LinkMemory(stores.pairs);
  const calibration = new Calibration({ store: stores.samples });
  const deleted: string[] = [];
  const feedback = new Feedback({
    ...{ decisions, store: stores.responses, links, calibration, now: () => 5000 },
    embedder: {
      model: { id: 'e', version: 'minilm@1', dimensions: 8, tokensMax: 10 },
      embed: async (texts) => texts.map(() => ({ vector, tokens: 1, truncated: false })),
    },
    deleteEntry: async (id) => {
      deleted.push(id);
      return (await stores.responses.delete([id])).length > 0;
    },
  });
  const link = (a: string, b: string, fingerprint = F) => links.of(scope as never, fingerprint)?.(a, b);
  const samples = () => [...calibration.samples()];
  const decided = (changes: Partial<DecisionRecord>) => decisions.push([sampleDecision(changes)]);
  return { ...{ stores, feedback, deleted, link, samples, decided } };
}

const hit = (changes: Partial<DecisionRecord> = {}): Partial<DecisionRecord> => ({
  ...{ id: 'call-1', outcome: 'hit', layer: 'semantic', similarity: 0.93, fingerprint: F, query: 'asked?' },
  ...{ entryId: entryId(1), candidate: { entryId: entryId(1), query: 'stored?' }, savedUsd: 0.2, ...changes },
});

describe('of a hit by meaning', () => {
  test('wrong: both questions are kept apart, and the label counts, with the verifier’s score where there is one', async () => {
    const { feedback, decided, link, samples, deleted } = house();
    decided(hit());
    decided(hit({ id: 'call-2', requestId: 'scored', score: 0.97, scorer: 'v1', query: 'another?' }));
    const report = await feedback.give({ requestId: 'r', verdict: 'wrong' }, OPERATOR);
    expect(report).toMatchObject({ effect: 'pair', sampled: true, entryId: entryId(1) });
    expect([link('Asked', 'stored'), deleted]).toEqual(['cannot', []]);
    await feedback.give({ requestId: 'scored', verdict: 'wrong' }, OPERATOR);
    expect(samples()).toMatchObject([
      { scorer: 'cosine', score: 0.93, similarity: 0.93, right: false, source: 'feedback', savedUsd: 0.2, ...scope },
      { scorer: 'v1', score: 0.97, similarity: 0.93 },
    ]);
  });

  test('right: an operator’s word makes a hit, a caller’s only counts', async () => {
    const { feedback, decided, link, samples } = house();
    decided(hit());
    const said = await feedback.give({ requestId: 'call-1', verdict: 'right' }, caller('default'));
    expect(said).toMatchObject({ effect: 'none', pairId: null, sampled: true });
    expect(link('asked', 'stored')).toBeUndefined();
    await feedback.give({ requestId: 'call-1', verdict: 'right' }, OPERATOR);
    expect([link('asked', 'stored'), link('asked', 'stored', '0'.repeat(64) as Fingerprint)]).toEqual([
      'must',
      undefined,
    ]);
    expect(samples()).toHaveLength(1);
  });

  test('right of a record without a fingerprint counts, and makes no hit', async () => {
    const { feedback, decided, link } = house();
    decided(hit({ fingerprint: undefined }));
    expect(await feedback.give({ requestId: 'r', verdict: 'right' }, OPERATOR)).toMatchObject({ effect: 'none' });
    expect(link('asked', 'stored')).toBeUndefined();
  });

  test('said twice it is said once; the other way round it is another word', async () => {
    const { feedback, decided, samples } = house();
    decided(hit());
    const once = await feedback.give({ requestId: 'r', verdict: 'wrong' }, OPERATOR);
    expect(await feedback.give({ requestId: 'r', verdict: 'wrong' }, OPERATOR)).toEqual(once);
    expect(samples()).toHaveLength(1);
    await feedback.give({ requestId: 'r', verdict: 'right' }, OPERATOR);
    expect(samples().map(({ right }) => right)).toEqual([false, true]);
  });

  test('of texts that were cut, the whole wordings are kept apart', async () => {
    const { feedback, decided, link } = house();
    const [long, other] = [`${'word '.repeat(500)}one`, `${'word '.repeat(500)}two`];
    const candidate = { entryId: entryId(1), query: other.slice(0, 2000), key: textKeyOf(other) };
    decided(hit({ query: long.slice(0, 2000), queryKey: textKeyOf(long), candidate }));
    expect(await feedback.give({ requestId: 'r', verdict: 'wrong' }, OPERATOR)).toMatchObject({ effect: 'pair' });
    expect([link(long, other), link(long, other.slice(0, 2000))]).toEqual(['cannot', undefined]);
  });
});

describe('of the same question', () => {
  test.each([
    ['an exact hit', hit({ layer: 'l1', candidate: undefined })],
    ['a hit on the same wording', hit({ candidate: { entryId: entryId(1), query: ' ASKED ?' } })],
    ['an answer from upstream', hit({ outcome: 'miss', layer: undefined })],
  ])('wrong: %s is dropped, and no pair is made', async (_, record) => {
    const { feedback, decided, deleted, link, samples, stores } = house();
    await stores.responses.put([sampleEntry(1, { createdAtMs: 10 })]);
    decided({ ...record, atMs: 20 });
    const report = await feedback.give({ requestId: 'r', verdict: 'wrong' }, OPERATOR);
    expect(report).toEqual({ verdict: 'wrong', effect: 'entry', pairId: null, entryId: entryId(1), sampled: false });
    expect([deleted, link('asked', 'stored'), samples()]).toEqual([[entryId(1)], undefined, []]);
    expect(await feedback.give({ requestId: 'r', verdict: 'right' }, OPERATOR)).toMatchObject({ effect: 'none' });
  });

  test('wrong: an answer that has taken its place since is another', async () => {
    const { feedback, decided, deleted, stores } = house();
    await stores.responses.put([sampleEntry(1, { createdAtMs: 30 })]);
    decided(hit({ layer: 'l2', candidate: undefined, atMs: 20 }));
    expect(await feedback.give({ requestId: 'r', verdict: 'wrong' }, OPERATOR)).toMatchObject({ effect: 'none' });
    expect(deleted).toEqual([]);
  });

  test('what was not answered from the cache, nor stored, is nothing to judge', async () => {
    const { feedback, decided } = house();
    decided({ outcome: 'bypass' });
    expect(await feedback.give({ requestId: 'r', verdict: 'wrong' }, OPERATOR)).toMatchObject({ effect: 'none' });
  });
});

describe('by the answer', () => {
  test('with the question that it was given for, or its own', async () => {
    const { feedback, stores, link, samples, deleted } = house(unit(2));
    await stores.responses.put([sampleEntry(1, { query: 'stored?', fingerprint: F, scope: scope as never })]);
    const id = entryId(1);
    const wrong = await feedback.give({ entryId: id, query: 'asked?', verdict: 'wrong' }, OPERATOR);
    expect(wrong).toMatchObject({ effect: 'pair', sampled: true });
    expect(link('asked', 'stored')).toBe('cannot');
    const cosine = unit(1).reduce((sum, value, at) => sum + value * (unit(2)[at] as number), 0);
    expect(samples()[0]?.score).toBeCloseTo(cosine, 6);
    expect(await feedback.give({ entryId: id, query: 'Stored', verdict: 'wrong' }, OPERATOR)).toMatchObject({
      effect: 'entry',
    });
    expect(deleted).toEqual([id]);
    await expect(feedback.give({ entryId: id, verdict: 'wrong' }, OPERATOR)).rejects.toMatchObject({
      kind: 'NOT_FOUND',
    });
  });

  test('one without a vector is kept apart, and does not count', async () => {
    const { feedback, stores, samples } = house();
    await stores.responses.put([sampleEntry(1, { vector: undefined, embeddingModel: undefined })]);
    const report = await feedback.give({ entryId: entryId(1), query: 'asked?', verdict: 'wrong' }, OPERATOR);
    expect([report.effect, report.sampled, samples()]).toEqual(['pair', false, []]);
  });
});

describe('whose word it is', () => {
  test('a caller knows of nothing that another tenant got, by whichever name', async () => {
    const { feedback, decided, stores } = house();
    decided(hit({ tenant: 'acme' }));
    await stores.responses.put([sampleEntry(1)]);
    for (const input of [{ requestId: 'r' }, { requestId: 'call-1' }, { entryId: entryId(1), query: 'x' }] as const)
      await expect(feedback.give({ ...input, verdict: 'wrong' }, caller('other', 'own-1'))).rejects.toMatchObject({
        kind: 'NOT_FOUND',
      });
    const named: FeedbackBy = { kind: 'operator', tenant: 'other' };
    await expect(feedback.give({ requestId: 'r', verdict: 'wrong' }, named)).rejects.toMatchObject({
      kind: 'NOT_FOUND',
    });
    expect(await feedback.give({ requestId: 'r', verdict: 'wrong' }, caller('own-1', 'acme'))).toMatchObject({
      effect: 'pair',
    });
  });

  test('a key judges only where it may ask', async () => {
    const { feedback, decided } = house();
    decided(hit({ endpoint: 'messages' }));
    const by = (grants: object): FeedbackBy => ({ kind: 'caller', tenants: ['default'], grants });
    for (const grants of [{ namespaces: ['else'] }, { features: ['chat'] }])
      await expect(feedback.give({ requestId: 'r', verdict: 'wrong' }, by(grants))).rejects.toMatchObject({
        kind: 'FORBIDDEN',
      });
    const report = await feedback.give({ requestId: 'r', verdict: 'wrong' }, by({ features: ['messages'] }));
    expect(report.effect).toBe('pair');
  });
});
