import type { RetryConfig } from '../config.ts';
import type { Clock } from './clock.ts';
import type { Plan } from './plan.ts';
import { backoffMs } from './retry.ts';
import type { Target } from './target.ts';

/** A target as one call sees it. */
export interface Link {
  readonly target: Target;
  calls: number;
  /** What the provider said of when to come again. */
  notBeforeMs: number;
  /** It is of no use to this call. */
  closed: boolean;
}

export interface Step {
  readonly link: Link;
  readonly waitMs: number;
}

/** A target that failed so many times what opens its breaker is dead rather than moody. */
const DEAD_AFTER = 4;

/**
 * Whom one call asks, in order: each target once, at once; then, after a back-off, another round, until each has been
 * asked `attemptsMax` times or the time is over.
 */
export class Chain {
  readonly #links: Link[];
  readonly #retry: RetryConfig;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #lastResort: boolean;
  #at = 0;
  #round = 1;

  constructor(plan: Plan, retry: RetryConfig, clock: Clock, deadlineMs: number) {
    this.#links = plan.ranked.map(({ target }) => ({ target, calls: 0, notBeforeMs: 0, closed: false }));
    this.#retry = retry;
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
    this.#lastResort = plan.lastResort;
  }

  get first(): Link {
    return this.#links[0] as Link;
  }

  /** After a failure. Undefined: there is nobody to ask, or no time. */
  next(nowMs: number): Step | undefined {
    if (nowMs >= this.#deadlineMs) return undefined;
    const link = this.other(nowMs);
    return link === undefined ? this.#nextRound(nowMs) : { link, waitMs: 0 };
  }

  /** The next of this round. */
  other(nowMs: number): Link | undefined {
    for (let at = this.#at + 1; at < this.#links.length; at++) {
      const link = this.#links[at] as Link;
      if (!this.#open(link) || link.notBeforeMs > nowMs) continue;
      if (!this.#askable(link, nowMs)) continue;
      this.#at = at;
      return link;
    }
    return undefined;
  }

  /** It may be asked once more. */
  allowsAgain(link: Link, nowMs: number): boolean {
    return this.#open(link) && nowMs < this.#deadlineMs;
  }

  #nextRound(nowMs: number): Step | undefined {
    if (this.#round >= this.#retry.attemptsMax) return undefined;
    this.#round++;
    const pauseMs = backoffMs(this.#retry, this.#round, this.#clock.random);
    const open = this.#links.filter((link) => this.#open(link));
    const well = open.filter(({ target }) => target.state.breaker.allows(nowMs));
    const candidates = well.length > 0 ? well : open.filter(isMoody);
    const link = candidates.find(({ notBeforeMs }) => notBeforeMs <= nowMs + pauseMs) ?? soonest(candidates);
    if (link === undefined) return undefined;
    const waitMs = Math.max(pauseMs, link.notBeforeMs - nowMs);
    if (nowMs + waitMs >= this.#deadlineMs) return undefined;
    this.#at = this.#links.indexOf(link);
    return { link, waitMs };
  }

  #askable(link: Link, nowMs: number): boolean {
    if (link.target.state.breaker.allows(nowMs)) return true;
    return this.#lastResort && (link.calls === 0 || isMoody(link));
  }

  #open(link: Link): boolean {
    return !link.closed && link.calls < this.#retry.attemptsMax;
  }
}

function isMoody({ target }: Link): boolean {
  const { breaker } = target.state;
  return breaker.failuresInARow < DEAD_AFTER * breaker.config.failures;
}

function soonest(links: readonly Link[]): Link | undefined {
  let best: Link | undefined;
  for (const link of links) if (best === undefined || link.notBeforeMs < best.notBeforeMs) best = link;
  return best;
}
