import type { UsageFilter, UsageKey, UsageRecord, UsageRollup, UsageTotals } from '../ports/usage-store.ts';
import { addCounters, countersOfTotals, noCounters, totalsOf } from './counters.ts';

const DAY_MS = 86_400_000;
let lastDay = { number: -1, text: '' };

/** `2026-11-30`, UTC. */
export function usageDay(atMs: number): string {
  const number = Math.floor(clampMs(atMs) / DAY_MS);
  // Nearly always that of the record before.
  if (number !== lastDay.number) lastDay = { number, text: new Date(number * DAY_MS).toISOString().slice(0, 10) };
  return lastDay.text;
}

/** What a Date can hold, and what writes with four digits for its year. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

function clampMs(ms: number): number {
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(Math.floor(ms), 0), LAST_MS);
}

/** First instant of a day as `usageDay` writes it. */
export function dayStartMs(day: string): number {
  return Date.parse(`${day}T00:00:00.000Z`);
}

export function usageKeyOf(record: UsageRecord): UsageKey {
  const { tenant, keyId, namespace, model, provider, upstreamModel } = record;
  return { day: usageDay(record.atMs), tenant, keyId, namespace, model, provider, upstreamModel };
}

/** Equal texts, equal keys. */
export function usageKeyText({ day, tenant, keyId, namespace, model, provider, upstreamModel }: UsageKey): string {
  return JSON.stringify([day, tenant, keyId, namespace, model, provider, upstreamModel]);
}

/** Throws on a text that `usageKeyText` did not make. */
export function usageKeyFrom(text: string): UsageKey {
  const [day, tenant, keyId, namespace, model, provider, upstreamModel] = JSON.parse(text) as string[];
  return { day, tenant, keyId, namespace, model, provider, upstreamModel } as UsageKey;
}

export function matchesUsage(key: UsageKey, filter: UsageFilter): boolean {
  const { tenant, keyId, namespace, model, provider, fromDay, toDay } = filter;
  if (fromDay !== undefined && key.day < fromDay) return false;
  if (toDay !== undefined && key.day > toDay) return false;
  if (tenant !== undefined && key.tenant !== tenant) return false;
  if (keyId !== undefined && key.keyId !== keyId) return false;
  if (namespace !== undefined && key.namespace !== namespace) return false;
  if (provider !== undefined && key.provider !== provider) return false;
  return model === undefined || key.model === model;
}

export const USAGE_GROUPS = ['day', 'tenant', 'key', 'namespace', 'model', 'provider', 'upstreamModel'] as const;
export type UsageGroupBy = (typeof USAGE_GROUPS)[number];

/** Sums of what agrees in the fields asked for; the others are left out. */
export type UsageGroup = { readonly [G in UsageGroupBy]?: string } & { readonly totals: UsageTotals };

const FIELD_OF: Readonly<Record<UsageGroupBy, keyof UsageKey>> = {
  day: 'day',
  tenant: 'tenant',
  key: 'keyId',
  namespace: 'namespace',
  model: 'model',
  provider: 'provider',
  upstreamModel: 'upstreamModel',
};

/** In rising order of the fields, as asked for. No field: one sum of all, also when there is nothing. */
export function groupUsage(rollups: readonly UsageRollup[], groupBy: readonly UsageGroupBy[]): UsageGroup[] {
  const sums = new Map<string, { values: string[]; counters: number[] }>();
  if (groupBy.length === 0) sums.set('[]', { values: [], counters: noCounters() });
  for (const rollup of rollups) {
    const values = groupBy.map((group) => rollup[FIELD_OF[group]]);
    const name = JSON.stringify(values);
    const sum = sums.get(name) ?? { values, counters: noCounters() };
    sums.set(name, sum);
    addCounters(sum.counters, countersOfTotals(rollup.totals));
  }
  return [...sums.values()]
    .sort((a, b) => compareTexts(a.values, b.values))
    .map(({ values, counters }) => ({
      ...Object.fromEntries(groupBy.map((group, at) => [group, values[at]])),
      totals: totalsOf(counters),
    }));
}

function compareTexts(a: readonly string[], b: readonly string[]): number {
  for (const [at, text] of a.entries()) {
    const other = b[at] as string;
    if (text !== other) return text < other ? -1 : 1;
  }
  return 0;
}
