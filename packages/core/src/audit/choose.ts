import type { ChatCall } from '../answer/chat-call.ts';
import type { HitOutcome, Settled } from '../answer/outcome.ts';
import type { Entry } from '../entry.ts';
import type { AuditJob, AuditQueue } from '../ports/audit-queue.ts';
import { CONTROL_HEADERS } from '../request/controls.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import { answerTextOf } from './answer-text.ts';
import type { AuditTally } from './tally.ts';

/** Longer requests are passed over: a queue must not be filled by a few of them. */
const BODY_BYTES_MAX = 262_144;
const QUERY_CHARS_MAX = 8192;

/** What was decided about a stored answer. */
export interface DecidedEntry {
  readonly entry: Entry;
  readonly similarity: number;
  readonly score?: number | undefined;
  readonly scorer?: string | undefined;
}

/** A shadow's: `served`: the decision was to serve it; else only the bar stood against it. */
export interface ShadowedEntry extends DecidedEntry {
  readonly served: boolean;
}

export interface ChooseDeps {
  readonly queue: Pick<AuditQueue, 'enqueue'>;
  readonly tally: AuditTally;
  /** 0 up to 1. */
  readonly random: () => number;
  readonly now: () => number;
}

/** Chooses what is audited, after the client has its answer. Synchronous, never throws. */
export class AuditChoice {
  readonly #deps: ChooseDeps;

  constructor(deps: ChooseDeps) {
    this.#deps = deps;
  }

  /** A share of the hits by meaning, each with the same chance: the labels are a fair sample of what is served. */
  ofHit(call: ChatCall, request: PreparedRequest, { layer, cached, stage, stale, ...hit }: HitOutcome): void {
    const { auditShare, auditBudgetUsdDay } = request.resolved.policy;
    if (layer !== 'semantic' || stage !== undefined || stale !== undefined || hit.similarity === undefined) return;
    if (auditShare <= 0 || auditBudgetUsdDay <= 0 || this.#deps.random() >= auditShare) return;
    const why = unaskable(call, request);
    if (why !== undefined) {
      this.#deps.tally.count('audit', why);
      return;
    }
    const { similarity, score, scorer } = hit;
    const decided = { entry: cached.entry, similarity, score, scorer, served: true };
    const question = { body: call.body.toString('utf8'), madeOf: call.madeOf, provider: call.provider };
    const compare = { kind: 'audit', question: { ...question, headers: headersOf(call) } } as const;
    this.#enqueue(jobOf(call, request, decided, compare, this.#deps.now()));
  }

  /** What was decided in shadow, beside what upstream answered: no call is made for it. */
  ofShadow(call: ChatCall, request: PreparedRequest, decided: ShadowedEntry, { answer }: Settled): void {
    if (answer === undefined || request.query.length > QUERY_CHARS_MAX) return;
    const text = answerTextOf(answer);
    if ('why' in text) {
      this.#deps.tally.count('shadow', text.why);
      return;
    }
    const compare = { kind: 'shadow', answer: text.text } as const;
    this.#enqueue(jobOf(call, request, decided, compare, this.#deps.now()));
  }

  #enqueue(job: AuditJob): void {
    if (!this.#deps.queue.enqueue(job)) this.#deps.tally.count(job.compare.kind, 'dropped');
  }
}

/** Whoever pays the provider with a key of their own is asked for nothing more; a key is never put into a queue. */
function unaskable(call: ChatCall, { scope, query }: PreparedRequest): string | undefined {
  const { tenant, upstreamKeys } = call.caller;
  if (scope.tenant !== tenant || Object.keys(upstreamKeys ?? {}).length > 0) return 'own-credential';
  return call.body.length > BODY_BYTES_MAX || query.length > QUERY_CHARS_MAX ? 'too-long' : undefined;
}

function headersOf({ headers }: ChatCall): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of CONTROL_HEADERS) {
    const value = headers[name];
    if (SHAPING.has(name) && value !== undefined) kept[name] = String(value);
  }
  return kept;
}

/** Of those that a request is prepared by: where it may go, and what of an API it tries. */
const SHAPING: ReadonlySet<string> = new Set([
  ...['x-nearhit-routing', 'x-nearhit-max-latency-ms', 'x-nearhit-max-cost-usd', 'anthropic-beta'],
]);

function jobOf(
  { callId, requestId }: ChatCall,
  { scope, fingerprint, query, resolved }: PreparedRequest,
  { entry, similarity, score, scorer, served }: ShadowedEntry,
  compare: AuditJob['compare'],
  atMs: number,
): AuditJob {
  const { auditBudgetUsdDay, auditJudge } = resolved.policy;
  return {
    ...{ id: callId, requestId, atMs, scope, fingerprint, query },
    ...{ stored: entry.query, entryId: entry.id, entryAtMs: entry.createdAtMs, similarity, score, scorer, served },
    savedUsd: entry.costUsd,
    policy: { auditBudgetUsdDay, auditJudge },
    compare,
  };
}
