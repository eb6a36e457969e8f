import type { DecisionRecord } from '@nearhit/core';
import type { Response } from 'express';
import { positionOf, positionText } from './decision-tail.ts';

/** Decisions that a listener is sent in a second; the rest is counted. */
const DECISIONS_PER_SECOND = 20;
/** What is on its way to a listener that does not read. Beyond it the listener is dropped. */
const UNREAD_BYTES_MAX = 1_048_576;
/** How long one that comes back may take for what it has missed. */
const CATCH_UP_MS = 15_000;
const HELD_MAX = 200;

export interface ListenerFilter {
  readonly namespace?: string | undefined;
  readonly model?: string | undefined;
}

export const eventText = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

const textOf = (decision: DecisionRecord): string => positionText(positionOf(decision));
const texts = new WeakMap<DecisionRecord, string>();

/** Many listen to one decision: it is written down once. */
function decisionText(decision: DecisionRecord): string {
  const known = texts.get(decision);
  if (known !== undefined) return known;
  const text = `id: ${textOf(decision)}\n${eventText('decision', decision)}`;
  texts.set(decision, text);
  return text;
}

/** False when it was not before `giveUp`, or the connection is gone. */
function isDrained(res: Response, giveUp: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (): void => {
      res.off('drain', settle).off('close', settle);
      giveUp.removeEventListener('abort', settle);
      resolve(!giveUp.aborted && !res.destroyed);
    };
    res.on('drain', settle).on('close', settle);
    giveUp.addEventListener('abort', settle);
    if (giveUp.aborted) settle();
  });
}

/** One connection, which gets what it can take. */
export class Listener {
  readonly filter: ListenerFilter;
  readonly #res: Response;
  readonly #now: () => number;
  #tokens = DECISIONS_PER_SECOND;
  #refilledAtMs: number;
  /** While it catches up: what was decided meanwhile. */
  #held: DecisionRecord[] | undefined;
  #caughtUp: ReadonlySet<string> = new Set();
  #sent = 0;
  #unsentBefore = 0;
  #isShort = false;

  constructor(res: Response, filter: ListenerFilter, now: () => number) {
    this.#res = res;
    this.filter = filter;
    this.#now = now;
    this.#refilledAtMs = now();
  }

  write(text: string): void {
    if (this.#res.destroyed || this.#res.writableEnded) return;
    this.#res.write(text);
    if (this.#res.writableLength > UNREAD_BYTES_MAX) this.#res.destroy();
  }

  /** The newest of these, oldest first, as many as it may have. `overrun`: there were others. */
  decide(decisions: readonly DecisionRecord[], overrun: boolean): void {
    const wanted = decisions.filter((one) => this.#wants(one));
    this.#isShort ||= overrun;
    if (this.#held !== undefined) {
      this.#held.push(...wanted);
      return;
    }
    const nowMs = this.#now();
    const earned = (Math.max(0, nowMs - this.#refilledAtMs) / 1000) * DECISIONS_PER_SECOND;
    this.#tokens = Math.min(DECISIONS_PER_SECOND, this.#tokens + earned);
    this.#refilledAtMs = nowMs;
    const count = Math.min(wanted.length, Math.floor(this.#tokens));
    this.#tokens -= count;
    this.#isShort ||= count < wanted.length;
    for (const decision of count === 0 ? [] : wanted.slice(-count)) this.#send(decision);
  }

  /**
   * To be called once a second with how many decisions there were. How many of them it was not sent: about, for the two
   * are not counted at the same instant; 0 for certain when it was sent all.
   */
  skipped(asked: number): number {
    const unsent = this.#unsentBefore + asked - this.#sent;
    const skipped = this.#isShort ? Math.max(0, unsent) : 0;
    // What was counted may be read, and be sent or not, only after the turn of the second.
    this.#unsentBefore = this.#isShort ? 0 : asked - this.#sent;
    this.#sent = 0;
    this.#isShort = false;
    return skipped;
  }

  /** What is decided from here on waits until `catchUp`. */
  hold(): void {
    this.#held = [];
  }

  /** Sends what was missed, no faster than it is read, then what was held. */
  async catchUp(missed: readonly DecisionRecord[]): Promise<void> {
    const giveUp = AbortSignal.timeout(CATCH_UP_MS);
    for (const decision of missed) {
      if (this.#res.destroyed) return;
      if (!this.#wants(decision)) continue;
      this.write(decisionText(decision));
      if (this.#res.writableNeedDrain && !(await isDrained(this.#res, giveUp))) this.#res.destroy();
    }
    // The others read them a little later, as if they were new.
    this.#caughtUp = new Set(missed.map(textOf));
    const held = (this.#held ?? []).filter((one) => this.#wants(one));
    this.#held = undefined;
    this.#isShort ||= held.length > HELD_MAX;
    for (const decision of held.slice(-HELD_MAX)) this.#send(decision);
  }

  end(): void {
    this.#res.end();
  }

  #wants(decision: DecisionRecord): boolean {
    const { filter } = this;
    const { namespace, model } = decision;
    if (this.#caughtUp.has(textOf(decision))) return false;
    if (filter.namespace !== undefined && filter.namespace !== namespace) return false;
    return filter.model === undefined || filter.model === model;
  }

  #send(decision: DecisionRecord): void {
    this.#sent += 1;
    this.write(decisionText(decision));
  }
}
