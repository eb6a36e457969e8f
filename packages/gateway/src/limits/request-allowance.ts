import {
  type Allowance,
  type HeldLease,
  isBudgeted,
  type LimitStore,
  type LimitSubject,
  NOTHING_SPENT,
  type SettledSubject,
  type Settlement,
  type Spent,
  type SubjectUse,
  type TokenEstimate,
} from '@nearhit/core';
import type { LimitsInForce } from './limits-in-force.ts';
import { rateHeaders } from './rate-headers.ts';
import { refusal, tooManyTokens } from './refusals.ts';
import { toNanoUsd } from './subjects.ts';

/** A request that was let in. */
export interface Admission {
  readonly tenant: string;
  readonly subjects: readonly LimitSubject[];
  readonly lease: string;
}

/** What an allowance needs of whoever let it in. */
export interface AllowanceHouse {
  readonly store: LimitStore;
  readonly limits: LimitsInForce;
  hold(lease: HeldLease): void;
  /** True when it was held. */
  letGo(lease: string): boolean;
  book(settlement: Settlement): void;
  /** What the subjects had used when money was set aside, or refused. */
  noteUses(subjects: readonly LimitSubject[], uses: readonly SubjectUse[]): void;
  unavailable(error: unknown): void;
}

/** So many more requests like this one are left: then the end of a window is far away. */
const FAR_REQUESTS = 10;

export class RequestAllowance implements Allowance {
  readonly #house: AllowanceHouse;
  readonly #admission: Admission;
  /** The windows in which the request was counted; of each subject. */
  readonly #entered: readonly number[];
  #uses: readonly SubjectUse[];
  /** Made of `#uses` when they are asked for. */
  #headers: readonly string[] | undefined;
  #reserved: { readonly windows: readonly number[]; readonly tokens: readonly number[] } | undefined;
  #settled = false;

  /** `uses`: after it was let in; empty when that could not be asked, or need not be. */
  constructor(house: AllowanceHouse, admission: Admission, uses: readonly SubjectUse[]) {
    this.#house = house;
    this.#admission = admission;
    this.#uses = uses;
    this.#entered = uses.map(({ window }) => window);
  }

  headers(): readonly string[] {
    this.#headers ??= rateHeaders(this.#admission.subjects, this.#uses);
    return this.#headers;
  }

  async reserve(...[estimate, costUsd, guess]: Parameters<Allowance['reserve']>): Promise<void> {
    const isLimited = this.#admission.subjects.some(({ limits }) => limits.tpm !== undefined || isBudgeted(limits));
    if (!isLimited || this.#reserved !== undefined) return;
    try {
      const guessed = guess?.();
      const estimated = guessed !== undefined && this.#isFar(guessed) ? guessed : await estimate();
      await this.#reserve(estimated, Math.max(0, toNanoUsd(costUsd(estimated)) || 0));
    } catch (error) {
      // Nothing will be asked upstream: its place is another's.
      this.settle(NOTHING_SPENT);
      throw error;
    }
  }

  /** No window is anywhere near its end: whether a guess is right is of no interest, since what is used is booked in the end. */
  #isFar({ promptTokens, completionTokens }: TokenEstimate): boolean {
    const tokens = promptTokens + completionTokens;
    return this.#admission.subjects.every(({ limits: { tpm } }, at) => {
      const used = this.#uses[at]?.tokens;
      return tpm === undefined || (used !== undefined && used + FAR_REQUESTS * tokens < tpm);
    });
  }

  settle(spent: Spent): void {
    if (this.#settled) return;
    this.#settled = true;
    const { tenant, subjects, lease } = this.#admission;
    const held = this.#house.letGo(lease);
    const nanoUsd = spent.hit ? 0 : Math.max(0, toNanoUsd(spent.costUsd) || 0);
    const settled = subjects.map((subject, at) => this.#settledSubject(subject, at, spent));
    const counts = settled.some((one) => one.milliRequestsBack > 0 || one.tokensUsed !== one.tokensReserved);
    if (held || counts || nanoUsd > 0) this.#house.book({ tenant, lease, nanoUsd, subjects: settled });
  }

  async #reserve({ promptTokens, completionTokens }: TokenEstimate, nanoUsd: number): Promise<void> {
    const { tenant, subjects, lease } = this.#admission;
    const total = promptTokens + completionTokens;
    const tokens = subjects.map((subject) => this.#tokensFor(subject, promptTokens, total));
    const answer = await this.#house.store
      .reserve(tenant, subjects, lease, { tokens, nanoUsd })
      .catch((error: unknown) => this.#house.unavailable(error));
    if (answer === undefined) return;
    this.#uses = answer.uses;
    this.#headers = undefined;
    this.#house.noteUses(subjects, answer.uses);
    if (answer.kind === 'refused') throw refusal(subjects, answer, { tokens: total, nanoUsd });
    this.#reserved = { windows: answer.uses.map(({ window }) => window), tokens };
    const held = subjects.filter(({ limits }) => isBudgeted(limits) || limits.concurrent !== undefined);
    if (held.length > 0) this.#house.hold({ tenant, lease, subjects: held.map(({ id }) => id), nanoUsd });
  }

  /**
   * What is set aside of the subject's tokens. The answer's part is a guess or an upper bound: it never keeps a request
   * out that has the whole window to itself.
   */
  #tokensFor(subject: LimitSubject, promptTokens: number, total: number): number {
    const { tpm } = subject.limits;
    if (tpm === undefined) return 0;
    if (promptTokens <= tpm) return Math.min(total, tpm);
    throw tooManyTokens(subject, promptTokens, this.headers());
  }

  #settledSubject({ id, limits }: LimitSubject, at: number, spent: Spent): SettledSubject {
    const { hitRequests, hitTokensShare } = this.#house.limits;
    const { hit } = spent;
    const tokens = spent.promptTokens + spent.completionTokens;
    const isCounted = limits.tpm !== undefined;
    return {
      id,
      entered: this.#entered[at] ?? 0,
      milliRequestsBack: hit && limits.rpm !== undefined ? Math.round((1 - hitRequests) * 1000) : 0,
      reserved: this.#reserved?.windows[at] ?? 0,
      tokensReserved: isCounted ? (this.#reserved?.tokens[at] ?? 0) : 0,
      tokensUsed: isCounted ? Math.round(hit ? tokens * hitTokensShare : tokens) || 0 : 0,
    };
  }
}
