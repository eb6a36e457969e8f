import type { AuditJob } from '../ports/audit-queue.ts';
import { entryId, sampleEntry, T0 } from './storage.samples.ts';

/** Named by a number. */
export function sampleAudit(n: number, changes: Partial<AuditJob> = {}): AuditJob {
  const { scope, fingerprint } = sampleEntry(n);
  return {
    ...{ id: `call-${n}`, requestId: `r${n}`, atMs: T0 + n, scope, fingerprint },
    ...{ query: `asked ${n}?`, stored: 'größe?\u0000🌌', entryId: entryId(n), entryAtMs: T0 },
    ...{ similarity: 0.93, score: 0.97, scorer: 'v1', served: true, savedUsd: 0.002 },
    policy: { auditBudgetUsdDay: 1, auditJudge: 'answers' },
    compare: {
      kind: 'audit',
      question: { body: `{"model":"m","n":${n}}`, provider: 'p', headers: { 'anthropic-beta': 'x' } },
    },
    ...changes,
  };
}
