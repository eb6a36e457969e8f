import {
  dayStartMs,
  groupUsage,
  NearhitError,
  type UsageFilter,
  type UsageGroup,
  type UsageStore,
  usageDay,
} from '@nearhit/core';
import type { z } from 'zod';
import { type Operation, operation } from './operation.ts';
import {
  type UsageAnswer,
  type UsageRecordsAnswer,
  usageAnswer,
  usageQuery,
  usageRecordsAnswer,
  usageRecordsQuery,
} from './usage-schemas.ts';

export interface UsageDeps {
  /** Absent: 404 for what is about the accounts. */
  readonly accounts?: Pick<UsageStore, 'rollups' | 'records'> | undefined;
  readonly now: () => number;
}

type Filters = Pick<
  z.output<typeof usageRecordsQuery>,
  'from' | 'to' | 'tenant' | 'key' | 'namespace' | 'model' | 'provider'
>;

const DAY_MS = 86_400_000;
const DAYS = 30;
const TOTALS = [
  ...(['requests', 'hits', 'misses', 'bypasses', 'errors', 'promptTokens', 'cachedPromptTokens'] as const),
  ...(['completionTokens', 'estimatedTokens', 'costUsd', 'savedUsd', 'savedTokens'] as const),
] as const;
const RECORD_COLUMNS = [
  ...(['at', 'id', 'requestId', 'tenant', 'keyId', 'namespace', 'endpoint', 'model', 'provider'] as const),
  ...(['upstreamModel', 'attempts', 'outcome', 'layer', 'reason', 'status', 'promptTokens'] as const),
  ...(['cachedPromptTokens', 'completionTokens', 'estimated', 'costUsd', 'savedUsd', 'savedTokens'] as const),
  ...(['latencyMs', 'firstByteMs', 'overheadMs', 'query'] as const),
] as const;

/** The accounts: sums, and the records that they are made of. */
export function usageOperations({ accounts, now }: UsageDeps): Operation[] {
  const reader = () => {
    if (accounts !== undefined) return accounts;
    throw new NearhitError('NOT_FOUND', 'No accounts are kept here.');
  };
  return [
    operation({
      method: 'get',
      path: '/usage',
      id: 'getUsage',
      summary: 'Requests, tokens and money, grouped; as CSV too.',
      query: usageQuery,
      answer: usageAnswer,
      csv: ({ groupBy, groups }: UsageAnswer) => ({ columns: [...groupBy, ...TOTALS], rows: groups }),
      handle: async ({ query: { groupBy, ...filters } }) => {
        const { from, to, filter } = spanOf(filters, now());
        const rollups = await reader().rollups(filter);
        const groups = groupUsage(rollups, groupBy).map(flat);
        return { from, to, groupBy, groups, totals: totalsIn(groupUsage(rollups, [])[0] as UsageGroup) };
      },
    }),
    operation({
      method: 'get',
      path: '/usage/records',
      id: 'listUsageRecords',
      summary: 'Single requests as they are accounted for, newest first; as CSV too.',
      query: usageRecordsQuery,
      answer: usageRecordsAnswer,
      csv: ({ records }: UsageRecordsAnswer) => ({
        columns: RECORD_COLUMNS,
        rows: records.map((record) => ({ at: new Date(record.atMs).toISOString(), ...record })),
      }),
      headers: ({ cursor }: UsageRecordsAnswer) => (cursor === undefined ? {} : { 'x-nearhit-cursor': cursor }),
      handle: async ({ query: { cursor, limit, ...filters } }) => {
        const { from: fromDay, to: toDay, key: keyId, ...rest } = filters;
        return reader().records({ ...rest, keyId, fromDay, toDay }, { cursor, limit });
      },
    }),
  ];
}

/** Thirty days where only one end is given, or none. */
function spanOf({ from, to, key, ...rest }: Filters, nowMs: number): { from: string; to: string; filter: UsageFilter } {
  const last = to ?? (from === undefined ? usageDay(nowMs) : later(usageDay(nowMs), from));
  const first = from ?? usageDay(dayStartMs(last) - (DAYS - 1) * DAY_MS);
  return { from: first, to: last, filter: { ...rest, keyId: key, fromDay: first, toDay: last } };
}

const later = (a: string, b: string): string => (a > b ? a : b);

function flat({ totals, ...names }: UsageGroup): UsageAnswer['groups'][number] {
  return { ...names, ...totals };
}

function totalsIn({ totals }: UsageGroup): UsageAnswer['totals'] {
  return { ...totals };
}
