import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { caller, cost, estimate, HIT, headersOf, LimitedHouse, refusal, used } from './allowances.samples.ts';

let house: LimitedHouse;
beforeEach(() => {
  house = new LimitedHouse();
});
afterEach(() => house.close());

describe('budgets', () => {
  test('are never exceeded by what is spent and set aside; the last call may cost more than was thought', async () => {
    const allowances = house.allowances();
    const enter = () => allowances.enter(caller({ budgetUsdDay: 1 }, { budgetUsdMonth: 30 }));
    const one = await enter();
    await one.reserve(estimate(1), cost(0.6));
    const other = await enter();
    const refused = await refusal(() => other.reserve(estimate(1), cost(0.5)));
    expect(refused).toMatchObject({ kind: 'BUDGET_EXCEEDED', retryAfterMs: 12 * 3_600_000 });
    expect(refused.message).toBe(
      'The daily budget of API key key_1 does not allow this call: Budget $1.00, Spent $0.00, ' +
        'Set aside for calls on their way $0.60, Needed about $0.50. It begins anew in 12 h (UTC).',
    );
    expect(headersOf(refused)['x-should-retry']).toBe('false');
    one.settle(used(1, 0.000_000_123));
    expect(await house.use()).toMatchObject({ spentDay: 123, spentMonth: 123, reserved: 0 });
    const third = await enter();
    await third.reserve(estimate(1), cost(0.9));
    third.settle(used(1, 1.5));
    expect((await refusal(async () => (await enter()).reserve(estimate(1), cost(0)))).kind).toBe('BUDGET_EXCEEDED');
    house.nowMs += 12 * 3_600_000;
    await (await enter()).reserve(estimate(1), cost(0.9));
  });

  test('that are used up let the cache answer', async () => {
    const allowances = house.allowances();
    (await allowances.enter(caller({ budgetUsdDay: 1 }))).settle(used(1, 2));
    const one = await allowances.enter(caller({ budgetUsdDay: 1 }));
    one.settle(HIT);
    expect(await house.use()).toMatchObject({ spentDay: 2e9 });
  });

  test('that are set later count what was spent before', async () => {
    const allowances = house.allowances();
    (await allowances.enter(caller({}))).settle(used(10, 2));
    expect(await house.use()).toMatchObject({ spentDay: 2e9 });
    const one = await allowances.enter(caller({ budgetUsdMonth: 2 }));
    expect((await refusal(() => one.reserve(estimate(1), cost(0.01)))).kind).toBe('BUDGET_EXCEEDED');
  });

  test('costs that are none are none', async () => {
    const allowances = house.allowances();
    const one = await allowances.enter(caller({ budgetUsdDay: 1 }));
    await one.reserve(estimate(1), cost(Number.NaN));
    one.settle(used(Number.NaN, -5));
    expect(await house.use()).toMatchObject({ spentDay: 0, tokens: 0, reserved: 0 });
  });
});
