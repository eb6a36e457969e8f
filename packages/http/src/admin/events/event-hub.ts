import type { StatsQuery } from '../observe-schemas.ts';
import type { StatsReader } from '../ports.ts';
import { DecisionTail, type EventPosition, positionOf } from './decision-tail.ts';
import { eventText, type Listener } from './listener.ts';

export interface EventHubDeps {
  readonly stats: StatsReader;
  /** How the house does; must not reject. */
  readonly status: () => Promise<object>;
  readonly now: () => number;
}

const TICK_MS = 500;
const TICKS_PER_STATS = 2;
const TICKS_PER_STATUS = 4;
const TICKS_PER_HEARTBEAT = 30;
const HEARTBEAT = ': \n\n';

/** Those who look at the same figures: they are computed once for all of them. */
class Channel {
  readonly listeners = new Set<Listener>();
  readonly #query: StatsQuery;
  readonly #stats: StatsReader;
  readonly #meter: ReturnType<StatsReader['recent']>;
  #tickedAtMs = 0;

  constructor(stats: StatsReader, query: StatsQuery) {
    this.#stats = stats;
    this.#query = query;
    const { namespace, model } = query;
    this.#meter = stats.recent({ namespace, model });
  }

  tick(nowMs: number): void {
    const recent = this.#meter.tick(nowMs);
    const seconds = (nowMs - this.#tickedAtMs) / 1000;
    const asked = recent === null ? 0 : Math.round((recent.requests * seconds) / recent.seconds);
    this.#tickedAtMs = nowMs;
    const text = eventText('stats', { ...this.#stats.summary(this.#query), atMs: nowMs, recent });
    for (const listener of this.listeners) {
      listener.write(text);
      if (recent === null) continue;
      const decisions = listener.skipped(asked);
      if (decisions > 0) listener.write(eventText('skipped', { decisions }));
    }
  }
}

/**
 * Everybody who listens, and what they hear: read and computed once for all, however many they are, and not at all while
 * nobody listens.
 */
export class EventHub {
  readonly #deps: EventHubDeps;
  readonly #channels = new Map<string, Channel>();
  readonly #tail: DecisionTail;
  #timer: NodeJS.Timeout | undefined;
  #begun: Promise<EventPosition | undefined> | undefined;
  #position: EventPosition | undefined;
  #polling = false;
  #asking = false;
  #status = '';
  #ticks = 0;
  #size = 0;

  constructor(deps: EventHubDeps) {
    this.#deps = deps;
    this.#tail = new DecisionTail(deps.stats);
  }

  /** How many listen. */
  get size(): number {
    return this.#size;
  }

  /** What is decided from here on is heard. Answers where that is. */
  async join(listener: Listener, query: StatsQuery): Promise<EventPosition | undefined> {
    const key = JSON.stringify([query.window, query.namespace, query.model]);
    const channel = this.#channels.get(key) ?? new Channel(this.#deps.stats, query);
    this.#channels.set(key, channel);
    channel.listeners.add(listener);
    this.#size += 1;
    this.#begun ??= this.#begin();
    await this.#begun;
    return this.#position;
  }

  /** Each of these events once, for one who has just come. */
  greet(listener: Listener, query: StatsQuery): void {
    const figures = { ...this.#deps.stats.summary(query), atMs: this.#deps.now(), recent: null };
    listener.write(eventText('stats', figures));
    if (this.#status !== '') listener.write(this.#status);
    else this.#askStatus();
  }

  leave(listener: Listener): void {
    for (const [key, channel] of this.#channels) {
      if (channel.listeners.delete(listener)) this.#size -= 1;
      if (channel.listeners.size === 0) this.#channels.delete(key);
    }
    if (this.#size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#begun = undefined;
    this.#status = '';
  }

  /** Ends every connection. */
  close(): void {
    for (const listener of [...this.#everybody()]) {
      listener.end();
      this.leave(listener);
    }
  }

  async #begin(): Promise<EventPosition | undefined> {
    this.#ticks = 0;
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
    this.#position = await this.#tail.begin().catch(() => undefined);
    return this.#position;
  }

  #tick(): void {
    this.#ticks += 1;
    this.#poll();
    if (this.#ticks % TICKS_PER_STATUS === 0) this.#askStatus();
    if (this.#ticks % TICKS_PER_HEARTBEAT === 0) for (const one of this.#everybody()) one.write(HEARTBEAT);
    if (this.#ticks % TICKS_PER_STATS !== 0) return;
    const nowMs = this.#deps.now();
    for (const channel of this.#channels.values()) channel.tick(nowMs);
  }

  #poll(): void {
    if (this.#polling) return;
    this.#polling = true;
    this.#tail
      .poll()
      .then(({ decisions, overrun }) => {
        const newest = decisions.at(-1);
        if (newest !== undefined) this.#position = positionOf(newest);
        for (const listener of this.#everybody()) listener.decide(decisions, overrun);
      })
      // A log that can't be read is read the next time.
      .catch(() => {})
      .finally(() => {
        this.#polling = false;
      });
  }

  #askStatus(): void {
    if (this.#asking) return;
    this.#asking = true;
    this.#deps
      .status()
      .then((status) => {
        this.#status = eventText('status', status);
        for (const listener of this.#everybody()) listener.write(this.#status);
      })
      .catch(() => {})
      .finally(() => {
        this.#asking = false;
      });
  }

  *#everybody(): Generator<Listener> {
    for (const { listeners } of this.#channels.values()) yield* listeners;
  }
}
