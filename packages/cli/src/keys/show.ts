import type { KeyAnswer, TenantAnswer } from '@nearhit/http/client';
import { usd, whole } from '../format.ts';
import type { Output } from '../output.ts';

type Limits = Pick<KeyAnswer, 'rpm' | 'tpm' | 'concurrent' | 'budgetUsdDay' | 'budgetUsdMonth' | 'use'>;

/** `12 of 60 a minute`; without a limit what was used alone. */
function used(use: number | undefined, limit: number | null, text: (value: number) => string): string | undefined {
  if (use === undefined) return limit === null ? undefined : `at most ${text(limit)}`;
  return limit === null ? text(use) : `${text(use)} of ${text(limit)}`;
}

export function limitFacts({ rpm, tpm, concurrent, budgetUsdDay, budgetUsdMonth, use }: Limits) {
  return [
    ['requests this minute', used(use?.requestsThisMinute, rpm, whole)],
    ['tokens this minute', used(use?.tokensThisMinute, tpm, whole)],
    ['requests at once', used(use?.inFlight, concurrent, whole)],
    ['spent today', used(use?.spentUsdDay, budgetUsdDay, usd)],
    ['spent this month', used(use?.spentUsdMonth, budgetUsdMonth, usd)],
    ['set aside', use === null || use.reservedUsd === 0 ? undefined : usd(use.reservedUsd)],
  ] as const;
}

const listed = (names: readonly string[] | null): string => (names === null ? 'all' : names.join(', ') || 'none');

function trustOf({ cacheRead, cacheWrite }: KeyAnswer): string | undefined {
  if (cacheRead && cacheWrite) return undefined;
  if (cacheRead) return 'reads, and stores nothing for others';
  return cacheWrite ? 'stores, and reads nothing' : 'neither reads nor stores';
}

export function showKey(output: Output, key: KeyAnswer): void {
  output.title(`${key.name} (${key.id})`);
  output.facts([
    ['status', key.status],
    ['secret', key.hint],
    ['tenant', key.tenant],
    ['models', listed(key.models)],
    ['namespaces', listed(key.namespaces)],
    ['features', listed(key.features)],
    ['threshold floor', key.thresholdFloor === null ? undefined : String(key.thresholdFloor)],
    ['cache', trustOf(key)],
    ['routing', key.routing === null ? undefined : JSON.stringify(key.routing)],
    ['upstream keys', key.upstreamKeys.length === 0 ? undefined : `of its own for ${key.upstreamKeys.join(', ')}`],
    ['made', key.createdAt],
    ['expires', key.expiresAt ?? undefined],
    ['revoked', key.revokedAt ?? undefined],
    ['old secret until', key.graceUntil ?? undefined],
    ...limitFacts(key),
  ]);
}

export function showTenant(output: Output, tenant: TenantAnswer): void {
  output.title(`tenant ${tenant.id}`);
  output.facts([
    ['set here', tenant.own === null ? 'nothing' : JSON.stringify(tenant.own)],
    ['routing', tenant.routing === null ? undefined : JSON.stringify(tenant.routing)],
    ...limitFacts(tenant),
  ]);
}

/** `12 / 60`, or what was used alone. */
export const share = (use: number | undefined, limit: number | null, text = whole): string =>
  `${use === undefined ? '?' : text(use)}${limit === null ? '' : ` / ${text(limit)}`}`;
