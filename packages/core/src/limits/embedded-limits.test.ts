import { expect, test } from '@jest/globals';
import { limitStoreConformance } from '../conformance/limit-store.conformance.ts';
import { limitStoreProperties } from '../conformance/limit-store.properties.ts';
import { settlement, subject, verdict } from '../conformance/limits.samples.ts';
import { EmbeddedLimits } from './embedded-limits.ts';

const open = async (options: { windowMs: number; leaseMs: number }) => ({
  limits: new EmbeddedLimits(options),
  close: async () => {},
});
limitStoreConformance('memory', open);
limitStoreProperties('memory', open, { runs: 300 });

const NOON = Date.UTC(2026, 10, 30, 12);
const DAY_MS = 86_400_000;

function withClocks() {
  const clock = { now: NOON, ticks: 5_000 };
  const limits = new EmbeddedLimits({ now: () => clock.now, ticks: () => clock.ticks });
  return { clock, limits };
}

test('a clock that jumps opens no new window and ends none', async () => {
  const { clock, limits } = withClocks();
  const one = [subject('key:a', { rpm: 1 })];
  await limits.enter('t', one, 'l1');
  for (const jump of [DAY_MS, -3 * DAY_MS, 61_000]) {
    clock.now += jump;
    expect(verdict(await limits.enter('t', one, 'l2'))).toBe('rpm of 0');
  }
  clock.ticks += 59_999;
  expect(verdict(await limits.enter('t', one, 'l2'))).toBe('rpm of 0');
  clock.ticks += 1;
  expect(verdict(await limits.enter('t', one, 'l2'))).toBe('granted');
});

test('budgets begin anew with the day and the month; a clock that jumps ahead and back finds what was spent', async () => {
  const { clock, limits } = withClocks();
  const one = [subject('key:a', { nanoUsdDay: 10, nanoUsdMonth: 25 })];
  const reserve = async (lease: string) => verdict(await limits.reserve('t', one, lease, { tokens: [0], nanoUsd: 10 }));
  const spend = async (lease: string) => {
    expect(await reserve(lease)).toBe('granted');
    await limits.settle(settlement(lease, ['key:a'], { nanoUsd: 10 }));
  };
  await spend('l1');
  const refused = await limits.reserve('t', one, 'l2', { tokens: [0], nanoUsd: 10 });
  expect(refused).toMatchObject({ kind: 'refused', limit: 'nanoUsdDay', retryAfterMs: DAY_MS / 2 });
  clock.now += DAY_MS / 2 - 1;
  expect(await reserve('l2')).toBe('nanoUsdDay of 0');
  // The first of December: a new day, and a new month.
  clock.now += 1;
  expect((await limits.use('t', ['key:a']))[0]).toMatchObject({ spentDay: 0, spentMonth: 0 });
  await spend('l3');
  clock.now += DAY_MS;
  await spend('l4');
  clock.now += DAY_MS;
  expect(await limits.reserve('t', one, 'l5', { tokens: [0], nanoUsd: 10 })).toMatchObject({
    ...{ limit: 'nanoUsdMonth', retryAfterMs: 29 * DAY_MS },
  });
  clock.now += 400 * DAY_MS;
  expect((await limits.use('t', ['key:a']))[0]).toMatchObject({ spentDay: 0, spentMonth: 0 });
  clock.now -= 401 * DAY_MS;
  expect((await limits.use('t', ['key:a']))[0]).toMatchObject({ spentDay: 10, spentMonth: 20 });
});

test('what is kept of a subject can be put back, and a clock that jumped meanwhile makes no window longer', async () => {
  const { limits } = withClocks();
  await limits.enter('t', [subject('key:a', { rpm: 5 })], 'l1');
  await limits.settle(settlement('l1', ['key:a'], { nanoUsd: 7 }));
  const state = limits.state('t', 'key:a');
  expect(state).toBeDefined();
  for (const [jump, resetMs] of [
    [20_000, 40_000],
    [-DAY_MS, 60_000],
    [60_000, 0],
  ] as const) {
    const after = new EmbeddedLimits({ now: () => NOON + jump, ticks: () => 0 });
    after.restore('t', 'key:a', state as NonNullable<typeof state>);
    expect((await after.use('t', ['key:a']))[0]).toMatchObject({ resetMs });
  }
});

test('forgets who has nothing left', async () => {
  const { clock, limits } = withClocks();
  await limits.enter('t', [subject('key:a', { rpm: 5, concurrent: 5 })], 'l1');
  await limits.settle(settlement('l2', ['key:b'], { nanoUsd: 1 }));
  expect(limits.sweep()).toEqual([]);
  clock.ticks += 60_000;
  expect(limits.sweep()).toEqual([['t', 'key:a']]);
  clock.now += 100 * DAY_MS;
  expect(limits.sweep()).toEqual([['t', 'key:b']]);
  expect(limits.state('t', 'key:b')).toBeUndefined();
});
