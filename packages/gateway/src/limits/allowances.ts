import { randomUUID } from 'node:crypto';
import {
  type Allowance,
  type BudgetUse,
  type Caller,
  type HeldLease,
  LEASE_MS,
  type LimitStore,
  type LimitSubject,
  NearhitError,
  type Observer,
  type Settlement,
  type SubjectUse,
  UNLIMITED,
} from '@nearhit/core';
import { BudgetWatch } from './budget-watch.ts';
import type { LimitsInForce } from './limits-in-force.ts';
import { refusal } from './refusals.ts';
import { type Admission, type AllowanceHouse, RequestAllowance } from './request-allowance.ts';
import { subjectsOf } from './subjects.ts';

export interface AllowancesOptions {
  readonly store: LimitStore;
  readonly limits: () => LimitsInForce;
  readonly observer: Pick<Observer, 'incident'>;
  readonly renewMs?: number | undefined;
  readonly now?: (() => number) | undefined;
}

const RENEW_MS = LEASE_MS / 4;
/** What could not be booked waits for the store to come back; beyond so many the oldest are lost, and counted. */
const UNSETTLED_MAX = 20_000;

/** Lets requests in, within the limits of key and tenant, and keeps their leases alive. */
export class Allowances implements AllowanceHouse {
  readonly #options: AllowancesOptions;
  readonly #process = randomUUID().slice(0, 13);
  readonly #held = new Map<string, HeldLease>();
  readonly #settling = new Set<Promise<void>>();
  readonly #unsettled: Settlement[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #budgets: BudgetWatch;
  #leases = 0;
  #turning = false;

  constructor(options: AllowancesOptions) {
    this.#options = options;
    this.#budgets = new BudgetWatch(options.now ?? Date.now);
    this.#timer = setInterval(() => void this.#turn(), options.renewMs ?? RENEW_MS);
    this.#timer.unref();
  }

  get store(): LimitStore {
    return this.#options.store;
  }

  get limits(): LimitsInForce {
    return this.#options.limits();
  }

  /** Throws (or rejects with) RATE_LIMITED; STORE_UNAVAILABLE where limits are `closed` while they can't be asked. */
  enter(caller: Caller): Allowance | Promise<Allowance> {
    const subjects = subjectsOf(caller);
    if (subjects.length === 0) return UNLIMITED;
    this.#leases += 1;
    const admission = { tenant: caller.tenant, subjects, lease: `${this.#process}-${this.#leases}` };
    const counts = subjects.some(({ limits: { rpm, tpm, concurrent } }) => (rpm ?? tpm ?? concurrent) !== undefined);
    return counts ? this.#admitted(admission) : new RequestAllowance(this, admission, []);
  }

  noteUses(subjects: readonly LimitSubject[], uses: readonly SubjectUse[]): void {
    this.#budgets.note(subjects, uses);
  }

  /** Those that are near their end, as far as requests of this process have met them. */
  budgetsNear(): BudgetUse[] {
    return this.#budgets.near();
  }

  hold(lease: HeldLease): void {
    this.#held.set(lease.lease, lease);
  }

  letGo(lease: string): boolean {
    return this.#held.delete(lease);
  }

  book(settlement: Settlement): void {
    const settling = this.store
      .settle(settlement)
      .catch((error: unknown) => this.#keep(settlement, error))
      .finally(() => this.#settling.delete(settling));
    this.#settling.add(settling);
  }

  /** Counts it, and lets the request pass, or throws STORE_UNAVAILABLE, as configured. */
  unavailable(error: unknown): void {
    this.#options.observer.incident('limits-unavailable', error);
    if (this.limits.whenUnavailable === 'open') return;
    throw new NearhitError('STORE_UNAVAILABLE', 'Limits can’t be checked at the moment. Try again in a moment.', {
      retryAfterMs: 1_000,
    });
  }

  /** Books what is on its way. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#settling);
    await this.#bookAgain();
  }

  async #admitted(admission: Admission): Promise<Allowance> {
    const { tenant, subjects, lease } = admission;
    const answer = await this.store.enter(tenant, subjects, lease).catch((error: unknown) => this.unavailable(error));
    if (answer === undefined) return new RequestAllowance(this, admission, []);
    if (answer.kind === 'refused') throw refusal(subjects, answer);
    const places = subjects.filter(({ limits }) => limits.concurrent !== undefined).map(({ id }) => id);
    if (places.length > 0) this.hold({ tenant, lease, subjects: places, nanoUsd: 0 });
    return new RequestAllowance(this, admission, answer.uses);
  }

  /** All leases of this process at once, and what could not be booked before. */
  async #turn(): Promise<void> {
    if (this.#turning) return;
    this.#turning = true;
    try {
      if (this.#held.size > 0) await this.store.renew([...this.#held.values()]);
      await this.#bookAgain();
    } catch (error) {
      this.#options.observer.incident('limits-unavailable', error);
    } finally {
      this.#turning = false;
    }
  }

  /** In order; ends at the first that fails. One that had got through all the same counts once. */
  async #bookAgain(): Promise<void> {
    for (let next = this.#unsettled[0]; next !== undefined; next = this.#unsettled[0]) {
      try {
        await this.store.settle(next);
      } catch {
        return;
      }
      if (this.#unsettled[0] === next) this.#unsettled.shift();
    }
  }

  #keep(settlement: Settlement, error: unknown): void {
    this.#options.observer.incident('limits-unavailable', error);
    this.#unsettled.push(settlement);
    if (this.#unsettled.length <= UNSETTLED_MAX) return;
    this.#unsettled.shift();
    this.#options.observer.incident('limits-spending-lost');
  }
}
