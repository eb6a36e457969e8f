import type { RetryConfig } from '../config.ts';
import type { Clock } from './clock.ts';
import type { Plan } from './plan.ts';
import { backoffMs } from './retry.ts';
import type { Target } from './target.ts';

/** A target as one call sees it. */
export interface Link {
  readonly target: Target;
  /** Asked only when no other has answered in its round. */
  readonly reserve: boolean;
  calls: number;
  /** The last round it was asked in. */
  round: number;
  /** What the provider said of when to come again. */
  notBeforeMs: number;
  /** It is of no use to this call. */
  closed: boolean;
}

export interface Step {
  readonly link: Link;
  readonly waitMs: number;
}

/**
 * Whom one call asks, in order: each target once, at once; then, after a back-off, another round, until each has been
 * asked `attemptsMax` times or the time is over.
 */
export class Chain {
  readonly #links: Link[];
  readonly #retry: RetryConfig;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  /** Nobody is fit: whoever there is gets one call. */
  readonly #lastResort: boolean;
  #round = 1;

  constructor({ ranked, reserve }: Plan, retry: RetryConfig, clock: Clock, deadlineMs: number) {
    this.#links = ranked.map(({ target }) => linkTo(target, false));
    for (const { target } of reserve) this.#links.push(linkTo(target, true));
    this.#retry = retry;
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
    this.#lastResort = ranked.length === 0;
  }

  /** To be asked now. */
  first(): Link {
    return this.#taken(this.#links[0] as Link);
  }

  /** To be asked after a failure. Undefined: there is nobody, or no time. */
  next(nowMs: number): Step | undefined {
    if (nowMs >= this.#deadlineMs) return undefined;
    const link = this.other(nowMs);
    return link === undefined ? this.#nextRound(nowMs) : { link, waitMs: 0 };
  }

  /** The next of this round. */
  other(nowMs: number): Link | undefined {
    const left = this.#links.filter(
      (link) => this.#open(link) && link.round < this.#round && link.notBeforeMs <= nowMs,
    );
    const link = left.find((each) => this.#isFit(each, nowMs)) ?? left.find((each) => this.#isBearable(each, nowMs));
    return link && this.#taken(link);
  }

  /** The same once more, with another key. */
  again(link: Link, nowMs: number): Step | undefined {
    return this.#open(link) && nowMs < this.#deadlineMs ? { link: this.#taken(link), waitMs: 0 } : undefined;
  }

  #nextRound(nowMs: number): Step | undefined {
    if (this.#round >= this.#retry.attemptsMax) return undefined;
    this.#round++;
    const pauseMs = backoffMs(this.#retry, this.#round, this.#clock.random);
    const open = this.#links.filter((link) => this.#open(link));
    const fit = open.filter((link) => this.#isFit(link, nowMs));
    const candidates = fit.length > 0 ? fit : open.filter((link) => this.#isBearable(link, nowMs));
    const link = candidates.find(({ notBeforeMs }) => notBeforeMs <= nowMs + pauseMs) ?? soonest(candidates);
    if (link === undefined) return undefined;
    const waitMs = Math.max(pauseMs, link.notBeforeMs - nowMs);
    return nowMs + waitMs < this.#deadlineMs ? { link: this.#taken(link), waitMs } : undefined;
  }

  #taken(link: Link): Link {
    link.calls++;
    link.round = this.#round;
    return link;
  }

  #open(link: Link): boolean {
    return !link.closed && link.calls < this.#retry.attemptsMax;
  }

  #isFit({ reserve, target }: Link, nowMs: number): boolean {
    return !reserve && target.state.breaker.allows(nowMs);
  }

  /** Its breaker is open, but it has answered not long ago. */
  #isBearable({ calls, target }: Link, nowMs: number): boolean {
    return !target.state.breaker.isDead(nowMs) || (this.#lastResort && calls === 0);
  }
}

function linkTo(target: Target, reserve: boolean): Link {
  return { target, reserve, calls: 0, round: 0, notBeforeMs: 0, closed: false };
}

function soonest(links: readonly Link[]): Link | undefined {
  let best: Link | undefined;
  for (const link of links) if (best === undefined || link.notBeforeMs < best.notBeforeMs) best = link;
  return best;
}
