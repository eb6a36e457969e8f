import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NearhitError } from '../errors.ts';
import type { PairNetwork } from '../ports/pair-network.ts';

const PAIRS = [
  { a: 'How do I reset my password?', b: 'What is the way to reset my password?' },
  { a: 'How do I reset my password?', b: 'Which river flows through Vienna?' },
  { a: 'a cat', b: 'a cat' },
  { a: 'Is the museum open on holidays?', b: 'Is the museum shop open on holidays, and how long?' },
];

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error: unknown) => (error instanceof NearhitError ? error.kind : String(error)),
  );

/** What a network of pairs owes its callers, whatever is in between. */
export function pairNetworkConformance(
  name: string,
  open: () => Promise<{ readonly network: PairNetwork; close(): Promise<void> }>,
): void {
  describe(`PairNetwork: ${name}`, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    let network: PairNetwork;
    beforeAll(async () => {
      opened = await open();
      network = opened.network;
    });
    afterAll(() => opened.close());

    const one = async (a: string, b: string) => (await network.score([{ a, b }]))[0];

    test('says which it is', () => {
      expect(network.version).toMatch(/^[\x21-\x7e]{1,100}$/);
    });

    test('a finite logit per pair, in order, none for none', async () => {
      expect(await network.score([])).toEqual([]);
      const logits = await network.score(PAIRS);
      expect(logits).toHaveLength(PAIRS.length);
      for (const logit of logits) expect(Number.isFinite(logit)).toBe(true);
      expect(new Set(logits).size).toBeGreaterThan(1);
    });

    test('a pair has the same logit, bit for bit, alone, among others, beside other calls, and exchanged', async () => {
      const [together, reversed, ...alone] = await Promise.all([
        network.score(PAIRS),
        network.score([...PAIRS].reverse().map(({ a, b }) => ({ a: b, b: a }))),
        ...PAIRS.map((pair) => network.score([pair])),
      ]);
      expect(alone.map((logits) => logits?.[0])).toEqual(together);
      expect([...(reversed ?? [])].reverse()).toEqual(together);
    });

    test.each([
      ['empty', ''],
      ['blank', ' \t\n\u00a0'],
      ['NUL', 'a\0b\0'],
      ['a lone surrogate', 'why \ud83d?'],
      ['only emoji', '😀👩‍👩‍👧‍👦🇻🇳'],
      ['special tokens', '[CLS] [SEP] [PAD] [MASK]'],
      ['right to left', 'كيف حالك؟'],
      ['the name of a property', '__proto__'],
    ])('odd text: %s', async (_, text) => {
      const logit = await one(text, 'How do I reset my password?');
      expect(Number.isFinite(logit)).toBe(true);
      expect(await one('How do I reset my password?', text)).toBe(logit);
      expect(Number.isFinite(await one(text, text))).toBe(true);
    });

    test.each([
      ['100,000 characters', 'lorem ipsum, '.repeat(8000)],
      ['a million ideographs', '水'.repeat(1_000_000)],
    ])('nothing is said of a text that is too long: %s; and it harms nobody beside it', async (_, text) => {
      const usual = await one('a cat', 'a dog');
      const asked = [
        { a: text, b: 'a cat' },
        { a: 'a cat', b: 'a dog' },
        { a: 'a cat', b: text },
      ];
      expect(await network.score(asked)).toEqual([undefined, usual, undefined]);
    });

    test('a deadline gone by is refused, and harms nobody else', async () => {
      expect(await refusal(network.score(PAIRS, { deadlineMs: Date.now() - 1 }))).toBe('EMBEDDER_BUSY');
      expect(await refusal(network.score(PAIRS, { deadlineMs: Number.NaN }))).toBe('EMBEDDER_BUSY');
      expect(await refusal(network.score(PAIRS, { deadlineMs: Date.now() + 60_000 }))).toBe('answered');
    });
  });
}
