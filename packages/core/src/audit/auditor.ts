import { randomBytes } from 'node:crypto';
import type { Calibration } from '../calibrate/service.ts';
import { NearhitError } from '../errors.ts';
import type { LinkMemory } from '../evidence/links.ts';
import { judgedPair, textKeyOf } from '../evidence/pair.ts';
import type { AuditJob, AuditJudgement, AuditTry, RunAudit } from '../ports/audit-queue.ts';
import type { Embedder } from '../ports/embedder.ts';
import type { Observer } from '../ports/observer.ts';
import type { JudgedPair } from '../ports/pair-store.ts';
import type { ResponseStore } from '../ports/response-store.ts';
import { parseJsonObject } from '../request/prepare.ts';
import { dot } from '../unit-vector.ts';
import { answerTextOf } from './answer-text.ts';
import type { AskAudit } from './ask.ts';
import { judgeAnswers } from './judge.ts';
import { judgeRequest, readJudgeReply } from './judge-prompt.ts';
import type { AuditTally } from './tally.ts';

export interface AuditorDeps {
  readonly ask: AskAudit;
  readonly store: Pick<ResponseStore, 'getMany'>;
  readonly embedder: Pick<Embedder, 'embed'>;
  readonly links: Pick<LinkMemory, 'put'>;
  readonly calibration: Pick<Calibration, 'append'>;
  readonly observer: Pick<Observer, 'incident'>;
  readonly tally: AuditTally;
  readonly now: () => number;
  /** Unknown to whoever wrote the answers that are compared. Default: random. */
  readonly marker?: (() => string) | undefined;
}

/** Two texts to be compared, or why there are not two. */
type Pair = { readonly stored: string; readonly fresh: string; readonly question: string } | { readonly why: string };
/**
 * Of an agreement by rules alone: they see sameness more often than difference, so that counted in full those that they can
 * tell would make a share of wrong ones far too low. Median over eight sets of pairs: docs/calibration.md.
 */
const AGREED = 0.2;

/**
 * Runs audits: gets the second answer, compares, and puts what follows in force: a labelled sample, and of two answers that
 * contradict one another a pair that is not served again, on any replica. What fails is counted and leaves nothing behind.
 */
export function createAuditor(deps: AuditorDeps): RunAudit {
  const auditor = new Auditor(deps);
  return (job, attempt) => auditor.run(job, attempt);
}

class Auditor {
  readonly #deps: AuditorDeps;

  constructor(deps: AuditorDeps) {
    this.#deps = deps;
  }

  async run(job: AuditJob, attempt: AuditTry): Promise<void> {
    const { tally } = this.#deps;
    const { kind } = job.compare;
    const judged = attempt.judged ?? (await this.#judged(job, attempt.signal));
    if (typeof judged === 'string') return tally.count(kind, judged);
    if (judged.verdict !== 'unsure') {
      // First this, so that a try after a crash does not ask once more and come to another verdict.
      if (attempt.judged === undefined) await attempt.keep(judged);
      await this.#label(job, judged);
    }
    tally.count(kind, judged.verdict);
  }

  /** Or why there is no verdict. */
  async #judged(job: AuditJob, signal: AbortSignal): Promise<AuditJudgement | string> {
    const { auditJudge } = job.policy;
    try {
      const pair = await this.#texts(job, signal);
      if ('why' in pair) return pair.why;
      const judged = judgeAnswers(pair.stored, pair.fresh, await this.#cosine(pair.stored, pair.fresh));
      if (auditJudge === 'answers') return judged.verdict === 'agree' ? { ...judged, weight: AGREED } : judged;
      if (judged.verdict !== 'unsure') return judged;
      return await this.#askJudge(job, pair, signal);
    } catch (error) {
      if (error instanceof NearhitError && error.kind === 'BUDGET_EXCEEDED') return 'budget';
      // Worth another try: the store was away, or this process is about to end.
      if (signal.aborted || (error instanceof NearhitError && error.kind === 'STORE_UNAVAILABLE')) throw error;
      this.#deps.observer.incident('audit-failed', error);
      return 'failed';
    }
  }

  async #texts(job: AuditJob, signal: AbortSignal): Promise<Pair> {
    const [entry] = await this.#deps.store.getMany([job.entryId]);
    if (entry === undefined || entry.createdAtMs !== job.entryAtMs) return { why: 'entry-gone' };
    const stored = answerTextOf(entry.answer);
    if ('why' in stored) return stored;
    const fresh = job.compare.kind === 'shadow' ? { text: job.compare.answer } : await this.#again(job, signal);
    return 'why' in fresh ? fresh : { stored: stored.text, fresh: fresh.text, question: job.query };
  }

  async #again({ compare, requestId, scope, policy }: AuditJob, signal: AbortSignal) {
    if (compare.kind !== 'audit') return { why: 'failed' };
    const { body, ...question } = compare.question;
    const reply = await this.#deps.ask({
      ...{ requestId, scope, ...question, body: parseJsonObject(Buffer.from(body)), signal },
      budgetUsdDay: policy.auditBudgetUsdDay,
    });
    this.#deps.tally.spend(reply.costUsd);
    if (signal.aborted) throw new Error('the audit was cut off');
    return reply.answer === undefined ? { why: 'failed' } : answerTextOf(reply.answer);
  }

  async #askJudge(
    { requestId, scope, policy }: AuditJob,
    { stored, fresh, question }: Exclude<Pair, { why: string }>,
    signal: AbortSignal,
  ): Promise<AuditJudgement> {
    const marker = this.#deps.marker?.() ?? randomBytes(12).toString('hex');
    const request = judgeRequest(policy.auditJudge, { question, a: stored, b: fresh }, marker);
    const reply = await this.#deps.ask({
      ...{ requestId, scope, body: request as Record<string, unknown>, signal, budgetUsdDay: policy.auditBudgetUsdDay },
    });
    this.#deps.tally.spend(reply.costUsd);
    if (signal.aborted) throw new Error('the audit was cut off');
    const said = reply.answer === undefined ? { why: reply.why } : answerTextOf(reply.answer);
    return 'text' in said ? readJudgeReply(said.text) : { verdict: 'unsure', why: 'judge-failed' };
  }

  /** Undefined where one of them is longer than what is embedded. */
  async #cosine(a: string, b: string): Promise<number | undefined> {
    // What has been paid for is not asked again because of it.
    const [left, right] = await this.#deps.embedder.embed([a, b]).catch((error: unknown) => {
      this.#deps.observer.incident('audit-embed-failed', error);
      return [];
    });
    if (left === undefined || right === undefined || left.truncated || right.truncated) return undefined;
    return dot(left.vector, right.vector);
  }

  async #label(job: AuditJob, { verdict, weight }: AuditJudgement): Promise<void> {
    const { links, calibration, now } = this.#deps;
    const { scope, similarity, score = similarity, scorer = 'cosine', served, savedUsd } = job;
    const { kind } = job.compare;
    if (verdict === 'disagree' && served) await links.put(wrongPairs(job, now()));
    const known = { ...scope, scorer, score, similarity, served, savedUsd, ...(weight !== undefined && { weight }) };
    await calibration.append([
      { id: `${kind}:${job.id}`.slice(0, 200), ...known, right: verdict === 'agree', source: kind, atMs: now() },
    ]);
  }
}

function wrongPairs({ scope, query, stored, requestId, compare }: AuditJob, atMs: number): JudgedPair[] {
  if (textKeyOf(stored) === textKeyOf(query)) return [];
  const judged = { scope, verdict: 'wrong', fingerprint: undefined, source: compare.kind, atMs, requestId } as const;
  return [judgedPair({ ...judged, a: { text: query }, b: { text: stored } })];
}
