import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FlightFollow, FlightLead, Observer, ReplyForm, SharedFlights } from '@nearhit/core';
import type { RedisConnection } from '../connection.ts';
import { Follower } from './follower.ts';
import { Leads } from './leads.ts';
import { flightName, type Lease, Leases } from './lease.ts';
import type { Message } from './messages.ts';
import { Wire } from './wire.ts';

export interface RedisFlightsOptions {
  readonly connection: RedisConnection;
  readonly observer: Observer;
  /** Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** A leader that has not renewed its lease for this long is lost. Default 1500. */
  readonly leaseMs?: number | undefined;
  /** Between two renewals, and between two signs of life. Default 500. */
  readonly renewMs?: number | undefined;
  /** A stored reply can be joined for this long after its end. Default 10,000. */
  readonly lingerMs?: number | undefined;
  /** Bound on the bytes of replies that are kept for that. Default 32 MiB. */
  readonly lingerBytesMax?: number | undefined;
  /** Whoever has no answer from Redis by then leads alone. Default 150. */
  readonly claimTimeoutMs?: number | undefined;
}

export interface RedisFlights extends SharedFlights {
  /** False while Redis carries nothing to this process: it leads alone then. */
  readonly connected: boolean;
  /** Resolves when nobody elsewhere waits for a reply that this process makes, at the latest after `timeoutMs` (15,000). */
  drained(timeoutMs?: number): Promise<void>;
}

const FAILURES_MAX = 3;
const PAUSE_MS = 1000;
const OUTAGE_MS_MAX = 10_000;
const DRAIN_MS = 15_000;
const DRAIN_POLL_MS = 50;
const ALONE: FlightLead = { role: 'leader', share: () => {} };

/** One upstream call per key over all processes on one Redis. The replies travel over its channels, on demand. */
export function createRedisFlights(options: RedisFlightsOptions): RedisFlights {
  return new FlightsOverRedis(options);
}

class FlightsOverRedis implements RedisFlights {
  readonly #id = randomBytes(8).toString('hex');
  readonly #observer: Observer;
  readonly #leaseMs: number;
  readonly #claimTimeoutMs: number;
  readonly #wire: Wire;
  readonly #leases: Leases;
  readonly #leads: Leads;
  readonly #followers = new Map<number, Follower>();
  /** Leaders found to be lost, by flight; their leases may still stand. */
  readonly #lost = new Map<string, { readonly token: string; readonly untilMs: number }>();
  readonly #chores: NodeJS.Timeout;
  #joins = 0;
  #forgottenAtMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #pausedUntilMs = 0;
  #closed = false;

  constructor(options: RedisFlightsOptions) {
    const { connection, observer, now = Date.now, leaseMs = 1500, renewMs = 500, claimTimeoutMs = 150 } = options;
    const { lingerMs = 10_000, lingerBytesMax = 32 * 1024 * 1024 } = options;
    this.#observer = observer;
    this.#leaseMs = leaseMs;
    this.#claimTimeoutMs = claimTimeoutMs;
    const onMessage = (message: Message) => this.#receive(message);
    const wire = new Wire({ connection, observer, id: this.#id, beatMs: renewMs, silenceMs: leaseMs, onMessage });
    this.#wire = wire;
    this.#leases = new Leases(connection, this.#id, leaseMs);
    this.#leads = new Leads({ wire, leases: this.#leases, observer, now, renewMs, lingerMs, lingerBytesMax });
    this.#chores = setInterval(() => this.#tend(), renewMs).unref();
  }

  get connected(): boolean {
    return this.#wire.hearing;
  }

  async claim(key: string, form: ReplyForm): Promise<FlightLead | FlightFollow> {
    if (!this.#mayClaim()) return ALONE;
    const flight = flightName(key);
    const token = randomBytes(8).toString('hex');
    const lead = this.#leads.begin(flight, token);
    const lost = this.#lost.get(flight)?.token;
    const ageMsMax = performance.now() - this.#forgottenAtMs;
    const claiming = this.#leases.claim(flight, { token, form, ageMsMax, lost });
    let held: Lease | undefined;
    try {
      held = await answeredWithin(claiming, this.#claimTimeoutMs);
      this.#failures = 0;
    } catch (error) {
      this.#claimFailed(error);
      lead.discard();
      // The lease may have been had after all.
      claiming.then(() => this.#leases.release(flight, token)).catch(() => undefined);
      return ALONE;
    }
    if (held === undefined) return { role: 'leader', share: (live) => lead.share(live) };
    lead.discard();
    return this.#followOf(flight, held);
  }

  forget(): void {
    this.#forgottenAtMs = performance.now();
    this.#leads.closeAll();
  }

  async drained(timeoutMs = DRAIN_MS): Promise<void> {
    const giveUpAtMs = performance.now() + timeoutMs;
    while (this.#leads.awaited && performance.now() < giveUpAtMs) await sleep(DRAIN_POLL_MS);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#chores);
    this.#leads.dismissAll();
    for (const follower of [...this.#followers.values()]) follower.abandon();
    await Promise.all([this.#wire.close(), this.#leases.idle()]);
  }

  #followOf(flight: string, { leader, token, form, ended }: Lease): FlightFollow {
    const options = {
      wire: this.#wire,
      id: this.#id,
      leader,
      token,
      stream: form.stream,
      silenceMs: this.#leaseMs,
      outageMsMax: OUTAGE_MS_MAX,
      number: (follower: Follower) => {
        this.#followers.delete(follower.join);
        this.#followers.set(++this.#joins, follower);
        return this.#joins;
      },
      onOver: (follower: Follower, lost: boolean) => {
        this.#followers.delete(follower.join);
        if (lost) this.#leaderLost(flight, token);
      },
    };
    return { role: 'follower', form, ended, follow: (sink) => new Follower(options, sink) };
  }

  /** Its lease is not respected any more: whoever asks again need not wait for it to lapse. */
  #leaderLost(flight: string, token: string): void {
    this.#lost.set(flight, { token, untilMs: performance.now() + 4 * this.#leaseMs });
    if (!this.#closed) this.#observer.incident('flight-leader-lost');
  }

  /** After some failures one claim a second tries whether Redis answers again; the others lead alone at once. */
  #mayClaim(): boolean {
    if (this.#closed || !this.#wire.hearing) return false;
    if (this.#failures < FAILURES_MAX) return true;
    const nowMs = performance.now();
    if (nowMs < this.#pausedUntilMs) return false;
    this.#pausedUntilMs = nowMs + PAUSE_MS;
    return true;
  }

  #claimFailed(error: unknown): void {
    this.#failures += 1;
    this.#pausedUntilMs = performance.now() + PAUSE_MS;
    this.#observer.incident('flight-claim-failed', error);
  }

  #receive(message: Message): void {
    switch (message[0]) {
      case 'beat':
        return;
      case 'join':
        this.#leads.join(message[3], { from: message[1], join: message[2], skip: message[4] });
        return;
      case 'leave':
      case 'stay':
      case 'pause':
      case 'resume':
        this.#leads.hear(message[0], message[3], message[1], message[2]);
        return;
      default:
        this.#followers.get(message[1])?.receive(message);
    }
  }

  #tend(): void {
    this.#leads.tend();
    for (const follower of this.#followers.values()) follower.stay();
    for (const [flight, { untilMs }] of this.#lost) if (untilMs <= performance.now()) this.#lost.delete(flight);
  }
}

/** A process too busy to read in time has read before it gives up. */
function answeredWithin<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`Redis did not answer a claim within ${ms} ms`));
    const timer = setTimeout(() => setImmediate(late), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
