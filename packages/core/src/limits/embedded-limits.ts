import type {
  HeldLease,
  LimitAnswer,
  LimitName,
  LimitStore,
  LimitSubject,
  NanoUsd,
  Need,
  Settlement,
  SubjectUse,
} from '../ports/limit-store.ts';
import { LEASE_MS, WINDOW_MS } from '../ports/limit-store.ts';
import { RecentMap } from '../recent-map.ts';
import { dayOf, monthOf, msToNextDay, msToNextMonth } from './periods.ts';
import { Subject, type SubjectState } from './subject.ts';

export interface EmbeddedLimitsOptions {
  /** Milliseconds since 1970: which day it is, and since when a restored window runs. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Milliseconds that never jump: how long windows and leases last. Default `performance.now`. */
  readonly ticks?: (() => number) | undefined;
  readonly windowMs?: number | undefined;
  readonly leaseMs?: number | undefined;
  /** A subject's state has changed; `money`: what was spent has. */
  readonly onChange?: ((tenant: string, subject: string, money: boolean) => void) | undefined;
}

const SETTLED_KEPT = 20_000;
const CONCURRENT_RETRY_MS = 1_000;

/** The limits of one process. What has to outlive it can be taken out (`state`) and put back in (`restore`). */
export class EmbeddedLimits implements LimitStore {
  readonly #now: () => number;
  readonly #ticks: () => number;
  readonly #windowMs: number;
  readonly #leaseMs: number;
  readonly #onChange: (tenant: string, subject: string, money: boolean) => void;
  /** By tenant and id. */
  readonly #subjects = new Map<string, Map<string, Subject>>();
  /** The last settlements, so that one that comes again changes nothing. */
  readonly #settled = new RecentMap<true>(SETTLED_KEPT);

  constructor(options: EmbeddedLimitsOptions = {}) {
    this.#now = options.now ?? Date.now;
    this.#ticks = options.ticks ?? (() => performance.now());
    this.#windowMs = options.windowMs ?? WINDOW_MS;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
    this.#onChange = options.onChange ?? (() => {});
  }

  async enter(tenant: string, subjects: readonly LimitSubject[], lease: string): Promise<LimitAnswer> {
    const ticks = this.#ticks();
    const found = subjects.map(({ id }) => this.#subject(tenant, id, ticks));
    for (const [at, { limits }] of subjects.entries()) {
      const { window, inFlight } = found[at] as Subject;
      const { rpm, concurrent } = limits;
      if (rpm !== undefined && (window?.milliRequests ?? 0) + 1000 > rpm * 1000)
        return this.#refused(found, at, 'rpm', window === undefined ? this.#windowMs : window.endsAt - ticks);
      if (concurrent !== undefined && inFlight >= concurrent)
        return this.#refused(found, at, 'concurrent', CONCURRENT_RETRY_MS);
    }
    for (const [at, { id, limits }] of subjects.entries()) {
      const subject = found[at] as Subject;
      if (limits.concurrent !== undefined) subject.hold(lease, ticks + this.#leaseMs, 0);
      if (limits.rpm === undefined) continue;
      subject.openWindow(ticks, this.#windowMs, this.#now()).milliRequests += 1000;
      this.#onChange(tenant, id, false);
    }
    return { kind: 'granted', uses: this.#uses(found) };
  }

  async reserve(tenant: string, subjects: readonly LimitSubject[], lease: string, need: Need): Promise<LimitAnswer> {
    const ticks = this.#ticks();
    const nowMs = this.#now();
    const found = subjects.map(({ id }) => this.#subject(tenant, id, ticks));
    for (const [at, { limits }] of subjects.entries()) {
      const subject = found[at] as Subject;
      const { window } = subject;
      const used = (window?.tokens ?? 0) + (need.tokens[at] ?? 0);
      if (limits.tpm !== undefined && used > limits.tpm)
        return this.#refused(found, at, 'tpm', window === undefined ? this.#windowMs : window.endsAt - ticks);
      const limit = overBudget(subject, limits, need.nanoUsd, nowMs);
      if (limit !== undefined) return this.#refused(found, at, limit, nextPeriodMs(limit, nowMs));
    }
    for (const [at, { id, limits }] of subjects.entries()) {
      const subject = found[at] as Subject;
      if (isBudgeted(limits)) subject.hold(lease, ticks + this.#leaseMs, need.nanoUsd);
      if (limits.tpm === undefined) continue;
      subject.openWindow(ticks, this.#windowMs, nowMs).tokens += need.tokens[at] ?? 0;
      this.#onChange(tenant, id, false);
    }
    return { kind: 'granted', uses: this.#uses(found) };
  }

  async settle({ tenant, lease, nanoUsd, subjects }: Settlement): Promise<void> {
    const ticks = this.#ticks();
    const nowMs = this.#now();
    const again = this.#settled.has(lease);
    this.#settled.set(lease, true);
    for (const settled of subjects) {
      const subject = this.#subject(tenant, settled.id, ticks);
      subject.release(lease);
      if (again) continue;
      const { window } = subject;
      if (settled.milliRequestsBack > 0 && window?.id === settled.entered)
        window.milliRequests = Math.max(0, window.milliRequests - settled.milliRequestsBack);
      const tokens = settled.tokensUsed - settled.tokensReserved;
      if (tokens > 0) subject.openWindow(ticks, this.#windowMs, nowMs).tokens += tokens;
      else if (tokens < 0 && window?.id === settled.reserved) window.tokens += tokens;
      if (nanoUsd > 0) subject.spend(dayOf(nowMs), monthOf(nowMs), nanoUsd);
      this.#onChange(tenant, settled.id, nanoUsd > 0);
    }
  }

  async renew(leases: readonly HeldLease[]): Promise<void> {
    const ticks = this.#ticks();
    for (const { tenant, lease, subjects, nanoUsd } of leases)
      for (const id of subjects) this.#subject(tenant, id, ticks).hold(lease, ticks + this.#leaseMs, nanoUsd);
  }

  async use(tenant: string, subjects: readonly string[]): Promise<SubjectUse[]> {
    const ticks = this.#ticks();
    return this.#uses(subjects.map((id) => this.#subject(tenant, id, ticks)));
  }

  /** Undefined: nothing of it is worth keeping. */
  state(tenant: string, subject: string): SubjectState | undefined {
    return this.#subjects.get(tenant)?.get(subject)?.state();
  }

  restore(tenant: string, subject: string, state: SubjectState): void {
    this.#subject(tenant, subject, this.#ticks()).restore(state, this.#ticks(), this.#windowMs, this.#now());
  }

  /** Forgets subjects that nothing is known of any more; answers them as [tenant, subject]. */
  sweep(): [tenant: string, subject: string][] {
    const idle: [string, string][] = [];
    const ticks = this.#ticks();
    for (const [tenant, subjects] of this.#subjects) {
      for (const [id, subject] of subjects) {
        subject.lapse(ticks);
        subject.forgetBefore(dayOf(this.#now()), monthOf(this.#now()));
        if (!subject.idle) continue;
        subjects.delete(id);
        idle.push([tenant, id]);
      }
      if (subjects.size === 0) this.#subjects.delete(tenant);
    }
    return idle;
  }

  #subject(tenant: string, id: string, ticks: number): Subject {
    const subject = this.#subjects.get(tenant)?.get(id) ?? this.#add(tenant, id);
    subject.lapse(ticks);
    return subject;
  }

  #add(tenant: string, id: string): Subject {
    const subject = new Subject();
    const others = this.#subjects.get(tenant);
    if (others === undefined) this.#subjects.set(tenant, new Map([[id, subject]]));
    else others.set(id, subject);
    return subject;
  }

  #refused(found: readonly Subject[], subject: number, limit: LimitName, retryAfterMs: number): LimitAnswer {
    return {
      kind: 'refused',
      subject,
      limit,
      retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)),
      uses: this.#uses(found),
    };
  }

  #uses(found: readonly Subject[]): SubjectUse[] {
    const nowMs = this.#now();
    const [ticks, day, month] = [this.#ticks(), dayOf(nowMs), monthOf(nowMs)];
    return found.map((subject) => subject.use(ticks, day, month));
  }
}

export const isBudgeted = ({ nanoUsdDay, nanoUsdMonth }: LimitSubject['limits']): boolean =>
  nanoUsdDay !== undefined || nanoUsdMonth !== undefined;

function overBudget(
  subject: Subject,
  { nanoUsdDay = Number.POSITIVE_INFINITY, nanoUsdMonth = Number.POSITIVE_INFINITY }: LimitSubject['limits'],
  need: NanoUsd,
  nowMs: number,
): 'nanoUsdDay' | 'nanoUsdMonth' | undefined {
  const more = subject.reserved + need;
  if (subject.spentMonth(monthOf(nowMs)) + more > nanoUsdMonth) return 'nanoUsdMonth';
  return subject.spentDay(dayOf(nowMs)) + more > nanoUsdDay ? 'nanoUsdDay' : undefined;
}

const nextPeriodMs = (limit: 'nanoUsdDay' | 'nanoUsdMonth', nowMs: number): number =>
  limit === 'nanoUsdDay' ? msToNextDay(nowMs) : msToNextMonth(nowMs);
