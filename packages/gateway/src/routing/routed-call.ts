import {
  NearhitError,
  type RouteDecision,
  type UpstreamCall,
  type UpstreamFlow,
  type UpstreamSink,
} from '@nearhit/core';
import type { RetryConfig } from '../config.ts';
import type { Ongoing } from '../provider/provider.ts';
import { Attempt, type AttemptOwner } from './attempt.ts';
import * as book from './bookkeeping.ts';
import { Chain, type Link, type Step } from './chain.ts';
import type { Clock } from './clock.ts';
import { Outlet, type OutletOwner } from './outlet.ts';
import { callTo, keyFor, type Plan, shown } from './plan.ts';
import type { Ranked } from './rank.ts';
import { Refusal } from './refusal.ts';
import { forbidsRetry, type Verdict, verdictOf } from './retry.ts';

export interface RoutedCallDeps {
  readonly clock: Clock;
  readonly retry: RetryConfig;
  readonly onAlarm: (alarm: book.ProviderAlarm) => void;
  /** Counts the calls that may still need the providers of this configuration. */
  readonly ongoing: Ongoing;
}

/** One reply, from whichever target gives it; see docs/routing.md. */
export class RoutedCall implements UpstreamFlow, AttemptOwner, OutletOwner {
  readonly call: UpstreamCall;
  readonly #deps: RoutedCallDeps;
  readonly #plan: Plan;
  readonly #chain: Chain;
  readonly #sink: UpstreamSink;
  readonly #outlet: Outlet;
  readonly #deadlineMs: number;
  readonly #attempts: Attempt[] = [];
  /** Asked, or waiting for a place; two while a call is hedged. */
  #running: Attempt[] = [];
  #winner: Attempt | undefined;
  /** What the winner says of the house's key. */
  #refusal: Refusal | undefined;
  #sent = 0;
  #over = false;
  /** Within send(): the sink must hear nothing yet. */
  #starting = true;
  #timer: NodeJS.Timeout | undefined;
  #hedgeTimer: NodeJS.Timeout | undefined;
  #aborted = false;

  constructor(deps: RoutedCallDeps, call: UpstreamCall, plan: Plan, sink: UpstreamSink, hedgeAfterMs?: number) {
    this.#deps = deps;
    this.call = call;
    this.#plan = plan;
    this.#sink = sink;
    this.#outlet = new Outlet(sink, this);
    const { provider } = (plan.ranked[0] ?? (plan.reserve[0] as Ranked)).target;
    this.#deadlineMs = deps.clock.elapsed() + provider.totalMs;
    this.#chain = new Chain(plan, deps.retry, deps.clock, this.#deadlineMs);
    deps.ongoing.enter();
    if (hedgeAfterMs !== undefined && plan.ranked.length + plan.reserve.length > 1)
      this.#hedgeTimer = setTimeout(() => this.#hedge(), hedgeAfterMs).unref();
    this.#ask(this.#chain.first());
    this.#starting = false;
  }

  pause(): void {
    if (this.#over || this.#outlet.paused) return;
    this.#outlet.paused = true;
    this.#winner?.flow?.pause();
  }

  resume(): void {
    if (this.#over || !this.#outlet.paused) return;
    this.#outlet.paused = false;
    this.#outlet.flush();
    if (!this.#outlet.paused && !this.#over) this.#winner?.flow?.resume();
  }

  abort(): void {
    this.#aborted = true;
    if (this.#over) return;
    for (const attempt of this.#running) this.#giveUp(attempt, 'aborted');
    this.#finish();
  }

  begin(attempt: Attempt): void {
    clearTimeout(attempt.waitTimer);
    const { clock } = this.#deps;
    const nowMs = clock.elapsed();
    const { target } = attempt.link;
    attempt.stage = 'asked';
    attempt.totalMs = Math.max(1, Math.ceil(this.#deadlineMs - nowMs));
    book.open(attempt, nowMs, clock.now());
    this.#sent++;
    attempt.flow = target.provider.send(callTo(target, this.call), attempt, attempt);
  }

  headCame(attempt: Attempt, status: number, headers: Readonly<Record<string, string>>): boolean {
    const verdict = verdictOf(status, headers, attempt.houseKey);
    if (verdict === 'answer') {
      for (const rival of this.#running) if (rival !== attempt) this.#giveUp(rival, 'hedged');
      this.#running = [attempt];
      return true;
    }
    return this.#refused(attempt, verdict);
  }

  commit(attempt: Attempt): void {
    book.noteAnswer(attempt);
    this.#pass(attempt);
  }

  data(chunk: Buffer): void {
    if (this.#refusal === undefined) this.#outlet.data(chunk);
    else this.#refusal.push(chunk);
  }

  drained(): void {
    this.#finish();
    this.#sink.onEnd(this.#winner?.json);
  }

  ended(attempt: Attempt): void {
    const nowMs = this.#deps.clock.elapsed();
    book.noteEnd(attempt, nowMs);
    book.close(attempt, attempt.answered, nowMs);
    if (this.#refusal !== undefined) this.#outlet.data(this.#refusal.body());
    this.#outlet.end();
  }

  broke(attempt: Attempt, error: NearhitError): void {
    this.#closeFailed(attempt, error);
    this.#finishWith(error);
  }

  failed(attempt: Attempt, error: NearhitError): void {
    this.#closeFailed(attempt, error);
    this.#goOn(attempt, error);
  }

  /** A status that is no answer: someone else is asked, or, where there is nobody, the client gets it as it is. */
  #refused(attempt: Attempt, verdict: Exclude<Verdict, 'answer'>): boolean {
    const { clock, onAlarm } = this.#deps;
    const nowMs = clock.elapsed();
    const { link, headers, status } = attempt;
    const alarm = book.noteVerdict(attempt, verdict, nowMs, clock.now());
    if (alarm !== undefined) onAlarm(alarm);
    if (forbidsRetry(headers)) link.closed = true;
    const rivals = this.#running.length > 1;
    const step = rivals ? undefined : this.#stepAfter(attempt, verdict, nowMs);
    if (!rivals && step === undefined) {
      if (verdict === 'refused') this.#refusal = new Refusal(attempt);
      this.#pass(attempt);
      return false;
    }
    book.close(attempt, `status-${status}`, nowMs);
    this.#drop(attempt);
    attempt.discard();
    if (step !== undefined) this.#take(step);
    return false;
  }

  /** With another key of the same provider, where the one it had was the matter. */
  #stepAfter({ link, houseKey }: Attempt, verdict: Verdict, nowMs: number): Step | undefined {
    const { provider, state } = link.target;
    const keyMatters = houseKey && verdict !== 'failed' && !state.isOut(nowMs);
    const again = keyMatters && provider.keys.ready(nowMs) ? this.#chain.again(link, nowMs) : undefined;
    if (again !== undefined) return again;
    // Without a key that it takes it is of no use; of those that are limited one may come free in time.
    if (verdict === 'refused') link.closed = true;
    return this.#chain.next(nowMs);
  }

  #goOn(attempt: Attempt, error: NearhitError): void {
    if (this.#over) return;
    this.#drop(attempt);
    if (error.kind === 'INVALID_REQUEST' || error.kind === 'INTERNAL') attempt.link.closed = true;
    if (this.#running.length > 0) return;
    const step = this.#chain.next(this.#deps.clock.elapsed());
    if (step === undefined) this.#finishWith(error);
    else this.#take(step);
  }

  #take({ link, waitMs }: Step): void {
    if (waitMs === 0) this.#ask(link);
    else this.#timer = setTimeout(() => this.#ask(link), waitMs);
  }

  #ask(link: Link): void {
    const { clock } = this.#deps;
    const attempt = new Attempt(this, link, keyFor(link.target, this.call, clock.elapsed()), clock.elapsed);
    this.#attempts.push(attempt);
    this.#running.push(attempt);
    const place = link.target.provider.places.enter(attempt);
    if (place === 'in') this.begin(attempt);
    else if (place === 'full') this.#noPlace(attempt, 'too many calls are waiting');
    else
      attempt.waitTimer = setTimeout(
        () => this.#noPlace(attempt, 'no place became free in time'),
        this.#queueMs(attempt),
      );
  }

  #queueMs({ link }: Attempt): number {
    return Math.max(1, Math.min(link.target.provider.queueMs, this.#deadlineMs - this.#deps.clock.elapsed()));
  }

  #noPlace(attempt: Attempt, why: string): void {
    const { provider } = attempt.link.target;
    provider.places.cancel(attempt);
    attempt.stage = 'over';
    this.failed(attempt, new NearhitError('UPSTREAM_BUSY', `Provider ${provider.id}: ${why}.`));
  }

  #hedge(): void {
    if (this.#over || this.#running.length !== 1 || this.#running[0]?.stage === 'held') return;
    const link = this.#chain.other(this.#deps.clock.elapsed());
    if (link !== undefined) this.#ask(link);
  }

  /** Head and what was held go to the client; nothing is tried again from here on. */
  #pass(attempt: Attempt): void {
    clearTimeout(this.#hedgeTimer);
    attempt.stage = 'passing';
    this.#winner = attempt;
    const { target } = attempt.link;
    try {
      this.#sink.onRoute?.(this.#decision());
      this.#sink.onHead({
        status: attempt.status,
        headers: this.#refusal?.headers ?? attempt.headers,
        provider: target.provider.id,
        model: target.model,
        attempts: this.#sent,
        price: target.price,
      });
    } catch (cause) {
      this.sinkThrew(cause);
    }
    if (this.#outlet.paused && !this.#over) attempt.flow?.pause();
  }

  sinkThrew(cause: unknown): void {
    if (this.#over) return;
    const attempt = this.#winner as Attempt;
    this.#giveUp(attempt, 'failed');
    this.#finishWith(new NearhitError('INTERNAL', 'The answer could not be passed on.', { cause }));
  }

  #closeFailed(attempt: Attempt, error: NearhitError): void {
    if (attempt.outcome !== undefined) return;
    const nowMs = this.#deps.clock.elapsed();
    book.noteError(attempt, error, nowMs);
    book.close(attempt, book.outcomeOf(error), nowMs);
  }

  #giveUp(attempt: Attempt, outcome: string): void {
    const { stage, flow, link } = attempt;
    if (attempt.outcome !== undefined) return;
    attempt.stage = 'over';
    book.noteGivenUp(attempt);
    book.close(attempt, outcome, this.#deps.clock.elapsed());
    clearTimeout(attempt.waitTimer);
    if (stage === 'waiting') link.target.provider.places.cancel(attempt);
    else flow?.abort();
  }

  #drop(attempt: Attempt): void {
    this.#running = this.#running.filter((each) => each !== attempt);
  }

  #decision(): RouteDecision {
    const { policy, ranked, reserve, leftOut } = this.#plan;
    const all = [...ranked, ...reserve, ...leftOut];
    return { policy, ranked: all.map(shown), attempts: this.#attempts.map((attempt) => attempt.record()) };
  }

  #finishWith(error: NearhitError): void {
    if (this.#over) return;
    this.#finish();
    const tell = () => {
      if (this.#aborted) return;
      if (this.#winner === undefined) this.#sink.onRoute?.(this.#decision());
      this.#sink.onError(error);
    };
    if (this.#starting) queueMicrotask(tell);
    else tell();
  }

  #finish(): void {
    this.#over = true;
    this.#outlet.close();
    clearTimeout(this.#timer);
    clearTimeout(this.#hedgeTimer);
    this.#deps.ongoing.leave();
  }
}
