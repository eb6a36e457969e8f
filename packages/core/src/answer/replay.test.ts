import { beforeEach, describe, expect, test } from '@jest/globals';
import { sampleDecision } from '../conformance/decision-log.conformance.ts';
import { entryId, sampleEntry } from '../conformance/storage.samples.ts';
import { decideVersion } from '../decide/version.ts';
import type { BasisCandidate, DecisionBasis, DecisionRecord } from '../ports/observer.ts';
import type { NetworkWord, Verifier } from '../ports/verifier.ts';
import { createMemoryDecisions } from '../stats/decision-ring.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { replayDecision } from './replay.ts';

const asked = 'How do I reset the password for my account?';
const stored = 'How do I reset the password of my account?';
const far = 'How do I not reset the password for my account?';

let stores: ReturnType<typeof createMemoryStore>;
let decisions: ReturnType<typeof createMemoryDecisions>;
let probability: number;
let verified: string[];
let heard: (NetworkWord | undefined)[];
beforeEach(() => {
  stores = createMemoryStore();
  decisions = createMemoryDecisions();
  probability = 0.97;
  verified = [];
  heard = [];
});

const verifier = (version = 'v1'): Verifier => ({
  ...{ version, bar: 0.75 },
  verify: async (pairs) => {
    verified.push(...pairs.map(({ b }) => b));
    heard.push(...pairs.map((pair) => pair.heard));
    return pairs.map(() => ({ probability }));
  },
  explain: async () => ({ probability, features: [] }),
});

const basis = (changes: Partial<DecisionBasis> = {}): DecisionBasis => ({
  ...{ embeddingModel: 'e@1', rules: decideVersion(), guard: 'standard' },
  ...{ similarityMin: 0.7, similarityOrigin: 'floor' },
  verified: { version: 'v1', probabilityMin: 0.75, similarityWithout: 0.9 },
  candidates: [{ entryId: entryId(1), similarity: 0.95, verdict: 'serve', probability: 0.97 }],
  ...changes,
});

function recorded(changes: Partial<DecisionRecord> = {}): void {
  const candidate = { entryId: entryId(1), query: stored };
  decisions.push([
    sampleDecision({
      id: 'call-1',
      outcome: 'hit',
      layer: 'semantic',
      query: asked,
      candidate,
      basis: basis(),
      ...changes,
    }),
  ]);
}

const replay = (with_: { verifier?: Verifier | undefined; version?: string; tenants?: string[] } = {}) =>
  replayDecision('call-1', with_.tenants, {
    ...{ decisions, store: stores.responses, verifier: 'verifier' in with_ ? with_.verifier : verifier() },
    embedder: { model: { id: 'e', version: with_.version ?? 'e@1', dimensions: 8, tokensMax: 9 } },
  });

describe('the same', () => {
  test('a served answer, and a refused one, each for its reason', async () => {
    recorded();
    const served = { kind: 'serve', entryId: entryId(1), reason: null };
    expect(await replay()).toMatchObject({ id: 'call-1', same: true, recorded: served, replayed: served, differs: [] });
    const refused = (verdict: string, changes: Partial<DecisionBasis>, of: Partial<DecisionRecord> = {}) => {
      const { candidates = [{ entryId: entryId(1), similarity: 0.95, verdict, probability: 0.97 }] } = changes;
      recorded({ outcome: 'miss', layer: undefined, basis: basis({ ...changes, candidates }), ...of });
      return replay();
    };
    const verifiedBar = { version: 'v1', probabilityMin: 0.99, similarityWithout: 0.9 };
    expect(await refused('verifier', { verified: verifiedBar })).toMatchObject({
      same: true,
      replayed: { reason: 'verifier' },
    });
    expect(await refused('error-budget', { verified: { ...verifiedBar, probabilityMin: null } })).toMatchObject({
      same: true,
      bar: { verified: { probabilityMin: null } },
    });
    const cannot = { entryId: entryId(1), similarity: 0.95, verdict: 'feedback', link: 'cannot' as const };
    expect(await refused('feedback', { candidates: [cannot] })).toMatchObject({ same: true });
    const low = { entryId: entryId(1), similarity: 0.5, verdict: 'below-threshold' };
    expect(await refused('below-threshold', { candidates: [low] })).toMatchObject({ same: true, differs: [] });
    expect(await refused('no-candidate', { candidates: [] })).toMatchObject({ same: true });
  });

  test('the others’ texts come from the store', async () => {
    await stores.responses.put([sampleEntry(2, { query: far })]);
    const vetoed = { entryId: entryId(2), similarity: 0.96, verdict: 'guard:negation' };
    recorded({ basis: basis({ candidates: [vetoed, ...basis().candidates] }) });
    const report = await replay();
    expect(report.replayed).toMatchObject({ kind: 'serve', entryId: entryId(1) });
    expect([report.same, verified]).toEqual([true, expect.arrayContaining([stored])]);
  });

  test('a verifier that was late then has no word now', async () => {
    const strict = { entryId: entryId(1), similarity: 0.95, verdict: 'serve' };
    recorded({ basis: basis({ candidates: [strict] }) });
    probability = 0;
    expect(await replay()).toMatchObject({ same: true, differs: [] });
    expect(verified).toEqual([]);
  });

  test('what the network said then, or did not, counts again; with another verifier it is asked anew', async () => {
    const candidates = (network: NetworkWord) => [{ ...basis().candidates[0], network } as BasisCandidate];
    for (const network of [{ logit: -1.5 }, { silent: 'late' }] as const) {
      recorded({ basis: basis({ candidates: candidates(network) }) });
      expect(await replay()).toMatchObject({ same: true, differs: [] });
      await replay({ verifier: verifier('v2') });
      expect(heard.splice(0)).toEqual([network, undefined]);
    }
  });

  test('a hit by identity', async () => {
    recorded({
      stage: 'identity',
      basis: undefined,
      entryId: entryId(1),
      query: 'what’s a tide',
      candidate: { entryId: entryId(1), query: 'What is a tide?' },
    });
    expect(await replay()).toMatchObject({ same: true, bar: null });
  });
});

describe('not the same', () => {
  test('another verifier says something else: which version, which probability, which verdict', async () => {
    recorded();
    probability = 0.5;
    expect(await replay({ verifier: verifier('v2'), version: 'e@2' })).toMatchObject({
      same: false,
      recorded: { kind: 'serve' },
      replayed: { kind: 'refuse', entryId: null, reason: 'verifier' },
      differs: [
        { what: 'embeddingModel', recorded: 'e@1', replayed: 'e@2' },
        { what: 'verifier', recorded: 'v1', replayed: 'v2' },
        { what: `${entryId(1)}: verdict`, recorded: 'serve', replayed: 'verifier' },
        { what: `${entryId(1)}: probability`, recorded: 0.97, replayed: 0.5 },
      ],
    });
  });

  test('without the verifier the strict threshold decides', async () => {
    recorded({
      basis: basis({ candidates: [{ entryId: entryId(1), similarity: 0.8, verdict: 'serve', probability: 0.97 }] }),
    });
    expect(await replay({ verifier: undefined })).toMatchObject({
      same: false,
      replayed: { reason: 'below-threshold' },
    });
  });

  test('rules that have changed are told of', async () => {
    recorded({ basis: basis({ rules: 'older' }) });
    expect(await replay()).toMatchObject({ same: true, differs: [{ what: 'rules', recorded: 'older' }] });
  });
});

describe('what can’t be replayed is said to be so', () => {
  test.each<[string, Partial<DecisionRecord>, RegExp]>([
    ['a hit on the same bytes', { layer: 'l1', basis: undefined }, /nothing was compared/],
    ['a question that was cut', { queryKey: 'k'.repeat(64) }, /longer than the 2,000/],
    ['turns', { basis: basis({ turns: true }) }, /earlier turns/],
    ['a stored question that is gone', { candidate: undefined }, /is gone/],
    ['one that was cut, and is gone', { candidate: { entryId: entryId(1), query: stored, key: 'k' } }, /is gone/],
    ['an identity without its question', { stage: 'identity', candidate: undefined }, /not kept whole/],
  ])('%s', async (_, changes, why) => {
    recorded(changes);
    await expect(replay()).rejects.toMatchObject({ kind: 'NOT_REPLAYABLE', message: expect.stringMatching(why) });
  });

  test('nor what nobody knows, or is another tenant’s', async () => {
    await expect(replay()).rejects.toMatchObject({ kind: 'NOT_FOUND' });
    recorded();
    await expect(replay({ tenants: ['other'] })).rejects.toMatchObject({ kind: 'NOT_FOUND' });
  });
});
