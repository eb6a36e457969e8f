import { NearhitError } from '../errors.ts';
import type { DecisionFilter, DecisionLog, DecisionPage } from '../ports/decision-log.ts';
import type { DecisionRecord } from '../ports/observer.ts';

const RECORD_BYTES = 600;

export interface MemoryDecisionsOptions {
  /** Default 10,000. */
  readonly max?: number | undefined;
  /** Bound on the texts. Default 16 MiB. */
  readonly bytesMax?: number | undefined;
}

/** The decisions of this process, as long as it lives. */
export function createMemoryDecisions({
  max = 10_000,
  bytesMax = 16_777_216,
}: MemoryDecisionsOptions = {}): DecisionLog {
  const ring = new DecisionRing(max, bytesMax);
  return {
    push(decisions) {
      for (const decision of decisions) ring.push(decision);
    },
    page: async (filter, page) => ring.page(filter, page),
    find: async (requestId, tenants) => ring.find(requestId, tenants),
  };
}

export interface RingPage {
  readonly cursor?: string | undefined;
  readonly limit: number;
  /** Only what was decided earlier; milliseconds since 1970. */
  readonly beforeMs?: number | undefined;
}

/** The last decisions, bounded in number and in text. */
export class DecisionRing {
  readonly #slots: (DecisionRecord | undefined)[];
  readonly #bytesMax: number;
  #bytes = 0;
  /** Sequence number of the next record; a record lives in slot `seq % capacity`. */
  #next = 0;
  #oldest = 0;

  constructor(capacity: number, bytesMax: number) {
    this.#slots = new Array(capacity).fill(undefined);
    this.#bytesMax = bytesMax;
  }

  /** Answers the record as it is kept. */
  push(decision: DecisionRecord): DecisionRecord {
    const kept = boundDecision(decision);
    if (this.#next - this.#oldest === this.#slots.length) this.#drop();
    this.#slots[this.#next % this.#slots.length] = kept;
    this.#next += 1;
    this.#bytes += bytesOf(kept);
    while (this.#bytes > this.#bytesMax && this.#next - this.#oldest > 1) this.#drop();
    return kept;
  }

  /** Throws INVALID_REQUEST on a cursor that it did not make. */
  page(filter: DecisionFilter, page: RingPage): DecisionPage {
    const { beforeMs = Number.POSITIVE_INFINITY } = page;
    const decisions: DecisionRecord[] = [];
    let seq = page.cursor === undefined ? this.#next : Math.min(parseCursor(page.cursor), this.#next);
    while (seq > this.#oldest) {
      seq -= 1;
      const decision = this.#slots[seq % this.#slots.length];
      if (decision === undefined || decision.atMs >= beforeMs || !matchesDecision(decision, filter)) continue;
      if (decisions.length === page.limit) return { decisions, cursor: (seq + 1).toString(36) };
      decisions.push(decision);
    }
    return { decisions };
  }

  /** As `DecisionLog.find`. */
  find(requestId: string, tenants?: readonly string[]): DecisionRecord | undefined {
    for (let seq = this.#next - 1; seq >= this.#oldest; seq -= 1) {
      const decision = this.#slots[seq % this.#slots.length];
      if (decision !== undefined && isAskedFor(decision, requestId, tenants)) return decision;
    }
    return undefined;
  }

  #drop(): void {
    const slot = this.#oldest % this.#slots.length;
    const gone = this.#slots[slot];
    if (gone !== undefined) this.#bytes -= bytesOf(gone);
    this.#slots[slot] = undefined;
    this.#oldest += 1;
  }
}

export function matchesDecision(decision: DecisionRecord, filter: DecisionFilter): boolean {
  if (filter.outcome !== undefined && filter.outcome !== decision.outcome) return false;
  return filter.namespace === undefined || filter.namespace === decision.namespace;
}

/** Clients choose their request ids: only those of a tenant tell its decisions apart. */
export function isAskedFor(decision: DecisionRecord, requestId: string, tenants?: readonly string[]): boolean {
  if (decision.requestId !== requestId && decision.id !== requestId) return false;
  return tenants === undefined || tenants.includes(decision.tenant);
}

function bytesOf(decision: DecisionRecord): number {
  const { query, candidate, route, basis } = decision;
  const steps = route === undefined ? 0 : route.ranked.length + route.attempts.length;
  const judged = basis === undefined ? 0 : 2 + basis.candidates.length;
  return RECORD_BYTES + 2 * (query.length + (candidate?.query.length ?? 0)) + STEP_BYTES * (steps + judged);
}

/** An attempt, a place in a ranking, or a candidate that was judged. */
const STEP_BYTES = 160;
const TEXT_MAX = 2000;

/** V8 keeps the whole of a long string alive behind a slice of it, hence the copy. */
function own(text: string): string {
  return text.length < TEXT_MAX ? text : Buffer.from(text.slice(0, TEXT_MAX), 'utf16le').toString('utf16le');
}

/** With texts of at most 2,000 characters that keep nothing else alive; the same record where they are already short. */
function boundDecision(decision: DecisionRecord): DecisionRecord {
  const { query, candidate } = decision;
  if (query.length < TEXT_MAX && (candidate?.query.length ?? 0) < TEXT_MAX) return decision;
  return {
    ...decision,
    query: own(query),
    candidate: candidate && { ...candidate, query: own(candidate.query) },
  };
}

function parseCursor(cursor: string): number {
  const seq = /^[0-9a-z]{1,10}$/.test(cursor) ? Number.parseInt(cursor, 36) : Number.NaN;
  if (!Number.isSafeInteger(seq)) {
    throw new NearhitError('INVALID_REQUEST', 'cursor: expected the `cursor` of an earlier answer', {
      param: 'cursor',
    });
  }
  return seq;
}
