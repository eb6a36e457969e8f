import { setImmediate as turn } from 'node:timers/promises';
import type { StatsBucket } from '../ports/stats-store.ts';
import { isLateBucket, lateMarksIn } from './late-mark.ts';
import { type SeriesFilter, SeriesTable, type SpanTallies } from './series.ts';
import { createTally, fromBucket, mergeTally, type Tally } from './tally.ts';

/** A process saves a minute for the last time a few seconds after its end. */
const MINUTES_RECENT = 2;
/** Minutes are left open for at most this long where they might still change. */
const MINUTES_HELD = 60;
/** Buckets taken in between two turns of the event loop: a few milliseconds. */
const BUCKETS_PER_TURN = 200;

/**
 * What the other processes counted, as the store tells it. Minutes that may still change are replaced at every refresh,
 * older ones merged once. `minute` is always that of the moment before the store was asked; calls must not overlap.
 */
export class PeerTallies {
  #merged = new SeriesTable();
  #recent: readonly StatsBucket[] = [];
  /** The first minute that is not merged. */
  #openMinute = 0;
  #refreshedMinute = 0;
  /** Since when there was a refresh in every minute. */
  #steadyMinute = 0;
  /** Writer -> serial of its last late mark that was seen. */
  readonly #marks = new Map<string, number>();
  #overtaken = false;

  /** From which minute on `refresh` needs what is stored. */
  sinceMinute(minute: number): number {
    return Math.min(this.#openMinute, minute - MINUTES_RECENT);
  }

  /** Takes the place of all that is known with all that is stored. */
  async rebuild(stored: readonly StatsBucket[], minute: number): Promise<void> {
    const merged = new SeriesTable();
    const openMinute = minute - MINUTES_RECENT;
    merged.roll(minute);
    for (const [i, bucket] of stored.entries()) {
      if (i % BUCKETS_PER_TURN === BUCKETS_PER_TURN - 1) await turn();
      if (bucket.minute < openMinute) merge(merged, bucket);
    }
    this.#merged = merged;
    this.#overtaken = false;
    this.#keep(stored, openMinute, minute);
  }

  /** False when a minute that is merged was saved again: nothing is taken in, now or later, before a `rebuild`. */
  refresh(stored: readonly StatsBucket[], minute: number): boolean {
    const sinceMinute = this.#newlyLate(stored);
    if (sinceMinute < this.#openMinute) this.#overtaken = true;
    if (this.#overtaken) return false;
    if (minute > this.#refreshedMinute + 1) this.#steadyMinute = minute;
    // A mark may be read before what it speaks of. And who could not read for a while must expect that the others could
    // not write: they get time to do so.
    const hold = sinceMinute < minute || minute <= this.#steadyMinute + 1;
    const openMinute = Math.max(this.#openMinute, minute - (hold ? MINUTES_HELD : MINUTES_RECENT));
    this.#merged.roll(minute);
    for (const bucket of stored) {
      if (bucket.minute >= this.#openMinute && bucket.minute < openMinute) merge(this.#merged, bucket);
    }
    this.#keep(stored, openMinute, minute);
    return true;
  }

  /** As `SeriesTable.sum`. */
  sum(minutes: number, filter: SeriesFilter, minute: number): Tally {
    this.#merged.roll(minute);
    const total = this.#merged.sum(minutes, filter);
    for (const bucket of this.#recentSince(minute - minutes + 1, filter)) mergeTally(total, fromBucket(bucket));
    return total;
  }

  /** As `SeriesTable.spans`. */
  spans(minutes: number, filter: SeriesFilter, minute: number): SpanTallies {
    this.#merged.roll(minute);
    const { span, tallies } = this.#merged.spans(minutes, filter);
    for (const bucket of this.#recentSince(minute - minutes + 1, filter)) {
      const start = bucket.minute - (bucket.minute % span);
      const tally = tallies.get(start) ?? createTally();
      mergeTally(tally, fromBucket(bucket));
      tallies.set(start, tally);
    }
    return { span, tallies };
  }

  /** As `SeriesTable.at`, of a minute that may still change. */
  at(minute: number, filter: SeriesFilter): Tally {
    const total = this.#merged.at(minute, filter);
    for (const bucket of this.#recentSince(minute, filter)) {
      if (bucket.minute === minute) mergeTally(total, fromBucket(bucket));
    }
    return total;
  }

  #recentSince(minute: number, { namespace, model }: SeriesFilter): StatsBucket[] {
    return this.#recent.filter(
      (bucket) =>
        bucket.minute >= minute &&
        (namespace === undefined || namespace === bucket.namespace) &&
        (model === undefined || model === bucket.model),
    );
  }

  /** The oldest minute of which a mark speaks that was not there before; Infinity when there is none. */
  #newlyLate(stored: readonly StatsBucket[]): number {
    const news = lateMarksIn(stored).filter(({ writer, serial }) => serial > (this.#marks.get(writer) ?? 0));
    for (const { writer, serial } of news) this.#marks.set(writer, Math.max(serial, this.#marks.get(writer) ?? 0));
    return Math.min(...news.map(({ sinceMinute }) => sinceMinute));
  }

  #keep(stored: readonly StatsBucket[], openMinute: number, minute: number): void {
    this.#openMinute = openMinute;
    this.#refreshedMinute = minute;
    this.#recent = stored.filter((bucket) => bucket.minute >= openMinute && !isLateBucket(bucket));
  }
}

function merge(table: SeriesTable, bucket: StatsBucket): void {
  if (!isLateBucket(bucket)) table.restore({ ...bucket, tally: fromBucket(bucket) });
}
