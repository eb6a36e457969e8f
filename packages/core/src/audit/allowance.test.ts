import { expect, test } from '@jest/globals';
import { NOTHING_SPENT } from '../caller.ts';
import { EmbeddedLimits } from '../limits/embedded-limits.ts';
import type { LimitStore } from '../ports/limit-store.ts';
import { AuditAllowance } from './allowance.ts';

const lost: unknown[] = [];
let leases = 0;
const allowance = (limits: LimitStore, budgetUsdDay: number, namespace = 'n') =>
  new AuditAllowance({ limits, namespace, budgetUsdDay, lease: `l${++leases}`, onLost: (error) => lost.push(error) });
const reserve = (one: AuditAllowance, usd: number) =>
  one.reserve(
    () => ({ promptTokens: 1, completionTokens: 1 }),
    () => usd,
  );
const spend = async (one: AuditAllowance, costUsd: number) => {
  one.settle({ ...NOTHING_SPENT, costUsd });
  await one.settled();
};

test('what is set aside and what is spent stay within the day’s budget, however many ask at once', async () => {
  const limits = new EmbeddedLimits();
  const some = Array.from({ length: 10 }, () => allowance(limits, 0.5));
  const answers = await Promise.allSettled(some.map((one) => reserve(one, 0.1)));
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
  for (const answer of answers)
    if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ kind: 'BUDGET_EXCEEDED' });
  // Cheaper than thought: there is room again.
  for (const one of some) await spend(one, 0.01);
  await reserve(allowance(limits, 0.5), 0.4);
  await expect(reserve(allowance(limits, 0.5), 0.1)).rejects.toMatchObject({ kind: 'BUDGET_EXCEEDED' });
  // Another namespace has its own.
  await reserve(allowance(limits, 0.5, 'other'), 0.4);
});

test('what was never set aside books nothing; told twice it is booked once', async () => {
  const limits = new EmbeddedLimits();
  const [unasked, asked] = [allowance(limits, 1), allowance(limits, 1)];
  await spend(unasked, 5);
  await reserve(asked, 0.5);
  await spend(asked, 0.6);
  await spend(asked, 0.6);
  const [use] = await limits.use('*audits', ['audit:n']);
  expect(use).toMatchObject({ spentDay: 600_000_000, reserved: 0 });
});

test('a store that can’t say whether there is room: nothing is asked; one that can’t book: it is told of', async () => {
  const away = new Error('away');
  const limits = new EmbeddedLimits();
  const broken: LimitStore = {
    ...{ enter: limits.enter.bind(limits), renew: limits.renew.bind(limits), use: limits.use.bind(limits) },
    reserve: () => Promise.reject(away),
    settle: () => Promise.reject(away),
  };
  await expect(reserve(allowance(broken, 1), 0)).rejects.toBe(away);
  const half = allowance({ ...broken, reserve: limits.reserve.bind(limits) }, 1);
  await reserve(half, 0.1);
  await spend(half, 0.1);
  expect(lost).toEqual([away]);
});
