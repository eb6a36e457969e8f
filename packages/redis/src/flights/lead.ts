import type { LiveReply } from '@nearhit/core';
import { RemoteListener, type RemoteName } from './remote-listener.ts';
import type { Wire } from './wire.ts';

export interface LeadHooks {
  /** Nobody joins it any more, but whoever follows goes on. */
  onClosed(lead: Lead): void;
  /** Whole and stored: it can be joined for `lingerMs` more. */
  onWhole(lead: Lead): void;
  now(): number;
}

/** A call that this process makes, or is about to, and who follows it from elsewhere. */
export class Lead {
  readonly flight: string;
  readonly token: string;
  /** Its lease may be found. */
  open = true;
  closedAtMs = 0;
  whole = false;
  readonly #wire: Wire;
  readonly #hooks: LeadHooks;
  readonly #followers = new Map<string, RemoteListener>();
  /** They knew of the lease before this process did. */
  #early: RemoteName[] = [];
  #live: LiveReply | undefined;

  constructor(flight: string, token: string, wire: Wire, hooks: LeadHooks) {
    this.flight = flight;
    this.token = token;
    this.#wire = wire;
    this.#hooks = hooks;
  }

  get followed(): boolean {
    return this.#followers.size > 0;
  }

  /** It is being made. */
  get shared(): boolean {
    return this.#live !== undefined;
  }

  get bytes(): number {
    return this.#live?.bytes ?? 0;
  }

  /** Until when it may be given to whoever asks, on the `Date.now()` clock. */
  get servableUntilMs(): number {
    return this.#live?.servableUntilMs ?? 0;
  }

  share(live: LiveReply): void {
    this.#live = live;
    live.listen({
      // A refusal may be for what does not count as the same request: whoever comes now asks for itself.
      onHead: ({ status }) => status > 299 && this.close(),
      onData: () => {
        if (!live.recorded) this.close();
        return true;
      },
      onEnd: () => queueMicrotask(() => this.#ended()),
      onError: () => this.close(),
    });
    for (const name of this.#early) this.join(name);
    this.#early = [];
  }

  join(name: RemoteName): void {
    if (this.open && this.#live === undefined) {
      this.#early.push(name);
      return;
    }
    const key = nameOf(name.from, name.join);
    const follower = new RemoteListener(this.#wire, name, () => this.#followers.delete(key));
    // Whoever knows the token had it from the lease while that stood: it hears how the reply ended, too.
    if (this.#live?.recorded && this.#live.state !== 'abandoned') {
      this.#followers.set(key, follower);
      follower.follow(this.#live);
    } else follower.dismiss();
  }

  follower(from: string, join: number): RemoteListener | undefined {
    return this.#followers.get(nameOf(from, join));
  }

  /** Signs of life to all; without those of its own, a follower is gone. */
  tend(signMs: number, lostMs: number): void {
    for (const follower of [...this.#followers.values()]) {
      if (performance.now() - follower.seenAtMs > lostMs) follower.end();
      else follower.sign(signMs);
    }
  }

  /** The time that could not be heard in is no silence. */
  excuse(): void {
    for (const follower of this.#followers.values()) follower.seenAtMs = performance.now();
  }

  close(): void {
    if (!this.open) return;
    this.discard();
    this.#hooks.onClosed(this);
  }

  /** Like `close`, of a lease that is another's or has lapsed. */
  discard(): void {
    this.open = false;
    this.closedAtMs = performance.now();
    this.#dismissEarly();
  }

  dismissAll(): void {
    for (const follower of [...this.#followers.values()]) follower.dismiss();
    this.#dismissEarly();
  }

  /** By now the reply has settled: its maker knows whether it is stored. */
  #ended(): void {
    this.whole = true;
    if (this.open && this.servableUntilMs > this.#hooks.now()) this.#hooks.onWhole(this);
    else this.close();
  }

  #dismissEarly(): void {
    for (const name of this.#early) this.#wire.post(name.from, ['gone', name.join]);
    this.#early = [];
  }
}

const nameOf = (from: string, join: number): string => `${from}:${join}`;
