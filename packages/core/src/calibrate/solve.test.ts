import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LabelledSample } from '../ports/sample-store.ts';
import { Calibrator } from './calibrator.ts';
import type { CalibrationPrior } from './prior.ts';

const scope = { tenant: 't', namespace: 'n', model: 'm' };
/** Worse and worse from the top down: 0.1 %, 0.2 %, 0.5 %, 3 %, 8 %, 20 % wrong in the bins. */
const PRIOR: CalibrationPrior = {
  scorer: 'v1',
  version: 'test',
  bins: [
    { scoreMin: 0.98, pairs: 2000, wrong: 2 },
    { scoreMin: 0.95, pairs: 1000, wrong: 2 },
    { scoreMin: 0.9, pairs: 1000, wrong: 5 },
    { scoreMin: 0.85, pairs: 1000, wrong: 30 },
    { scoreMin: 0.8, pairs: 1000, wrong: 80 },
    { scoreMin: 0.4, pairs: 1000, wrong: 200 },
  ],
};

let serial = 0;
const label = (changes: Partial<LabelledSample>): LabelledSample => ({
  ...{ id: `s${++serial}`, ...scope, scorer: 'v1', score: 0.99, similarity: 0.9, right: true },
  ...{ source: 'audit', served: true, atMs: 0, savedUsd: 0, ...changes },
});

function calibrated(samples: readonly LabelledSample[], prior = PRIOR): Calibrator {
  const calibrator = new Calibrator(prior);
  for (const sample of samples) calibrator.count(sample, 1);
  return calibrator;
}

const many = (count: number, changes: Partial<LabelledSample>) => Array.from({ length: count }, () => label(changes));
const barOf = (samples: readonly LabelledSample[], budget = 0.01): number | undefined =>
  calibrated(samples).find(scope, budget).bar;

describe('the bar', () => {
  test('of a cold start is that of the prior', () => {
    expect(calibrated([]).find(scope, 0.01)).toMatchObject({ bar: 0.9, origin: 'prior', priorVersion: 'test' });
    expect(barOf([], 0.02)).toBe(0.85);
    expect(barOf([], 0.2)).toBe(0.8);
    expect(barOf([], 0.001)).toBeUndefined();
  });

  test('is not there while nothing is known', () => {
    const bins = PRIOR.bins.map(({ scoreMin }) => ({ scoreMin, pairs: 0, wrong: 0 }));
    const found = calibrated([], { ...PRIOR, bins }).find(scope, 0.01);
    expect(found).toMatchObject({ bar: undefined, origin: 'none', bound95: 1 });
    expect(calibrated(many(500, {}), { ...PRIOR, bins }).find(scope, 0.01)).toMatchObject({
      bar: 0.98,
      origin: 'scope',
    });
  });

  test('may lie where the labels are, when a stricter one has too few to show anything', () => {
    // Of the prior two in a hundred are wrong at every bar: what it lends keeps no budget of one in a hundred.
    const bins = PRIOR.bins.map(({ scoreMin }) => ({ scoreMin, pairs: 1000, wrong: 20 }));
    const found = (samples: readonly LabelledSample[]) => calibrated(samples, { ...PRIOR, bins }).find(scope, 0.01);
    expect(found([]).bar).toBeUndefined();
    const right = [...many(20, { score: 0.99 }), ...many(800, { score: 0.91 }), ...many(800, { score: 0.96 })];
    expect(found(right)).toMatchObject({ bar: 0.9, origin: 'scope' });
    expect(found(right).bound95).toBeLessThanOrEqual(0.01);
    // Not where one of them could show it, and does not.
    expect(found([...right, ...many(9, { score: 0.92, right: false })]).bar).toBeUndefined();
    // Right ones above say nothing of what lies below.
    expect(found([...many(1400, { score: 0.99 })]).bar).toBe(0.98);
  });

  test('rises with a few wrong ones of the scope', () => {
    expect(barOf(many(3, { score: 0.91, right: false }))).toBe(0.95);
    expect(barOf(many(9, { score: 0.99, right: false }))).toBeUndefined();
  });

  test('falls below that of the prior with many right ones below it, and not below the floor', () => {
    const below = many(2500, { score: 0.86, source: 'shadow', served: false });
    expect(barOf(below)).toBe(0.85);
    const further = [...many(2500, { score: 0.81 }), ...many(2500, { score: 0.45 })];
    expect(barOf([...below, ...further])).toBe(0.8);
  });

  test('is not carried down by what lies far above, where nobody has looked', () => {
    expect(barOf(many(5000, { score: 0.99 }))).toBe(0.9);
    // Ten of forty were wrong there: five thousand right ones above do not make up for it.
    const band = [...many(10, { score: 0.91, right: false }), ...many(30, { score: 0.91 })];
    expect(barOf([...band, ...many(5000, { score: 0.99 })])).toBeGreaterThan(0.9);
  });

  test('takes what others know as no more than is stated', () => {
    const others = many(5000, { score: 0.91, right: false, namespace: 'else', tenant: 'else' });
    expect(calibrated(others).find(scope, 0.01)).toMatchObject({ bar: 0.95, origin: 'prior', samples: { model: 0 } });
    // Five thousand wrong ones of others weigh as much as a thousand own ones would, at the same share.
    const own = calibrated([...others, ...many(100_000, { score: 0.91 })]).find(scope, 0.01);
    expect(own).toMatchObject({ bar: 0.9, origin: 'scope', samples: { scope: 100_000, namespace: 0, model: 5000 } });
  });

  test('hears people tell of wrong ones in their scope only, and is not diluted by right ones', () => {
    const told = (right: boolean, count: number) => many(count, { score: 0.91, right, source: 'feedback' });
    expect(barOf(told(false, 3))).toBeGreaterThan(0.9);
    expect(barOf([...told(false, 3), ...told(true, 10_000)])).toBe(barOf(told(false, 3)));
    expect(calibrated(told(false, 50)).find({ ...scope, namespace: 'other' }, 0.01).bar).toBe(0.9);
  });

  test('stops taking a scope for one like the others where its fair labels say otherwise, and not for what people tell', () => {
    // Where one in 445 is wrong, two of ten would be a miracle; two complaints may be two of thousands.
    const fair = [...many(2, { right: false }), ...many(8, {})];
    expect(barOf(fair, 0.02)).toBeUndefined();
    expect(barOf(many(2, { right: false, source: 'feedback' }), 0.02)).toBe(0.9);
    expect(barOf([...many(2, { right: false }), ...many(2000, {})], 0.02)).toBe(0.9);
  });

  test('knows nothing of another scorer, and lets go of what it is told to', () => {
    expect(barOf(many(50, { right: false, scorer: 'cosine' }))).toBe(0.9);
    const wrong = many(3, { score: 0.91, right: false });
    const calibrator = calibrated(wrong);
    for (const sample of wrong) calibrator.count(sample, -1);
    expect(calibrator.find(scope, 0.01).bar).toBe(0.9);
  });
});

const samples = fc.array(
  fc.record({
    score: fc.double({ min: 0, max: 1, noNaN: true }),
    right: fc.boolean(),
    copies: fc.integer({ min: 1, max: 400 }),
    weight: fc.constantFrom(undefined, 0.25),
    namespace: fc.constantFrom('n', 'n', 'n', 'other'),
    source: fc.constantFrom('audit' as const, 'shadow' as const, 'feedback' as const),
  }),
  { maxLength: 12 },
);
const manyOf = (some: readonly { copies: number }[]): LabelledSample[] =>
  some.flatMap(({ copies, ...changes }) => many(copies, changes));
const priors = fc
  .array(fc.record({ pairs: fc.integer({ min: 0, max: 3000 }), of: fc.double({ min: 0, max: 0.1, noNaN: true }) }), {
    minLength: 6,
    maxLength: 6,
  })
  .map(
    (bins): CalibrationPrior => ({
      ...PRIOR,
      bins: bins.map(({ pairs, of }, at) => ({ scoreMin: 0.98 - at / 20, pairs, wrong: Math.floor(pairs * of) })),
    }),
  );
const budgets = fc.double({ min: 0.0005, max: 0.3, noNaN: true });
/** Nothing served is stricter than any bar. */
const height = (calibrator: Calibrator, budget: number): number =>
  calibrator.find(scope, budget).bar ?? Number.POSITIVE_INFINITY;

describe('whatever is known', () => {
  test('a larger budget never raises the bar', () => {
    fc.assert(
      fc.property(priors, samples, budgets, budgets, (prior, some, a, b) => {
        const calibrator = calibrated(manyOf(some), prior);
        expect(height(calibrator, Math.max(a, b))).toBeLessThanOrEqual(height(calibrator, Math.min(a, b)));
      }),
    );
  });

  test('one more wrong answer of the scope never lowers it, one more right answer never raises it', () => {
    fc.assert(
      fc.property(
        priors,
        samples,
        budgets,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (prior, some, budget, score) => {
          const known = manyOf(some);
          const before = height(calibrated(known, prior), budget);
          expect(height(calibrated([...known, label({ score, right: false })], prior), budget)).toBeGreaterThanOrEqual(
            before,
          );
          expect(height(calibrated([...known, label({ score })], prior), budget)).toBeLessThanOrEqual(before);
        },
      ),
    );
  });

  test('the bound at the bar is within the budget, and the bar is no lower than the floor', () => {
    fc.assert(
      fc.property(priors, samples, budgets, (prior, some, budget) => {
        const calibrator = calibrated(manyOf(some), prior);
        const { bar, bound95 } = calibrator.find(scope, budget);
        if (bar === undefined) return;
        expect(bound95).toBeLessThanOrEqual(budget + 1e-9);
        expect(calibrator.boundAt(scope, bar)).toBeCloseTo(bound95, 12);
        expect(bar).toBeGreaterThanOrEqual(0.5);
      }),
    );
  });
});
