import type { BudgetUse, LimitSubject, NanoUsd, SubjectUse } from '@nearhit/core';

/** From this share on a budget is near its end. */
const NEAR_RATIO = 0.8;
/** The fullest ones are told of; of the others nobody needs to know that they are not the fullest. */
const TOLD_MAX = 50;
const KEPT_MAX = 1_000;

interface Near extends BudgetUse {
  /** The day or month that it is about. */
  readonly begunAtMs: number;
}

/** Budgets near their end, as the last call within each of them found it: costs no question of its own. */
export class BudgetWatch {
  readonly #now: () => number;
  readonly #near = new Map<string, Near>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** `uses`: of the subjects, in their order. */
  note(subjects: readonly LimitSubject[], uses: readonly SubjectUse[]): void {
    for (const [at, { id, limits }] of subjects.entries()) {
      const use = uses[at];
      if (use === undefined) continue;
      this.#noteOne(id, 'day', limits.nanoUsdDay, use.spentDay + use.reserved);
      this.#noteOne(id, 'month', limits.nanoUsdMonth, use.spentMonth + use.reserved);
    }
  }

  /** Fullest first, 50 at most; none of a day or month that is over. */
  near(): BudgetUse[] {
    const begins = { day: beginOf('day', this.#now()), month: beginOf('month', this.#now()) };
    for (const [key, { period, begunAtMs }] of this.#near) if (begunAtMs !== begins[period]) this.#near.delete(key);
    return [...this.#near.values()]
      .sort((a, b) => b.ratio - a.ratio)
      .slice(0, TOLD_MAX)
      .map(({ subject, period, ratio }) => ({ subject, period, ratio }));
  }

  #noteOne(subject: string, period: BudgetUse['period'], budget: NanoUsd | undefined, used: NanoUsd): void {
    const key = `${period} ${subject}`;
    const ratio = budget === undefined ? 0 : budget > 0 ? used / budget : 1;
    if (ratio < NEAR_RATIO) this.#near.delete(key);
    else if (this.#near.size < KEPT_MAX || this.#near.has(key))
      this.#near.set(key, { subject, period, ratio, begunAtMs: beginOf(period, this.#now()) });
  }
}

/** UTC, as budgets are counted. */
function beginOf(period: BudgetUse['period'], ms: number): number {
  const date = new Date(ms);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), period === 'day' ? date.getUTCDate() : 1);
}
