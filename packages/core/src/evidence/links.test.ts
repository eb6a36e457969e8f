import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { samplePair } from '../conformance/pair-store.conformance.ts';
import { decide } from '../decide/decide.ts';
import type { EntryId, Fingerprint, TenantId } from '../ids.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { LinkMemory } from './links.ts';
import { judgedPair, textKeyOf } from './pair.ts';

const scope = { tenant: 'default' as TenantId, namespace: 'default', model: 'gpt-4o' };
const F1 = '1'.repeat(64) as Fingerprint;
const F2 = '2'.repeat(64) as Fingerprint;
const [A, B] = ['How do I cancel my order?', 'How do I change my order?'];
const pair = (verdict: 'wrong' | 'right', atMs: number, changes = {}) =>
  samplePair(0, { a: { text: A }, b: { text: B }, verdict, fingerprint: F1, atMs, ...changes });

function house() {
  const { pairs } = createMemoryStore();
  const links = new LinkMemory(pairs);
  const link = (fingerprint = F1, a = A, b = B) => links.of(scope, fingerprint)?.(a, b);
  return { pairs, links, link };
}

describe('keys of texts', () => {
  test.each([
    ['How do I cancel my order?', '  how do I   CANCEL my order ?!'],
    ['What is it?', "What's it?"],
    ['Could you please tell me how to cancel?', 'how to cancel'],
    ['...', '...'],
  ])('%j and %j are one', (a, b) => expect(textKeyOf(a)).toBe(textKeyOf(b)));

  test.each([
    ['How do I cancel order 1?', 'How do I cancel order 2?'],
    ['', '?!.'],
  ])('%j and %j are two', (a, b) => expect(textKeyOf(a)).not.toBe(textKeyOf(b)));

  test('what is longer than any text that is compared is named as it is, without being read', () => {
    const long = 'how do I reset my password '.repeat(400);
    expect(textKeyOf(long.toUpperCase())).not.toBe(textKeyOf(long));
    expect(textKeyOf(long.slice(0, 5000).toUpperCase())).toBe(textKeyOf(long.slice(0, 5000)));
  });

  test('a pair is the same whichever text comes first, whatever the texts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        const one = judgedPair({
          scope,
          a: { text: a },
          b: { text: b },
          verdict: 'wrong',
          source: 'feedback',
          atMs: 1,
        });
        const other = judgedPair({
          scope,
          a: { text: b },
          b: { text: a },
          verdict: 'wrong',
          source: 'feedback',
          atMs: 1,
        });
        expect(one.id).toBe(other.id);
        expect(one.keys).toEqual(other.keys);
      }),
    );
  });
});

describe('feedback memory', () => {
  test('a wrong pair counts in its whole scope and in no other, both ways round', async () => {
    const { links, link } = house();
    expect(links.of(scope, F1)).toBeUndefined();
    await links.put([pair('wrong', 1)]);
    expect([link(), link(F2), link(F1, B, A.toUpperCase())]).toEqual(['cannot', 'cannot', 'cannot']);
    expect(link(F1, A, 'How do I track my order?')).toBeUndefined();
    expect(links.of({ ...scope, namespace: 'other' }, F1)).toBeUndefined();
  });

  test('a right pair counts for its fingerprint; the last word counts, at the same instant the wrong one', async () => {
    const { links, link } = house();
    await links.put([pair('right', 5)]);
    expect([link(F1), link(F2)]).toEqual(['must', undefined]);
    await links.put([pair('wrong', 5)]);
    expect([link(F1), link(F2)]).toEqual(['cannot', 'cannot']);
    await links.put([pair('right', 6)]);
    expect([link(F1), link(F2)]).toEqual(['must', 'cannot']);
    expect(await links.delete([pair('right', 6).id])).toBe(1);
    expect([link(F1), link(F2)]).toEqual(['cannot', 'cannot']);
    expect(await links.delete([pair('wrong', 5).id, pair('wrong', 5).id])).toBe(1);
    expect([links.of(scope, F1), links.size]).toEqual([undefined, 0]);
  });

  test('what others have put, and taken back, is heard of by its id; and a start finds it all', async () => {
    const { pairs, links, link } = house();
    const other = new LinkMemory(pairs);
    await other.put([pair('wrong', 1), samplePair(7)]);
    expect(link()).toBeUndefined();
    await links.refresh([pair('wrong', 1).id]);
    expect(link()).toBe('cannot');
    await other.delete([pair('wrong', 1).id]);
    await links.refresh([pair('wrong', 1).id]);
    expect(links.of(scope, F1)).toBeUndefined();
    await other.put([pair('wrong', 2)]);
    await links.load();
    expect([link(), links.size]).toEqual(['cannot', 2]);
  });

  test('a store that is away changes nothing of what is known, and nothing is known that it did not take', async () => {
    const { pairs, links, link } = house();
    await links.put([pair('wrong', 1)]);
    const away = async () => Promise.reject(new Error('away'));
    Object.assign(pairs, { list: away, put: away, getMany: away });
    await expect(links.load()).rejects.toThrow('away');
    await expect(links.refresh([pair('wrong', 1).id])).rejects.toThrow('away');
    await expect(links.put([samplePair(7)])).rejects.toThrow('away');
    expect([link(), links.size]).toEqual(['cannot', 1]);
  });
});

describe('in the decision', () => {
  const candidate = (query: string, similarity: number) => ({ id: query as EntryId, query, similarity });
  const policy = { threshold: 0.9, guard: 'standard' } as const;

  test('what cannot be served is not, however near; the next one may be', () => {
    const candidates = [candidate(B, 0.99), candidate(A, 0.95)];
    const links = (_: string, b: string) => (b === B ? ('cannot' as const) : undefined);
    const served = decide({ query: A, candidates, policy, links });
    expect(served).toMatchObject({ kind: 'serve', candidate: { query: A } });
    const [first] = candidates;
    const refused = decide({ query: A, candidates: first === undefined ? [] : [first], policy, links });
    expect(refused).toMatchObject({ kind: 'refuse', reason: 'feedback', nearest: { query: B } });
  });

  test('what must be served is, below the threshold and past every guard, ahead of nearer ones', () => {
    const far = candidate('How do I reset the password of account 17?', 0.2);
    const links = (_: string, b: string) => (b === far.query ? ('must' as const) : undefined);
    const query = 'How do I reset the password of account 18?';
    const decision = decide({ query, candidates: [candidate(query, 0.99), far], policy, links });
    expect(decision).toMatchObject({ kind: 'serve', candidate: far, verdicts: [{ verdict: 'serve', link: 'must' }] });
  });

  test.each([
    ['no similarity', candidate(B, Number.NaN)],
    ['a text that is not read whole', candidate('x'.repeat(5000), 0.5)],
  ])('%s is not served even so', (_, unreadable) => {
    const decision = decide({ query: A, candidates: [unreadable], policy, links: () => 'must' });
    expect(decision.kind).toBe('refuse');
  });

  test('explain tells the guards too, and who decided', () => {
    const candidates = [candidate('How do I cancel order 4?', 0.97), candidate('How do I cancel order 5?', 0.96)];
    const links = (_: string, b: string) => (b.includes('4') ? ('cannot' as const) : ('must' as const));
    const decision = decide({ query: 'How do I cancel order 3?', candidates, policy, links, exhaustive: true });
    expect(decision.verdicts).toMatchObject([
      { verdict: 'feedback', link: 'cannot', guards: expect.arrayContaining([{ guard: 'number', differs: '3 / 4' }]) },
      { verdict: 'serve', link: 'must', guards: expect.arrayContaining([{ guard: 'number', differs: '3 / 5' }]) },
    ]);
    expect(decision).toMatchObject({ kind: 'serve', candidate: { query: 'How do I cancel order 5?' } });
  });

  test('without a word about a pair everything is as it was', () => {
    const queries = fc.constantFrom(A, B, 'How do I cancel order 3?', 'Why is the sky blue?');
    const some = fc.array(fc.record({ query: queries, similarity: fc.double({ min: 0, max: 1, noNaN: true }) }));
    fc.assert(
      fc.property(queries, some, fc.boolean(), (query, candidates, exhaustive) => {
        const input = { query, candidates: candidates.map((one) => candidate(one.query, one.similarity)), policy };
        expect(decide({ ...input, exhaustive, links: () => undefined })).toEqual(decide({ ...input, exhaustive }));
      }),
    );
  });
});
