import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Replicas, SECOND_MS } from './replicas.samples.ts';

type Step = { readonly kind: 'record' | 'flush' | 'refresh' | 'crash' | 'load' | 'away' | 'back'; readonly at: number };
type Pass = { readonly kind: 'pass'; readonly seconds: number };

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('record' as const), at: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('flush' as const), at: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('refresh' as const), at: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('crash', 'load', 'away', 'back', 'back'), at: fc.nat(3) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      seconds: fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 60, max: 5000 })),
    }),
  },
) as fc.Arbitrary<Step | Pass>;

/** Several things may be under way at once; a crash waits, for what is under way then is neither saved nor lost. */
async function play(all: Replicas, steps: readonly (Step | Pass)[], overlapping: boolean): Promise<void> {
  const underWay: Promise<unknown>[] = [];
  for (const one of steps) {
    let doing: Promise<unknown> = Promise.resolve();
    if (one.kind === 'pass') all.nowMs += one.seconds * SECOND_MS;
    else if (one.kind === 'record') all.record(one.at);
    else if (one.kind === 'away' || one.kind === 'back') all.store.away = one.kind === 'away';
    else if (one.kind === 'refresh' || one.kind === 'load') doing = all.at(one.at)[one.kind]();
    else if (one.kind === 'flush') doing = overlapping ? all.at(one.at).flush() : all.flush(one.at);
    else if (!overlapping) all.crash(one.at);
    underWay.push(doing.catch(() => {}));
    if (!overlapping) await Promise.all(underWay.splice(0));
    for (const requests of all.requests('7d')) expect(requests).toBeLessThanOrEqual(all.expected('7d'));
  }
  await Promise.all(underWay);
}

const RUNS = Number(process.env.NEARHIT_PROPERTY_RUNS ?? 300);

describe.each([{ overlapping: false }, { overlapping: true }])(
  'whatever the order of things, $overlapping',
  ({ overlapping }) => {
    test('every reader counts every request once', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
          const all = new Replicas(3);
          await play(all, steps, overlapping);
          await all.settle();
          for (const window of ['5m', '1h', '7d'] as const) {
            expect(all.requests(window)).toEqual(Array(3).fill(all.expected(window)));
          }
        }),
        { numRuns: RUNS },
      );
    });
  },
);
