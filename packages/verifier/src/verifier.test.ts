import { cpSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { PAIR_FEATURES } from '@nearhit/core';
import fc from 'fast-check';
import { loadPrior, loadVerifier, verifierDir } from './index.ts';

const verifier = loadVerifier();
const p = (a: string, b: string, similarity: number) => verifier.probability({ a, b, similarity });
const BAR = 0.8;

/** Own pairs with the similarity that the bundled embedder gives them, about. */
const ABOVE: readonly [string, string, number][] = [
  ['How do I bake sourdough bread at home?', 'What is the best way to bake sourdough bread at home?', 0.95],
  ['How can I repair a leaking kitchen tap?', 'How do I repair a leaking kitchen tap?', 0.98],
  ['Where can I buy fresh lavender in Bern?', 'Where can I purchase fresh lavender in Bern?', 0.97],
  ['What is the capital of Bhutan?', 'what is the captial of bhutan', 0.9],
  ['What causes thunder?', 'What is it that causes thunder?', 0.95],
];
const BELOW: readonly [string, string, number][] = [
  ['Who wrote Hamlet?', 'Who wrote Macbeth?', 0.72],
  ['How do I train a puppy to swim?', 'How do I train a puppy to sit?', 0.84],
  ['How do I grow tomatoes?', 'How do I grow tomatoes without a garden?', 0.88],
  ['What does a baker earn?', 'What does a retired baker earn?', 0.9],
  ['Why do cats purr?', 'Which plants live in caves?', 0.75],
  ['Is the museum open on holidays?', 'Is the museum shop open on holidays?', 0.93],
];

describe('the bundled verifier', () => {
  test.each(ABOVE)('%s = %s', (a, b, similarity) => {
    expect(p(a, b, similarity)).toBeGreaterThanOrEqual(BAR);
  });

  test.each(BELOW)('%s != %s', (a, b, similarity) => {
    expect(p(a, b, similarity)).toBeLessThan(BAR);
  });

  test('the same text is as sure as anything', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => p(text, text, 1) >= 0.99));
    expect(p('Please, what is rust?', 'what is rust', 0.8)).toBeGreaterThanOrEqual(0.99);
  });

  test('answers a probability for any texts and any similarity, the same in both directions', () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(...ABOVE.flat(2).map(String)),
    );
    fc.assert(
      fc.property(any, any, fc.double(), (a, b, similarity) => {
        const there = p(a, b, similarity);
        expect(there).toBe(p(b, a, similarity));
        expect(there >= 0 && there <= 1).toBe(true);
      }),
    );
  });

  test.each([
    ['a', 'b'],
    ['a'.repeat(100_000), 'b'.repeat(100_000)],
    ['word '.repeat(20_000), 'word '.repeat(19_999)],
    ['😀😂', '😂😀'],
    ['مرحبا بالعالم', 'مرحبا'],
    ['\u0000', '\u0000\u0000'],
    ['e\u0301\u0301\u0301'.repeat(300), 'é'],
    ['', 'x'],
  ])('%#: what nothing is known of is never served', (a, b) => {
    expect(p(a, b, Number.NaN)).toBeLessThan(BAR);
  });

  test('a long question is served only for itself', async () => {
    const long = Array.from({ length: 80 }, (_, i) => `word${i}`).join(' ');
    expect(p(long, `${long} more`, 0.999)).toBe(0);
    expect(await verifier.explain({ a: long, b: `${long} more`, similarity: 0.999 })).toEqual({
      probability: 0,
      rule: 'too-long',
      features: [],
    });
    expect(p(long, `${long}?`, 1)).toBeGreaterThanOrEqual(0.99);
  });

  test('explains itself: the contributions add up to the difference between two scores', async () => {
    const logit = (x: number) => Math.log(x / (1 - x));
    const [near, far] = await Promise.all(
      [0.95, 0.72].map((similarity) =>
        verifier.explain({ a: 'Who wrote Hamlet?', b: 'Who wrote Macbeth?', similarity }),
      ),
    );
    const sum = (found: typeof near) =>
      (found?.features ?? []).reduce((total, { contribution }) => total + contribution, 0);
    const apart = logit(near?.probability ?? 0) - logit(far?.probability ?? 0);
    expect(sum(near) - sum(far)).toBeCloseTo(apart, 1);
    const strength = (near?.features ?? []).map(({ contribution }) => Math.abs(contribution));
    expect(strength).toEqual([...strength].sort((x, y) => y - x));
    expect(near?.rule).toBeUndefined();
    expect(await verifier.verify([{ a: 'Who wrote Hamlet?', b: 'Who wrote Macbeth?', similarity: 0.95 }])).toEqual([
      { probability: near?.probability },
    ]);
  });

  test('a greater similarity never speaks against a pair', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ABOVE, ...BELOW),
        fc.double({ min: 0, max: 1, noNaN: true }),
        ([a, b, s], lower) => {
          expect(p(a, b, s * lower)).toBeLessThanOrEqual(p(a, b, s) + 1e-4);
        },
      ),
    );
  });

  test.each([false, true])(
    'the prior speaks of this model, and errs less the surer it is (network: %s)',
    (withNetwork) => {
      const prior = loadPrior({ withNetwork });
      expect(verifier.version.startsWith(`${prior.verifier}+`)).toBe(true);
      const edges = prior.bins.map(({ from }) => from);
      expect(edges).toEqual([...edges].sort((x, y) => x - y));
      const wrong = (from: number) => {
        const bins = prior.bins.filter((bin) => bin.from >= from);
        const total = (of: 'wrong' | 'pairs') => bins.reduce((sum, bin) => sum + bin[of], 0);
        return total('wrong') / total('pairs');
      };
      expect(wrong(0.9)).toBeLessThan(wrong(0.6));
      expect(wrong(0.6)).toBeLessThan(wrong(0));
    },
  );
});

const SMALL = {
  version: 'x',
  features: PAIR_FEATURES.map(({ name }) => name),
  baseline: 0,
  trees: [[-1, 0, 0, 0, 0.5]],
  calibration: { asked: { slope: 1, intercept: 0 }, stated: { slope: 1, intercept: 0 } },
};

describe('a broken model folder', () => {
  const dir = mkdtempSync(join(tmpdir(), 'nearhit-verifier-'));
  afterAll(() => rmSync(dir, { recursive: true }));

  function broken(file: string, change: (path: string) => void): () => void {
    cpSync(verifierDir, dir, { recursive: true });
    change(join(dir, file));
    return () => void (file === 'prior.json' ? loadPrior({ dir }) : loadVerifier({ dir }));
  }

  test.each<[string, string, (path: string) => void]>([
    ['missing', 'trees.json', (path) => rmSync(path)],
    ['cut short', 'lexicon.bin', (path) => truncateSync(path, 500_000)],
    ['empty', 'lexicon.bin', (path) => truncateSync(path, 0)],
    ['not JSON', 'trees.json', (path) => writeFileSync(path, '{"version":')],
    [
      'of other features',
      'trees.json',
      (path) => writeFileSync(path, JSON.stringify({ ...SMALL, features: ['cosine'] })),
    ],
    [
      'without an end',
      'trees.json',
      (path) => writeFileSync(path, JSON.stringify({ ...SMALL, trees: [[0, 1, 0, 0, 0]] })),
    ],
    ['of another shape', 'prior.json', (path) => writeFileSync(path, '{}')],
  ])('%s %s is one clear line', (_what, file, change) => {
    const load = broken(file, change);
    expect(load).toThrow(`cannot load the verifier's ${join(dir, file)}: `);
    expect(load).not.toThrow('\n');
  });
});
