import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type Caller,
  EmbeddedLimits,
  type LimitSettings,
  type LimitStore,
  NearhitError,
  type Spent,
  type TenantId,
  UNLIMITED,
} from '@nearhit/core';
import { Allowances, type AllowancesOptions } from './allowances.ts';
import type { LimitsInForce } from './limits-in-force.ts';
import { duration } from './rate-headers.ts';

const NOON = Date.UTC(2026, 10, 30, 12);

let ticks: number;
let nowMs: number;
let isAway: boolean;
let incidents: string[];
let inForce: LimitsInForce;
let store: EmbeddedLimits;
const opened: Allowances[] = [];
beforeEach(() => {
  ticks = 0;
  nowMs = NOON;
  isAway = false;
  incidents = [];
  inForce = { hitRequests: 1, hitTokensShare: 0, whenUnavailable: 'open' };
  store = new EmbeddedLimits({ ticks: () => ticks, now: () => nowMs });
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

/** Asks the store unless it is away. */
const unsteady: LimitStore = new Proxy({} as LimitStore, {
  get:
    (_, name) =>
    async (...given: unknown[]) => {
      if (isAway) throw new NearhitError('STORE_UNAVAILABLE', 'away');
      return (Reflect.get(store, name) as (...args: unknown[]) => unknown).apply(store, given);
    },
});

function allowances(options: Partial<AllowancesOptions> = {}): Allowances {
  const observer = { incident: (name: string) => void incidents.push(name) };
  const one = new Allowances({ store: unsteady, limits: () => inForce, observer, renewMs: 3_600_000, ...options });
  opened.push(one);
  return one;
}

const caller = (keyLimits: LimitSettings, tenantLimits: LimitSettings = {}): Caller => ({
  ...{ tenant: 'acme' as TenantId, keyId: 'key_1', grants: {} },
  ...{ keyLimits, tenantLimits },
});

const used = (tokens: number, costUsd = 0): Spent => ({
  hit: false,
  promptTokens: tokens,
  completionTokens: 0,
  costUsd,
});
const HIT: Spent = { hit: true, promptTokens: 60, completionTokens: 40, costUsd: 0 };
const estimate =
  (promptTokens: number, completionTokens = 0) =>
  () => ({ promptTokens, completionTokens });
const cost = (usd: number) => () => usd;
const useOf = async () => (await store.use('acme', ['key:key_1']))[0];

async function refusal(call: () => unknown): Promise<NearhitError> {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(NearhitError);
    return error as NearhitError;
  }
  throw new Error('it was let in');
}

const headersOf = ({ headers }: { headers: readonly string[] }) =>
  Object.fromEntries(headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]]] : [])));

test('who is limited by nothing and has no key costs nothing', () => {
  const anyone: Caller = { tenant: 'default' as TenantId, grants: {} };
  expect(allowances().enter(anyone)).toBe(UNLIMITED);
});

describe('requests', () => {
  test('are counted, and what is left is told as OpenAI tells it', async () => {
    const house = allowances();
    const one = await house.enter(caller({ rpm: 3 }, { rpm: 10, tpm: 500 }));
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
    const house = allowances();
    await house.enter(caller({ rpm: 1 }));
    ticks = 47_655;
    const refused = await refusal(() => house.enter(caller({ rpm: 1 })));
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
    const house = allowances();
    await house.enter({ ...caller({}, { rpm: 1 }), keyId: 'key_a' });
    const refused = await refusal(() => house.enter({ ...caller({}, { rpm: 1 }), keyId: 'key_b' }));
    expect(refused.message).toContain('for tenant acme on requests per minute');
  });

  test('that the cache answers count as configured', async () => {
    const house = allowances();
    inForce = { ...inForce, hitRequests: 0.25, hitTokensShare: 0.5 };
    const one = await house.enter(caller({ rpm: 9, tpm: 1000 }));
    one.settle(HIT);
    one.settle(HIT);
    expect(await useOf()).toMatchObject({ milliRequests: 250, tokens: 50 });
    inForce = { ...inForce, hitRequests: 0, hitTokensShare: 0 };
    (await house.enter(caller({ rpm: 9, tpm: 1000 }))).settle(HIT);
    expect(await useOf()).toMatchObject({ milliRequests: 250, tokens: 50 });
  });

  test('at once are places, given back in the end; however often that is said', async () => {
    const house = allowances();
    const one = await house.enter(caller({ concurrent: 1 }));
    const refused = await refusal(() => house.enter(caller({ concurrent: 1 })));
    expect(refused.message).toMatch(/requests at once: Limit 1, In flight 1/);
    one.settle(used(0));
    one.settle(used(0));
    expect(await useOf()).toMatchObject({ inFlight: 0 });
    await house.enter(caller({ concurrent: 1 }));
  });
});

describe('tokens', () => {
  test('are set aside before and counted in the end', async () => {
    const house = allowances();
    const one = await house.enter(caller({ tpm: 100 }));
    await one.reserve(estimate(30, 40), cost(0));
    expect(headersOf({ headers: one.headers() })).toMatchObject({ 'x-ratelimit-remaining-tokens': '30' });
    const other = await house.enter(caller({ tpm: 100 }));
    const refused = await refusal(() => other.reserve(estimate(20, 20), cost(0)));
    expect(refused.message).toContain('tokens per minute (TPM): Limit 100, Used 70, Requested about 40');
    expect(refused.retryAfterMs).toBe(60_000);
    one.settle(used(55));
    expect(await useOf()).toMatchObject({ tokens: 55 });
  });

  test('of an answer of unknown length keep no request out that has the window to itself; a prompt that is too long does', async () => {
    const house = allowances();
    const one = await house.enter(caller({ tpm: 100, concurrent: 5 }));
    await one.reserve(estimate(30, 4_000), cost(0));
    expect(await useOf()).toMatchObject({ tokens: 100 });
    one.settle(used(35));
    const long = await house.enter(caller({ tpm: 100, concurrent: 5 }));
    const refused = await refusal(() => long.reserve(estimate(101), cost(0)));
    expect(refused.message).toMatch(/too large .* Limit 100, Requested about 101/);
    expect(headersOf(refused)['x-should-retry']).toBe('false');
    // Nothing stays behind.
    expect(await useOf()).toMatchObject({ tokens: 35, inFlight: 0 });
  });

  test('are not estimated where nothing depends on it', async () => {
    const one = await allowances().enter(caller({ rpm: 5, concurrent: 5 }));
    await one.reserve(() => {
      throw new Error('it was');
    }, cost(1));
  });

  test('are guessed while the end of the window is far, and counted when it is near', async () => {
    const house = allowances();
    const enter = () => house.enter(caller({ tpm: 1_000 }));
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
    const one = await allowances().enter(caller({ tpm: 100 }));
    await one.reserve(async () => ({ promptTokens: 1, completionTokens: 0 }), cost(0));
    expect(await useOf()).toMatchObject({ tokens: 1 });
  });
});

describe('budgets', () => {
  test('are never exceeded by what is spent and set aside; the last call may cost more than was thought', async () => {
    const house = allowances();
    const enter = () => house.enter(caller({ budgetUsdDay: 1 }, { budgetUsdMonth: 30 }));
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
    expect(await useOf()).toMatchObject({ spentDay: 123, spentMonth: 123, reserved: 0 });
    const third = await enter();
    await third.reserve(estimate(1), cost(0.9));
    third.settle(used(1, 1.5));
    expect((await refusal(async () => (await enter()).reserve(estimate(1), cost(0)))).kind).toBe('BUDGET_EXCEEDED');
    nowMs += 12 * 3_600_000;
    await (await enter()).reserve(estimate(1), cost(0.9));
  });

  test('that are used up let the cache answer', async () => {
    const house = allowances();
    (await house.enter(caller({ budgetUsdDay: 1 }))).settle(used(1, 2));
    const one = await house.enter(caller({ budgetUsdDay: 1 }));
    one.settle(HIT);
    expect(await useOf()).toMatchObject({ spentDay: 2e9 });
  });

  test('that are set later count what was spent before', async () => {
    const house = allowances();
    (await house.enter(caller({}))).settle(used(10, 2));
    expect(await useOf()).toMatchObject({ spentDay: 2e9 });
    const one = await house.enter(caller({ budgetUsdMonth: 2 }));
    expect((await refusal(() => one.reserve(estimate(1), cost(0.01)))).kind).toBe('BUDGET_EXCEEDED');
  });

  test('costs that are none are none', async () => {
    const house = allowances();
    const one = await house.enter(caller({ budgetUsdDay: 1 }));
    await one.reserve(estimate(1), cost(Number.NaN));
    one.settle(used(Number.NaN, -5));
    expect(await useOf()).toMatchObject({ spentDay: 0, tokens: 0, reserved: 0 });
  });
});

describe('leases', () => {
  test('are renewed together as long as their requests are on their way', async () => {
    const house = allowances({ renewMs: 10 });
    const one = await house.enter(caller({ concurrent: 1 }));
    for (let n = 0; n < 6; n++) {
      ticks += 10_000;
      // Two rounds of renewal have passed for sure.
      await new Promise((resolve) => setTimeout(resolve, 40));
      expect(await useOf()).toMatchObject({ inFlight: 1 });
    }
    one.settle(used(0));
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(await useOf()).toMatchObject({ inFlight: 0 });
  });
});

describe('while nobody can say what was used', () => {
  test('open: requests pass, are counted as such, and what they cost is booked when it can be', async () => {
    const house = allowances();
    const limited = caller({ rpm: 1, tpm: 10, concurrent: 1, budgetUsdDay: 1 });
    isAway = true;
    for (let n = 0; n < 3; n++) {
      const one = await house.enter(limited);
      await one.reserve(estimate(9), cost(5));
      expect(one.headers()).toEqual([]);
      one.settle(used(5, 0.25));
    }
    await new Promise(setImmediate);
    // Let in, set aside, booked: three times each.
    expect(incidents).toEqual(Array(9).fill('limits-unavailable'));
    isAway = false;
    await house.close();
    expect(await useOf()).toMatchObject({ spentDay: 0.75e9, tokens: 15 });
  });

  test('closed: requests are refused, and nothing stays behind', async () => {
    const house = allowances();
    inForce = { ...inForce, whenUnavailable: 'closed' };
    const limited = caller({ rpm: 5, concurrent: 5, budgetUsdDay: 1 });
    const one = await house.enter(limited);
    isAway = true;
    expect(await refusal(() => house.enter(limited))).toMatchObject({ kind: 'STORE_UNAVAILABLE', retryAfterMs: 1000 });
    expect(await refusal(() => one.reserve(estimate(1), cost(0)))).toMatchObject({ kind: 'STORE_UNAVAILABLE' });
    isAway = false;
    await house.close();
    expect(await useOf()).toMatchObject({ inFlight: 0 });
  });
});

test.each([
  [0, '0ms'],
  [12, '12ms'],
  [999.2, '1s'],
  [8_640, '8.64s'],
  [60_000, '1m0s'],
  [360_000, '6m0s'],
  [61_500, '1m1.5s'],
])('%d ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
