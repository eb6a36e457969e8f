import type { SeriesFilter } from './series.ts';
import { figuresOf, type StatsFigures } from './summary.ts';
import { createTally, mergeTally, subtractTally, type Tally } from './tally.ts';

/** The last few seconds. */
export interface RecentFigures extends StatsFigures {
  /** How many they are: what they count, divided by it, is per second. */
  readonly seconds: number;
}

/** What was counted in one minute. */
export type MinuteReader = (minute: number, filter: SeriesFilter) => Tally;

interface Snapshot {
  readonly atMs: number;
  readonly minute: number;
  readonly tally: Tally;
}

const MS_PER_MINUTE = 60_000;
const TOLERANCE_MS = 500;

/**
 * The last seconds out of tallies that are kept by minute: what is there now beyond what was there then. Nothing is
 * counted twice for it, and a request pays nothing.
 */
export class RecentMeter {
  readonly #read: MinuteReader;
  readonly #filter: SeriesFilter;
  readonly #seconds: number;
  #snapshots: Snapshot[] = [];

  /** `seconds`: how far back, as near as the calls come. */
  constructor(read: MinuteReader, filter: SeriesFilter, seconds: number) {
    this.#read = read;
    this.#filter = filter;
    this.#seconds = seconds;
  }

  /** To be called about once a second. Null the first time: nothing is known of before. */
  tick(nowMs: number): RecentFigures | null {
    const minute = Math.floor(nowMs / MS_PER_MINUTE);
    const now = { atMs: nowMs, minute, tally: this.#read(minute, this.#filter) };
    const then = this.#before(nowMs);
    this.#snapshots.push(now);
    if (then === undefined) return null;
    const { tally } = then.minute === minute ? now : { tally: this.#since(then.minute, now) };
    return { seconds: (nowMs - then.atMs) / 1000, ...figuresOf(subtractTally(tally, then.tally)) };
  }

  #before(nowMs: number): Snapshot | undefined {
    const before = this.#snapshots.filter(({ atMs }) => atMs < nowMs && atMs > nowMs - MS_PER_MINUTE);
    // Timers are late by a little, never exact.
    const recent = before.filter(({ atMs }) => atMs >= nowMs - this.#seconds * 1000 - TOLERANCE_MS);
    this.#snapshots = recent.length > 0 ? recent : before.slice(-1);
    return this.#snapshots[0];
  }

  #since(minute: number, now: Snapshot): Tally {
    const total = createTally();
    for (let at = minute; at < now.minute; at += 1) mergeTally(total, this.#read(at, this.#filter));
    mergeTally(total, now.tally);
    return total;
  }
}
