import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Caller, type TenantId, UNLIMITED } from '@nearhit/core';
import { caller, cost, estimate, HIT, headersOf, LimitedHouse, refusal, used } from './allowances.samples.ts';

let house: LimitedHouse;
beforeEach(() => {
  house = new LimitedHouse();
});
afterEach(() => house.close());

test('who is limited by nothing and has no key costs nothing', () => {
  const anyone: Caller = { tenant: 'default' as TenantId, grants: {} };
  expect(house.allowances().enter(anyone)).toBe(UNLIMITED);
});

describe('requests', () => {
  test('are counted, and what is left is told as OpenAI tells it', async () => {
    const allowances = house.allowances();
    const one = await allowances.enter(caller({ rpm: 3 }, { rpm: 10, tpm: 500 }));
    expect(headersOf({ headers: one.headers() })).toEqual({
      'x-ratelimit-limit-requests': '3',
      'x-ratelimit-remaining-requests': '2',
      'x-ratelimit-reset-requests': '1m0s',
      'x-ratelimit-limit-tokens': '500',
      'x-ratelimit-remaining-tokens': '500',
      'x-ratelimit-reset-tokens': '1m0s',
    });
  });

  test('beyond the limit are refused with when to come back', async () => {
    const allowances = house.allowances();
    await allowances.enter(caller({ rpm: 1 }));
    house.ticks = 47_655;
    const refused = await refusal(() => allowances.enter(caller({ rpm: 1 })));
    expect(refused).toMatchObject({ kind: 'RATE_LIMITED', retryAfterMs: 12_345 });
    expect(refused.message).toBe(
      'Rate limit reached for API key key_1 on requests per minute (RPM): Limit 1, Used 1, Requested 1. Try again in 12.345s.',
    );
    expect(headersOf(refused)).toMatchObject({
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '12.345s',
    });
  });

  test('of a tenant count together, and its limit is named', async () => {
    const allowances = house.allowances();
    await allowances.enter({ ...caller({}, { rpm: 1 }), keyId: 'key_a' });
    const refused = await refusal(() => allowances.enter({ ...caller({}, { rpm: 1 }), keyId: 'key_b' }));
    expect(refused.message).toContain('for tenant acme on requests per minute');
  });

  test('that the cache answers count as configured', async () => {
    const allowances = house.allowances();
    house.inForce = { ...house.inForce, hitRequests: 0.25, hitTokensShare: 0.5 };
    const one = await allowances.enter(caller({ rpm: 9, tpm: 1000 }));
    one.settle(HIT);
    one.settle(HIT);
    expect(await house.use()).toMatchObject({ milliRequests: 250, tokens: 50 });
    house.inForce = { ...house.inForce, hitRequests: 0, hitTokensShare: 0 };
    (await allowances.enter(caller({ rpm: 9, tpm: 1000 }))).settle(HIT);
    expect(await house.use()).toMatchObject({ milliRequests: 250, tokens: 50 });
  });

  test('at once are places, given back in the end; however often that is said', async () => {
    const allowances = house.allowances();
    const one = await allowances.enter(caller({ concurrent: 1 }));
    const refused = await refusal(() => allowances.enter(caller({ concurrent: 1 })));
    expect(refused.message).toMatch(/requests at once: Limit 1, In flight 1/);
    one.settle(used(0));
    one.settle(used(0));
    expect(await house.use()).toMatchObject({ inFlight: 0 });
    await allowances.enter(caller({ concurrent: 1 }));
  });
});

describe('tokens', () => {
  test('are set aside before and counted in the end', async () => {
    const allowances = house.allowances();
    const one = await allowances.enter(caller({ tpm: 100 }));
    await one.reserve(estimate(30, 40), cost(0));
    expect(headersOf({ headers: one.headers() })).toMatchObject({ 'x-ratelimit-remaining-tokens': '30' });
    const other = await allowances.enter(caller({ tpm: 100 }));
    const refused = await refusal(() => other.reserve(estimate(20, 20), cost(0)));
    expect(refused.message).toContain('tokens per minute (TPM): Limit 100, Used 70, Requested about 40');
    expect(refused.retryAfterMs).toBe(60_000);
    one.settle(used(55));
    expect(await house.use()).toMatchObject({ tokens: 55 });
  });

  test('of an answer of unknown length keep no request out that has the window to itself; a prompt that is too long does', async () => {
    const allowances = house.allowances();
    const one = await allowances.enter(caller({ tpm: 100, concurrent: 5 }));
    await one.reserve(estimate(30, 4_000), cost(0));
    expect(await house.use()).toMatchObject({ tokens: 100 });
    one.settle(used(35));
    const long = await allowances.enter(caller({ tpm: 100, concurrent: 5 }));
    const refused = await refusal(() => long.reserve(estimate(101), cost(0)));
    expect(refused.message).toMatch(/too large .* Limit 100, Requested about 101/);
    expect(headersOf(refused)['x-should-retry']).toBe('false');
    // Nothing stays behind.
    expect(await house.use()).toMatchObject({ tokens: 35, inFlight: 0 });
  });

  test('are not estimated where nothing depends on it', async () => {
    const one = await house.allowances().enter(caller({ rpm: 5, concurrent: 5 }));
    await one.reserve(() => {
      throw new Error('it was');
    }, cost(1));
  });

  test('are guessed while the end of the window is far, and counted when it is near', async () => {
    const allowances = house.allowances();
    const enter = () => allowances.enter(caller({ tpm: 1_000 }));
    const guess = () => ({ promptTokens: 60, completionTokens: 0 });
    const counted: number[] = [];
    const count = (tokens: number) => async () => {
      counted.push(tokens);
      return { promptTokens: tokens, completionTokens: 0 };
    };
    await (await enter()).reserve(count(1), cost(0), guess);
    expect(counted).toEqual([]);
    for (let i = 0; i < 5; i++) await (await enter()).reserve(estimate(80), cost(0));
    await (await enter()).reserve(count(2), cost(0), guess);
    expect(counted).toEqual([2]);
  });

  test('are waited for while they are counted', async () => {
    const one = await house.allowances().enter(caller({ tpm: 100 }));
    await one.reserve(async () => ({ promptTokens: 1, completionTokens: 0 }), cost(0));
    expect(await house.use()).toMatchObject({ tokens: 1 });
  });
});

describe('leases', () => {
  test('are renewed together as long as their requests are on their way', async () => {
    const allowances = house.allowances({ renewMs: 10 });
    const one = await allowances.enter(caller({ concurrent: 1 }));
    for (let n = 0; n < 6; n++) {
      house.ticks += 10_000;
      // Two rounds of renewal have passed for sure.
      await new Promise((resolve) => setTimeout(resolve, 40));
      expect(await house.use()).toMatchObject({ inFlight: 1 });
    }
    one.settle(used(0));
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(await house.use()).toMatchObject({ inFlight: 0 });
  });
});

describe('while nobody can say what was used', () => {
  test('open: requests pass, are counted as such, and what they cost is booked when it can be', async () => {
    const allowances = house.allowances();
    const limited = caller({ rpm: 1, tpm: 10, concurrent: 1, budgetUsdDay: 1 });
    house.isAway = true;
    for (let n = 0; n < 3; n++) {
      const one = await allowances.enter(limited);
      await one.reserve(estimate(9), cost(5));
      expect(one.headers()).toEqual([]);
      one.settle(used(5, 0.25));
    }
    await new Promise(setImmediate);
    // Let in, set aside, booked: three times each.
    expect(house.incidents).toEqual(Array(9).fill('limits-unavailable'));
    house.isAway = false;
    await allowances.close();
    expect(await house.use()).toMatchObject({ spentDay: 0.75e9, tokens: 15 });
  });

  test('closed: requests are refused, and nothing stays behind', async () => {
    const allowances = house.allowances();
    house.inForce = { ...house.inForce, whenUnavailable: 'closed' };
    const limited = caller({ rpm: 5, concurrent: 5, budgetUsdDay: 1 });
    const one = await allowances.enter(limited);
    house.isAway = true;
    expect(await refusal(() => allowances.enter(limited))).toMatchObject({
      kind: 'STORE_UNAVAILABLE',
      retryAfterMs: 1000,
    });
    expect(await refusal(() => one.reserve(estimate(1), cost(0)))).toMatchObject({ kind: 'STORE_UNAVAILABLE' });
    house.isAway = false;
    await allowances.close();
    expect(await house.use()).toMatchObject({ inFlight: 0 });
  });
});
