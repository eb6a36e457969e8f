import { NearhitError } from '../errors.ts';
import type { DecisionRecord, OutcomeName } from '../ports/observer.ts';

export interface DecisionFilter {
  readonly outcome?: OutcomeName | undefined;
  readonly namespace?: string | undefined;
}

export interface DecisionPage {
  /** Newest first. */
  readonly decisions: DecisionRecord[];
  /** Pass on for the next page; absent on the last one. */
  readonly cursor?: string | undefined;
}

const RECORD_BYTES = 600;

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

  push(decision: DecisionRecord): void {
    const kept = detach(decision);
    if (this.#next - this.#oldest === this.#slots.length) this.#drop();
    this.#slots[this.#next % this.#slots.length] = kept;
    this.#next += 1;
    this.#bytes += bytesOf(kept);
    while (this.#bytes > this.#bytesMax && this.#next - this.#oldest > 1) this.#drop();
  }

  /** Throws INVALID_REQUEST on a cursor that it did not make. */
  page(filter: DecisionFilter, page: { cursor?: string | undefined; limit: number }): DecisionPage {
    const decisions: DecisionRecord[] = [];
    let seq = page.cursor === undefined ? this.#next : Math.min(parseCursor(page.cursor), this.#next);
    while (seq > this.#oldest) {
      seq -= 1;
      const decision = this.#slots[seq % this.#slots.length];
      if (decision === undefined || !matches(decision, filter)) continue;
      if (decisions.length === page.limit) return { decisions, cursor: (seq + 1).toString(36) };
      decisions.push(decision);
    }
    return { decisions };
  }

  #drop(): void {
    const slot = this.#oldest % this.#slots.length;
    const gone = this.#slots[slot];
    if (gone !== undefined) this.#bytes -= bytesOf(gone);
    this.#slots[slot] = undefined;
    this.#oldest += 1;
  }
}

function matches(decision: DecisionRecord, filter: DecisionFilter): boolean {
  if (filter.outcome !== undefined && filter.outcome !== decision.outcome) return false;
  return filter.namespace === undefined || filter.namespace === decision.namespace;
}

function bytesOf(decision: DecisionRecord): number {
  return RECORD_BYTES + 2 * (decision.query.length + (decision.candidate?.query.length ?? 0));
}

const TEXT_MAX = 2000;

/** V8 keeps the whole of a long string alive behind a slice of it, hence the copy. */
function own(text: string): string {
  return text.length < TEXT_MAX ? text : Buffer.from(text.slice(0, TEXT_MAX), 'utf16le').toString('utf16le');
}

function detach(decision: DecisionRecord): DecisionRecord {
  const { query, candidate } = decision;
  if (query.length < TEXT_MAX && (candidate?.query.length ?? 0) < TEXT_MAX) return decision;
  return {
    ...decision,
    query: own(query),
    candidate: candidate && { entryId: candidate.entryId, query: own(candidate.query) },
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
