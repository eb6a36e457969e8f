import {
  type AnswerDeps,
  AuditChoice,
  type AuditorDeps,
  type AuditQueue,
  AuditTally,
  createAnswer,
  createAskAudit,
  createAuditor,
  type LimitStore,
  type RunAudit,
} from '@nearhit/core';
import type { Metrics } from '@nearhit/http';
import type { Accounts } from '@nearhit/runtime';

export interface Auditing {
  /** Where audits wait; `run`: for those that this process runs itself. */
  open(run: RunAudit): AuditQueue;
  /** Unhurried: what an audit reads of the store may take its time. */
  readonly store: AuditorDeps['store'];
  readonly links: AuditorDeps['links'];
  readonly calibration: AuditorDeps['calibration'];
}

export interface AuditsDeps extends Auditing {
  /** As clients' requests are answered. */
  readonly answering: AnswerDeps;
  readonly accounts: Pick<Accounts, 'record'>;
  readonly limits: LimitStore;
  readonly metrics: Pick<Metrics, 'watch'>;
  /** 0 up to 1. Default: Math.random. */
  readonly random?: (() => number) | undefined;
}

/** Who chooses what is audited, where it waits, and who runs it. */
export function openAudits({ answering, accounts, limits, metrics, random = Math.random, ...deps }: AuditsDeps) {
  const { observer, embedder, now } = answering;
  const tally = new AuditTally();
  const onLost = (error: unknown) => observer.incident('audit-spending-lost', error);
  // In the accounts like any call; no request of a client's, in statistics and decisions.
  const house = {
    record: (decision: Parameters<typeof observer.record>[0]) => accounts.record(decision),
    incident: (name: string, detail?: unknown) => observer.incident(name, detail),
  };
  const ask = createAskAudit({ answer: createAnswer({ ...answering, observer: house }), limits, onLost });
  const { store, links, calibration } = deps;
  const run = createAuditor({ ask, store, links, calibration, embedder, observer, tally, now });
  const queue = deps.open(run);
  metrics.watch({ audits: () => tally.counts(), auditQueue: () => queue.depth() });
  return { run, queue, choice: new AuditChoice({ queue, tally, random, now }) };
}
