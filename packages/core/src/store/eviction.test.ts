import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chooseVictims, rankOf, VICTIMS_MAX, worthOf } from './eviction.ts';

const T0 = 1_700_000_000_000;
const costs = fc.double({ min: 0, max: 10, noNaN: true });
const sizes = fc.integer({ min: 1, max: 10_000_000 });
const lives = fc.integer({ min: 0, max: 315_360_000 });
const answer = (costUsd: number, lifeSeconds: number) => ({
  ...{ costUsd, createdAtMs: T0, expiresAtMs: T0 + lifeSeconds * 1000 },
});

describe('worth of an answer', () => {
  test('grows with what it saves and with its life, and falls with its size', () => {
    fc.assert(
      fc.property(costs, sizes, lives, costs, sizes, lives, (cost, size, life, more, larger, longer) => {
        const worth = worthOf(answer(cost, life), size);
        expect(worthOf(answer(cost + more, life), size)).toBeGreaterThanOrEqual(worth);
        expect(worthOf(answer(cost, life + longer), size)).toBeGreaterThanOrEqual(worth);
        expect(worthOf(answer(cost, life), size + larger)).toBeLessThanOrEqual(worth);
      }),
    );
  });

  test('is a number above 0 whatever is stored', () => {
    const odd = fc.oneof(fc.double(), fc.constantFrom(-1, 0, Number.MAX_VALUE));
    fc.assert(
      fc.property(odd, odd, odd, fc.nat(), (costUsd, createdAtMs, expiresAtMs, bytes) => {
        const worth = worthOf({ costUsd: Math.min(costUsd, 1e6), createdAtMs, expiresAtMs }, bytes);
        expect(worth).toBeGreaterThan(0);
        expect(Number.isFinite(worth)).toBe(true);
      }),
    );
  });

  test('a rank grows with clock and uses', () => {
    fc.assert(
      fc.property(costs, fc.integer({ min: 1, max: 1e6 }), costs, (clock, uses, worth) => {
        expect(rankOf(clock, uses + 1, worth)).toBeGreaterThanOrEqual(rankOf(clock, uses, worth));
        expect(rankOf(clock + 1, uses, worth)).toBeGreaterThanOrEqual(rankOf(clock, uses, worth));
        expect(rankOf(clock, uses, worth)).toBeGreaterThanOrEqual(clock);
      }),
    );
  });
});

describe('victims', () => {
  const rows = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 100 }) }), { maxLength: 700 });
  const excess = fc.record({ entries: fc.integer({ min: -5, max: 700 }), bytes: fc.integer({ min: -5, max: 5000 }) });

  test('are the lowest, as many as it takes and not one more', () => {
    fc.assert(
      fc.property(rows, excess, (lowestFirst, over) => {
        const victims = chooseVictims(lowestFirst, over);
        expect(victims).toEqual(lowestFirst.slice(0, victims.length));
        const freed = (some: typeof victims) => some.reduce((sum, { bytes }) => sum + bytes, 0);
        const enough = (some: typeof victims) => some.length >= over.entries && freed(some) >= over.bytes;
        if (victims.length > 0) expect(enough(victims.slice(0, -1))).toBe(false);
        if (!enough(victims)) expect(victims).toHaveLength(Math.min(lowestFirst.length, VICTIMS_MAX));
      }),
    );
  });
});
