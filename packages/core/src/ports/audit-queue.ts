import type { EntryId, Fingerprint, Scope } from '../ids.ts';
import type { Policy } from '../policy/schema.ts';
import type { FrontApi } from './endpoint.ts';

/** Two answers compared: do they say the same? `unsure`: nobody can tell by these rules; it is no label. */
export type AuditVerdict = 'agree' | 'disagree' | 'unsure';

export interface AuditJudgement {
  readonly verdict: AuditVerdict;
  /** The rule that said so: `same-text`, `number`, `cosine`, `model` ... */
  readonly why: string;
  /** How much the label is to be trusted, above 0 and at most 1. Default 1. */
  readonly weight?: number | undefined;
}

/** What is asked upstream once more: as it had been asked. */
export interface AuditQuestion {
  /** UTF-8 JSON of the chat completion request. */
  readonly body: string;
  /** The API of the request that `body` was made of; absent: it came so. */
  readonly madeOf?: FrontApi | undefined;
  /** The one provider that may answer. */
  readonly provider?: string | undefined;
  /** Lower-case names; of those that shape an answer. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A stored answer that was served by meaning, or would have been, and what it is to be compared with. */
export interface AuditJob {
  /** The request's own, unique: names the job, and with its kind the labelled sample. */
  readonly id: string;
  readonly requestId: string;
  readonly atMs: number;
  readonly scope: Scope;
  readonly fingerprint: Fingerprint;
  /** The new question, whole; at most 8,192 characters. */
  readonly query: string;
  /** The question of the stored answer. */
  readonly stored: string;
  /** The stored answer, and when it was stored: a later one in its place is another. */
  readonly entryId: EntryId;
  readonly entryAtMs: number;
  readonly similarity: number;
  /** The verifier's probability and version; absent: cosine similarity decided. */
  readonly score?: number | undefined;
  readonly scorer?: string | undefined;
  /** The decision was to serve it. */
  readonly served: boolean;
  readonly savedUsd: number;
  /** Of the policy in force for the request. */
  readonly policy: Pick<Policy, 'auditBudgetUsdDay' | 'auditJudge'>;
  /** `audit`: to be asked once more. `shadow`: the text that upstream has just answered is there. */
  readonly compare:
    | { readonly kind: 'audit'; readonly question: AuditQuestion }
    | { readonly kind: 'shadow'; readonly answer: string };
}

/** One try of a job. */
export interface AuditTry {
  /** Kept by an earlier try that was cut off before its consequences were in force. */
  readonly judged?: AuditJudgement | undefined;
  /** Durable, where the queue is, when it resolves: a later try of this job finds it. */
  keep(judgement: AuditJudgement): Promise<void>;
  /** Nobody waits any more. */
  readonly signal: AbortSignal;
}

/** Rejects when it is worth another try. */
export type RunAudit = (job: AuditJob, attempt: AuditTry) => Promise<void>;

/** Where audits wait for their turn, behind everything else. Nothing here is ever awaited by a request. */
export interface AuditQueue {
  /** False: full or closed, and it was dropped. One whose id waits already is the same one. Never throws. */
  enqueue(job: AuditJob): boolean;
  /** How many wait or are in hand; of all processes where they share a queue. */
  depth(): Promise<number>;
  /** Takes no more. What is durable waits for another process; what is not is dropped. */
  close(): Promise<void>;
}
