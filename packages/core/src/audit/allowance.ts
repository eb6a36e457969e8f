import type { Allowance, Spent } from '../caller.ts';
import { NearhitError } from '../errors.ts';
import type { LimitStore, LimitSubject, NanoUsd } from '../ports/limit-store.ts';
import { nanoUsd } from '../usage/counters.ts';

/** In the limit store, beside all tenants: no name of a tenant begins so. */
const HOUSE = '*audits';
/** Well within the life of a lease. */
const RENEW_MS = 4000;

export interface AuditBudget {
  readonly limits: LimitStore;
  readonly namespace: string;
  readonly budgetUsdDay: number;
  /** Unique. */
  readonly lease: string;
  /** It is not known whether what was spent is booked. */
  readonly onLost: (error: unknown) => void;
}

/**
 * One call's share of what audits of a namespace may cost in a day: set aside before it, exact over all processes, and
 * booked after it. Nothing is asked when the store can't say whether there is room.
 */
export class AuditAllowance implements Allowance {
  readonly #budget: AuditBudget;
  readonly #subject: LimitSubject;
  #reserved: NanoUsd | undefined;
  #renewing: NodeJS.Timeout | undefined;
  #settling: Promise<void> | undefined;

  constructor(budget: AuditBudget) {
    this.#budget = budget;
    this.#subject = { id: `audit:${budget.namespace}`, limits: { nanoUsdDay: nanoUsd(budget.budgetUsdDay) } };
  }

  headers(): readonly string[] {
    return [];
  }

  /** Throws BUDGET_EXCEEDED, STORE_UNAVAILABLE. */
  async reserve(...[estimate, costUsd]: Parameters<Allowance['reserve']>): Promise<void> {
    const { limits, lease, namespace } = this.#budget;
    const needed = Math.max(0, nanoUsd(costUsd(await estimate())));
    const answer = await limits.reserve(HOUSE, [this.#subject], lease, { tokens: [0], nanoUsd: needed });
    if (answer.kind === 'refused')
      throw new NearhitError('BUDGET_EXCEEDED', `The audits of '${namespace}' have spent what they may today.`);
    this.#reserved = needed;
    const renew = () => limits.renew([{ tenant: HOUSE, lease, subjects: [this.#subject.id], nanoUsd: needed }]);
    this.#renewing = setInterval(() => void renew().catch(() => undefined), RENEW_MS);
    this.#renewing.unref();
  }

  settle({ costUsd }: Spent): void {
    clearInterval(this.#renewing);
    if (this.#reserved === undefined || this.#settling !== undefined) return;
    const { limits, lease, onLost } = this.#budget;
    const settled = { id: this.#subject.id, entered: 0, milliRequestsBack: 0, reserved: 0 };
    const booked = { tenant: HOUSE, lease, nanoUsd: Math.max(0, nanoUsd(costUsd)) };
    this.#settling = limits
      .settle({ ...booked, subjects: [{ ...settled, tokensReserved: 0, tokensUsed: 0 }] })
      .catch(onLost);
  }

  /** Resolves when what was spent is booked. */
  async settled(): Promise<void> {
    await this.#settling;
  }
}
