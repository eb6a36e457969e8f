import type { Entry, EntryId, Fingerprint, TenantId } from '@nearhit/core';

/** Entry ids are 64 digits; tests speak in small numbers. */
export const idOf = (n: number) => String(n).padStart(64, '0') as EntryId;

/** Stored now, for an hour. */
export const entry = (n: number, more: Partial<Entry> = {}): Entry => ({
  id: idOf(n),
  scope: { tenant: 'default' as TenantId, namespace: 'n', model: 'm' },
  fingerprint: 'f'.repeat(64) as Fingerprint,
  query: `question ${n}`,
  semantic: true,
  answer: Buffer.from('{}'),
  tags: [],
  context: [],
  provider: 'p',
  upstreamModel: 'm',
  attempts: 1,
  costUsd: 0,
  usage: { promptTokens: 1, completionTokens: 1 },
  createdAtMs: Date.now(),
  expiresAtMs: Date.now() + 3_600_000,
  staleUntilMs: Date.now() + 3_600_000,
  ...more,
});
