import type { Observer } from '@nearhit/core';
import { Lead, type LeadHooks } from './lead.ts';
import type { Leases } from './lease.ts';
import type { RemoteName } from './remote-listener.ts';
import type { Wire } from './wire.ts';

export interface LeadsOptions {
  readonly wire: Wire;
  readonly leases: Leases;
  readonly observer: Observer;
  readonly now: () => number;
  readonly renewMs: number;
  readonly lingerMs: number;
  readonly lingerBytesMax: number;
}

/** Followers that have shown no sign of life for so many renewals are gone. */
const SIGNS_MISSED_MAX = 8;
/** What a kept reply takes beside its bytes. */
const REPLY_OVERHEAD_BYTES = 2048;

/** All calls that this process makes for others too, and the replies that it keeps a little longer. */
export class Leads {
  readonly #options: LeadsOptions;
  readonly #leads = new Map<string, Lead>();
  /** Whole replies, oldest first, and until when (`performance.now()`). */
  readonly #lingering = new Map<Lead, number>();
  #lingeringBytes = 0;
  readonly #hooks: LeadHooks;

  constructor(options: LeadsOptions) {
    this.#options = options;
    this.#hooks = {
      onClosed: (lead) => this.#closed(lead),
      onWhole: (lead) => this.#linger(lead),
      now: options.now,
    };
  }

  begin(flight: string, token: string): Lead {
    const lead = new Lead(flight, token, this.#options.wire, this.#hooks);
    this.#leads.set(token, lead);
    return lead;
  }

  join(token: string, name: RemoteName): void {
    const lead = this.#leads.get(token);
    if (lead === undefined) this.#options.wire.post(name.from, ['gone', name.join]);
    else lead.join(name);
  }

  hear(kind: 'leave' | 'stay' | 'pause' | 'resume', token: string, from: string, join: number): void {
    const follower = this.#leads.get(token)?.follower(from, join);
    if (follower === undefined) return;
    follower.seenAtMs = performance.now();
    if (kind === 'leave') follower.end();
    else if (kind !== 'stay') follower[kind]();
  }

  /** Renews leases, shows signs of life, lets go of what has had its time. */
  tend(): void {
    const { wire, renewMs } = this.#options;
    const nowMs = performance.now();
    for (const [lead, untilMs] of this.#lingering) {
      if (untilMs > nowMs) continue;
      this.#unkeep(lead);
      lead.discard();
    }
    for (const [token, lead] of this.#leads) {
      // A join may have been under way when it ended.
      if (!lead.open && !lead.followed && nowMs - lead.closedAtMs > renewMs) {
        this.#leads.delete(token);
        continue;
      }
      // What Redis does not carry now is carried on when it is back; a lease that can't be followed is left to lapse.
      if (!wire.hearing) {
        lead.excuse();
        continue;
      }
      lead.tend(renewMs, SIGNS_MISSED_MAX * renewMs);
      if (lead.shared && lead.open && !lead.whole) void this.#renew(lead);
    }
  }

  /** A reply is being made that other processes wait for. */
  get awaited(): boolean {
    for (const lead of this.#leads.values()) if (lead.followed && !lead.whole) return true;
    return false;
  }

  /** None of them is joined any more. */
  closeAll(): void {
    for (const lead of [...this.#leads.values()]) if (lead.shared) lead.close();
  }

  /** All followers are on their own. */
  dismissAll(): void {
    for (const lead of [...this.#leads.values()]) {
      lead.close();
      lead.dismissAll();
    }
    this.#leads.clear();
  }

  async #renew(lead: Lead): Promise<void> {
    const held = await this.#options.leases.renew(lead.flight, lead.token).catch(() => true);
    if (!held && !lead.whole) lead.close();
  }

  #unkeep(lead: Lead): void {
    if (this.#lingering.delete(lead)) this.#lingeringBytes -= lead.bytes + REPLY_OVERHEAD_BYTES;
  }

  #closed(lead: Lead): void {
    const { leases, observer } = this.#options;
    this.#unkeep(lead);
    leases
      .release(lead.flight, lead.token)
      .catch((error: unknown) => observer.incident('flight-release-failed', error));
  }

  #linger(lead: Lead): void {
    const { leases, now, lingerMs, lingerBytesMax, observer } = this.#options;
    const bytes = lead.bytes + REPLY_OVERHEAD_BYTES;
    const forMs = Math.min(lingerMs, lead.servableUntilMs - now());
    if (forMs <= 0 || bytes > lingerBytesMax) {
      lead.close();
      return;
    }
    this.#lingering.set(lead, performance.now() + forMs);
    this.#lingeringBytes += bytes;
    for (const oldest of this.#lingering.keys()) {
      if (this.#lingeringBytes <= lingerBytesMax) break;
      oldest.close();
    }
    leases
      .end(lead.flight, lead.token, forMs)
      .catch((error: unknown) => observer.incident('flight-release-failed', error));
  }
}
