import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { EntryId } from '../ids.ts';
import { type Candidate, type DecideInput, decide, decideVerified } from './decide.ts';

const STORED = 'How do I cancel my order?';
const candidate = (id: string, similarity: number, query = STORED): Candidate => ({
  id: id as EntryId,
  query,
  similarity,
});
const input = (candidates: readonly Candidate[], more: Partial<DecideInput> = {}): DecideInput => ({
  ...{ query: 'What is the way to cancel an order?', candidates, policy: { threshold: 0.7, guard: 'standard' } },
  verified: { probabilityMin: 0.75, similarityWithout: 0.9 },
  ...more,
});

/** Answers by id, and tells who was asked about. */
function judge(known: Record<string, number | undefined>) {
  const asked: string[] = [];
  const probabilityOf = async ({ id }: Candidate) => {
    asked.push(id);
    return known[id];
  };
  return { asked, probabilityOf };
}

describe('a decision with a verifier', () => {
  test('serves the first candidate that is probable enough', async () => {
    const { asked, probabilityOf } = judge({ a: 0.74, b: 0.8, c: 0.99 });
    const all = [candidate('a', 0.95), candidate('b', 0.9), candidate('c', 0.8)];
    const decision = await decideVerified(input(all), probabilityOf);
    expect(decision).toMatchObject({ kind: 'serve', candidate: { id: 'b' }, probability: 0.8 });
    expect(asked).toEqual(['a', 'b']);
  });

  test('says why not: the verifier, or a budget that no probability keeps', async () => {
    const { probabilityOf } = judge({ a: 0.5 });
    const all = [candidate('a', 0.95)];
    expect(await decideVerified(input(all), probabilityOf)).toMatchObject({ kind: 'refuse', reason: 'verifier' });
    const verified = { probabilityMin: Number.POSITIVE_INFINITY, similarityWithout: 0.9 };
    const decision = await decideVerified(input(all, { verified }), probabilityOf);
    expect(decision).toMatchObject({ kind: 'refuse', reason: 'error-budget', verdicts: [{ probability: 0.5 }] });
  });

  test('does not ask about what is the same text, what a guard refuses, or what was judged before', async () => {
    const { asked, probabilityOf } = judge({});
    const same = await decideVerified(
      input([candidate('a', 0.99)], { query: 'how do I cancel my order' }),
      probabilityOf,
    );
    expect(same).toMatchObject({ kind: 'serve' });
    const numbered = input([candidate('b', 0.97, 'How do I cancel order 12?')], { query: 'How do I cancel order 13?' });
    expect(await decideVerified(numbered, probabilityOf)).toMatchObject({ reason: 'guard:number' });
    const linked = await decideVerified(input([candidate('c', 0.8)], { links: () => 'must' }), probabilityOf);
    expect(linked).toMatchObject({ kind: 'serve' });
    expect(asked).toEqual([]);
  });

  test('falls back to the strict threshold, never to the loose one, where the verifier says nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0.7, max: 1, noNaN: true }), async (similarity) => {
        const all = [candidate('a', similarity)];
        const decision = await decideVerified(input(all), async () => undefined);
        expect(decision.kind).toBe(similarity >= 0.9 - 1e-6 ? 'serve' : 'refuse');
        expect(decide(input(all))).toEqual(decision);
      }),
    );
  });

  test('an explanation asks about every candidate', async () => {
    const { asked, probabilityOf } = judge({ a: 0.9, b: 0.1 });
    const all = [candidate('a', 0.95), candidate('b', 0.5)];
    const decision = await decideVerified(input(all, { exhaustive: true }), probabilityOf);
    expect(decision.verdicts.map(({ verdict, probability }) => [verdict, probability])).toEqual([
      ['serve', 0.9],
      ['below-threshold', 0.1],
    ]);
    expect(asked).toEqual(['a', 'b']);
  });
});
