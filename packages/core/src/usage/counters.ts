import type { UsageRecord, UsageTotals } from '../ports/usage-store.ts';

/** Names in the order of the numbers that a store adds up. Money is in nano-USD: whole numbers, whose sums are exact. */
const NAMES = [
  'requests',
  'hits',
  'misses',
  'bypasses',
  'errors',
  'promptTokens',
  'cachedPromptTokens',
  'completionTokens',
  'estimatedTokens',
  'costUsd',
  'savedUsd',
  'savedTokens',
] as const satisfies readonly (keyof UsageTotals)[];

const MONEY = new Set<keyof UsageTotals>(['costUsd', 'savedUsd']);
const NANO = 1e9;

/** What a record adds to each sum, or a sum itself; in the order of `UsageTotals`, all whole numbers. */
export type UsageCounters = number[];

export const USAGE_COUNTERS = NAMES.length;

/** Nearest whole nano-USD; 0 for what is no amount. */
export function nanoUsd(usd: number): number {
  const nano = Math.round(usd * NANO);
  return Number.isSafeInteger(nano) ? nano : 0;
}

export const usdOfNano = (nano: number): number => nano / NANO;

export function countersOf(record: UsageRecord): UsageCounters {
  const { outcome } = record;
  const tokens = whole(record.promptTokens) + whole(record.completionTokens);
  return [
    1,
    outcome === 'hit' || outcome === 'stale' ? 1 : 0,
    outcome === 'miss' ? 1 : 0,
    outcome === 'bypass' ? 1 : 0,
    outcome === 'error' || outcome === 'interrupted' ? 1 : 0,
    whole(record.promptTokens),
    whole(record.cachedPromptTokens),
    whole(record.completionTokens),
    record.estimated === true ? tokens : 0,
    nanoUsd(record.costUsd),
    nanoUsd(record.savedUsd),
    whole(record.savedTokens),
  ];
}

function whole(count: number): number {
  const rounded = Math.round(count);
  return Number.isSafeInteger(rounded) ? rounded : 0;
}

export function addCounters(sum: UsageCounters, more: readonly number[]): void {
  for (let at = 0; at < USAGE_COUNTERS; at++) sum[at] = (sum[at] ?? 0) + (more[at] ?? 0);
}

export const noCounters = (): UsageCounters => new Array<number>(USAGE_COUNTERS).fill(0);

export function totalsOf(counters: readonly number[]): UsageTotals {
  const totals: Partial<Record<keyof UsageTotals, number>> = {};
  for (const [at, name] of NAMES.entries()) {
    const value = counters[at] ?? 0;
    totals[name] = MONEY.has(name) ? usdOfNano(value) : value;
  }
  return totals as UsageTotals;
}

/** The counters that these totals were made of: money comes back to the nano-USD up to 4 million USD. */
export function countersOfTotals(totals: UsageTotals): UsageCounters {
  return NAMES.map((name) => (MONEY.has(name) ? nanoUsd(totals[name]) : totals[name]));
}
