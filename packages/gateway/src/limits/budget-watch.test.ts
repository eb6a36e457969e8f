import { expect, test } from '@jest/globals';
import type { LimitSubject, SubjectUse } from '@nearhit/core';
import fc from 'fast-check';
import { BudgetWatch } from './budget-watch.ts';

const USD = 1_000_000_000;
const use = (spentDay: number, spentMonth = spentDay, reserved = 0): SubjectUse => ({
  ...{ milliRequests: 0, tokens: 0, window: 0, resetMs: 0, inFlight: 0 },
  ...{ spentDay: spentDay * USD, spentMonth: spentMonth * USD, reserved: reserved * USD },
});
const subject = (id: string, day?: number, month?: number): LimitSubject => ({
  id,
  limits: {
    ...(day !== undefined && { nanoUsdDay: day * USD }),
    ...(month !== undefined && { nanoUsdMonth: month * USD }),
  },
});

let nowMs = Date.UTC(2026, 10, 30, 12);
const watch = () => {
  nowMs = Date.UTC(2026, 10, 30, 12);
  return new BudgetWatch(() => nowMs);
};

test('tells of budgets from 80 % on, what is set aside included, fullest first', () => {
  const budgets = watch();
  budgets.note([subject('key:a', 10), subject('tenant:t', 100, 200)], [use(8), use(50, 170, 20)]);
  budgets.note([subject('key:b', 10)], [use(7.9)]);
  expect(budgets.near()).toEqual([
    { subject: 'tenant:t', period: 'month', ratio: 0.95 },
    { subject: 'key:a', period: 'day', ratio: 0.8 },
  ]);
});

test('forgets one that has room again, and all when their time is over', () => {
  const budgets = watch();
  budgets.note([subject('key:a', 10, 10), subject('key:b', 10)], [use(9), use(9)]);
  budgets.note([subject('key:b', 20)], [use(9)]);
  expect(budgets.near().map(({ subject: id, period }) => `${id} ${period}`)).toEqual(['key:a day', 'key:a month']);
  nowMs = Date.UTC(2026, 11, 1);
  expect(budgets.near()).toEqual([]);
});

test('who has no budget is not told of; who may spend nothing is', () => {
  const budgets = watch();
  budgets.note([subject('key:a'), subject('key:b', 0)], [use(5), use(0)]);
  expect(budgets.near()).toEqual([{ subject: 'key:b', period: 'day', ratio: 1 }]);
});

test('tells of 50 at most, those that are fullest', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { maxLength: 200 }), (ratios) => {
      const budgets = watch();
      for (const [n, ratio] of ratios.entries()) budgets.note([subject(`key:${n}`, 1)], [use(ratio)]);
      const told = budgets.near().map(({ ratio }) => ratio);
      const near = ratios.filter((ratio) => (ratio * USD) / USD >= 0.8).sort((a, b) => b - a);
      expect(told.length).toBe(Math.min(50, near.length));
      expect(told.map((ratio) => ratio.toFixed(6))).toEqual(near.slice(0, 50).map((ratio) => ratio.toFixed(6)));
    }),
    { numRuns: 100 },
  );
});
