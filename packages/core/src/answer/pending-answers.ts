import type { EntryFilter } from '../ports/response-store.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import { entryMatches, type FilteredFields } from '../store/entry-filter.ts';

/** An answer that is being made. */
export interface PendingAnswer {
  /** An invalidation that came meanwhile would have dropped it: it is for those who wait, and not to be stored. */
  readonly outdated: boolean;
}

/** Answers being made: what they rest on may be invalidated before they are there to be dropped. */
export class PendingAnswers {
  readonly #pending = new Map<PendingAnswer, FilteredFields>();

  begin({ id, scope, query, controls, context }: PreparedRequest, nowMs: number): PendingAnswer {
    const pending = { outdated: false };
    this.#pending.set(pending, { id, scope, query, tags: controls.tags, context, createdAtMs: nowMs });
    return pending;
  }

  end(pending: PendingAnswer): void {
    this.#pending.delete(pending);
  }

  /** When the first of them was asked for; undefined when there is none. */
  get sinceMs(): number | undefined {
    let sinceMs: number | undefined;
    for (const { createdAtMs } of this.#pending.values())
      if (sinceMs === undefined || createdAtMs < sinceMs) sinceMs = createdAtMs;
    return sinceMs;
  }

  /** Those that were asked for at `atMs` or before (absent: all). */
  invalidate(filter: EntryFilter, atMs = Number.POSITIVE_INFINITY): void {
    for (const [pending, fields] of this.#pending) {
      if (fields.createdAtMs <= atMs && entryMatches(fields, filter))
        (pending as { outdated: boolean }).outdated = true;
    }
  }
}
