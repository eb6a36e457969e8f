import type { NanoUsd, SubjectUse } from '../ports/limit-store.ts';

/** What of a subject outlives its process. Times are milliseconds since 1970. */
export interface SubjectState {
  readonly window?: { id: number; startedAtMs: number; milliRequests: number; tokens: number } | undefined;
  /** Period and what was spent in it. */
  readonly days: readonly [day: number, spent: NanoUsd][];
  readonly months: readonly [month: number, spent: NanoUsd][];
}

interface Window {
  readonly id: number;
  readonly startedAtMs: number;
  readonly endsAt: number;
  milliRequests: number;
  tokens: number;
}

interface Held {
  readonly until: number;
  readonly nanoUsd: NanoUsd;
}

/** Periods before the running one are kept a while: a clock that jumps ahead and back finds what was spent. */
const DAYS_KEPT = 3;
const MONTHS_KEPT = 2;

/** One who is limited, within one process. `ticks` never jump. */
export class Subject {
  window: Window | undefined;
  reserved: NanoUsd = 0;
  readonly #days = new Map<number, NanoUsd>();
  readonly #months = new Map<number, NanoUsd>();
  readonly #leases = new Map<string, Held>();
  #windows = 0;

  get inFlight(): number {
    return this.#leases.size;
  }

  get idle(): boolean {
    return this.window === undefined && this.#leases.size === 0 && this.#months.size === 0 && this.#days.size === 0;
  }

  /** Ends the window and frees the leases whose time is over. */
  lapse(ticks: number): void {
    if (this.window !== undefined && ticks >= this.window.endsAt) this.window = undefined;
    // A lease that is renewed goes to the end: the first one that is alive has only living ones behind it.
    for (const [lease, { until }] of this.#leases) {
      if (until > ticks) return;
      this.release(lease);
    }
  }

  openWindow(ticks: number, windowMs: number, nowMs: number): Window {
    if (this.window !== undefined) return this.window;
    // Greater than that of any window before, a restored one's too.
    this.#windows = Math.max(this.#windows + 1, nowMs);
    this.window = { id: this.#windows, startedAtMs: nowMs, endsAt: ticks + windowMs, milliRequests: 0, tokens: 0 };
    return this.window;
  }

  hold(lease: string, until: number, nanoUsd: NanoUsd): void {
    const before = this.#leases.get(lease)?.nanoUsd ?? 0;
    const after = Math.max(before, nanoUsd);
    this.#leases.delete(lease);
    this.#leases.set(lease, { until, nanoUsd: after });
    this.reserved += after - before;
  }

  release(lease: string): void {
    this.reserved -= this.#leases.get(lease)?.nanoUsd ?? 0;
    this.#leases.delete(lease);
  }

  spend(day: number, month: number, nanoUsd: NanoUsd): void {
    this.#days.set(day, this.spentDay(day) + nanoUsd);
    this.#months.set(month, this.spentMonth(month) + nanoUsd);
  }

  spentDay(day: number): NanoUsd {
    return this.#days.get(day) ?? 0;
  }

  spentMonth(month: number): NanoUsd {
    return this.#months.get(month) ?? 0;
  }

  forgetBefore(day: number, month: number): void {
    for (const one of this.#days.keys()) if (one <= day - DAYS_KEPT) this.#days.delete(one);
    for (const one of this.#months.keys()) if (one <= month - MONTHS_KEPT) this.#months.delete(one);
  }

  use(ticks: number, day: number, month: number): SubjectUse {
    const { window, inFlight, reserved } = this;
    return {
      milliRequests: window?.milliRequests ?? 0,
      tokens: window?.tokens ?? 0,
      window: window?.id ?? 0,
      resetMs: window === undefined ? 0 : Math.max(1, Math.ceil(window.endsAt - ticks)),
      ...{ inFlight, reserved, spentDay: this.spentDay(day), spentMonth: this.spentMonth(month) },
    };
  }

  state(): SubjectState | undefined {
    const { window } = this;
    if (window === undefined && this.#months.size === 0 && this.#days.size === 0) return undefined;
    const { id, startedAtMs, milliRequests, tokens } = window ?? {};
    return {
      ...(window !== undefined && { window: { id, startedAtMs, milliRequests, tokens } as SubjectState['window'] }),
      days: [...this.#days],
      months: [...this.#months],
    };
  }

  /** A window that a jumping clock puts into the future has just begun; it never lasts longer than one. */
  restore({ window, days, months }: SubjectState, ticks: number, windowMs: number, nowMs: number): void {
    for (const [day, spent] of days) this.#days.set(day, spent);
    for (const [month, spent] of months) this.#months.set(month, spent);
    if (window === undefined) return;
    this.#windows = window.id;
    const elapsedMs = Math.max(0, nowMs - window.startedAtMs);
    if (elapsedMs < windowMs) this.window = { ...window, endsAt: ticks + windowMs - elapsedMs };
  }
}
