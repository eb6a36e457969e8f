import { createHash } from 'node:crypto';
import type { Entry, EntryId, Fingerprint, TenantId } from '@nearhit/core';

export const NOW_MS = Date.UTC(2025, 0, 6, 12, 0, 0);

export function entry(n: number, changes: Partial<Entry> = {}): Entry {
  return {
    id: createHash('sha256').update(`entry ${n}`).digest('hex') as EntryId,
    scope: { tenant: 'default' as TenantId, namespace: 'default', model: 'm' },
    fingerprint: 'f'.repeat(64) as Fingerprint,
    query: `Question ${n}?`,
    semantic: true,
    answer: Buffer.from(JSON.stringify({ id: `a${n}`, object: 'chat.completion', choices: [] })),
    tags: [`doc:${n}@v1`],
    context: [],
    provider: 'demo',
    upstreamModel: 'm-large',
    attempts: 1,
    costUsd: 0.01,
    usage: { promptTokens: 5, completionTokens: 7 },
    createdAtMs: NOW_MS - n * 1000,
    expiresAtMs: NOW_MS + 60_000,
    staleUntilMs: NOW_MS + 60_000,
    ...changes,
  };
}
