import { createTally, mergeTally, type Tally } from './tally.ts';

/** Closed minutes are kept one by one for an hour, then only in spans of ten minutes (a day) and of an hour (a week). */
const MINUTES_FINE = 65;
const COARSE = [
  { span: 10, keep: 24 * 60 },
  { span: 60, keep: 7 * 24 * 60 },
] as const;

/** Minutes back that anything is known. */
export const MINUTES_KEPT = 7 * 24 * 60;
/** Namespaces come from clients: beyond this many pairs of namespace and model, the rest is counted together. */
export const SERIES_MAX = 200;
export const OTHER = '~other';

/** What was counted in one minute for one namespace and model. */
export interface MinuteTally {
  readonly minute: number;
  readonly namespace: string;
  readonly model: string;
  readonly tally: Tally;
}

interface Series {
  readonly namespace: string;
  readonly model: string;
  /** The running minute. */
  open: MinuteTally | undefined;
  readonly minutes: Map<number, Tally>;
  /** Per COARSE: first minute of the span -> tally. Without the running minute. */
  readonly spans: readonly [Map<number, Tally>, Map<number, Tally>];
}

export interface SeriesFilter {
  readonly namespace?: string | undefined;
  readonly model?: string | undefined;
}

/** What matches, span by span. */
export interface SpanTallies {
  /** Minutes that each tally stands for. */
  readonly span: number;
  /** First minute of the span -> tally; those in which nothing was counted are absent. */
  readonly tallies: Map<number, Tally>;
}

/** Sums over closed minutes stay as they are until the next minute: this many are kept. */
const SUMS_MAX = 32;

/** Tallies by namespace, model and time. Bounded: at most SERIES_MAX + 1 series of about 380 tallies. */
export class SeriesTable {
  readonly #series = new Map<string, Series>();
  readonly #closedSums = new Map<string, Tally>();
  #minute = 0;

  /** Where this minute's requests are counted. A clock that went back counts into the running minute. */
  open(namespace: string, model: string, minute: number): MinuteTally {
    if (minute > this.#minute) this.roll(minute);
    const series = this.#of(namespace, model);
    series.open ??= {
      minute: this.#minute,
      namespace: series.namespace,
      model: series.model,
      tally: createTally(),
    };
    return series.open;
  }

  /** Closes the running minute and forgets what is too old, series with nothing left included. */
  roll(minute: number): void {
    if (minute <= this.#minute) return;
    this.#minute = minute;
    this.#closedSums.clear();
    for (const [key, series] of this.#series) {
      if (series.open !== undefined) this.#close(series, series.open.minute, series.open.tally);
      series.open = undefined;
      forget(series.minutes, minute - MINUTES_FINE, 1);
      COARSE.forEach(({ span, keep }, i) => {
        forget(series.spans[i] as Map<number, Tally>, minute - keep, span);
      });
      if (series.minutes.size === 0 && series.spans[1].size === 0) this.#series.delete(key);
    }
  }

  /** Adds a stored minute to what is known of it. */
  restore(stored: MinuteTally): void {
    if (stored.minute > this.#minute || stored.minute <= this.#minute - MINUTES_KEPT) return;
    if (stored.minute === this.#minute) {
      mergeTally(this.open(stored.namespace, stored.model, stored.minute).tally, stored.tally);
    } else {
      this.#close(this.#of(stored.namespace, stored.model), stored.minute, stored.tally);
    }
  }

  /**
   * Everything that matches in the last `minutes`, the running one included. Above an hour the window's beginning is
   * rounded down to ten minutes, above a day to an hour.
   */
  sum(minutes: number, filter: SeriesFilter): Tally {
    const total = createTally();
    mergeTally(total, this.#closedSum(minutes, filter));
    for (const { open } of this.#matching(filter)) if (open !== undefined) mergeTally(total, open.tally);
    return total;
  }

  /** What `sum` adds up, one by one. */
  spans(minutes: number, filter: SeriesFilter): SpanTallies {
    const since = this.#minute - minutes + 1;
    const span = spanOf(minutes);
    const tallies = new Map<number, Tally>();
    for (const series of this.#matching(filter)) {
      for (const [start, tally] of pick(series, minutes)) {
        if (start + span > since) mergeTally(tallyAt(tallies, start), tally);
      }
      if (series.open === undefined) continue;
      const { minute, tally } = series.open;
      mergeTally(tallyAt(tallies, minute - (minute % span)), tally);
    }
    return { span, tallies };
  }

  /** What was counted in one minute of the last hour. */
  at(minute: number, filter: SeriesFilter): Tally {
    const total = createTally();
    for (const { open, minutes } of this.#matching(filter)) {
      const tally = open?.minute === minute ? open.tally : minutes.get(minute);
      if (tally !== undefined) mergeTally(total, tally);
    }
    return total;
  }

  #closedSum(minutes: number, filter: SeriesFilter): Tally {
    const key = JSON.stringify([minutes, filter.namespace, filter.model]);
    const known = this.#closedSums.get(key);
    if (known !== undefined) return known;
    const since = this.#minute - minutes + 1;
    const span = spanOf(minutes);
    const total = createTally();
    for (const series of this.#matching(filter)) {
      for (const [start, tally] of pick(series, minutes)) if (start + span > since) mergeTally(total, tally);
    }
    if (this.#closedSums.size >= SUMS_MAX) this.#closedSums.clear();
    this.#closedSums.set(key, total);
    return total;
  }

  *#matching({ namespace, model }: SeriesFilter): Generator<Series> {
    for (const series of this.#series.values()) {
      if (namespace !== undefined && namespace !== series.namespace) continue;
      if (model === undefined || model === series.model) yield series;
    }
  }

  #of(namespace: string, model: string): Series {
    const key = `${namespace}\0${model}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= SERIES_MAX && namespace !== OTHER) return this.#of(OTHER, OTHER);
    const made: Series = { namespace, model, open: undefined, minutes: new Map(), spans: [new Map(), new Map()] };
    this.#series.set(key, made);
    return made;
  }

  #close(series: Series, minute: number, tally: Tally): void {
    this.#closedSums.clear();
    if (minute > this.#minute - MINUTES_FINE) mergeTally(tallyAt(series.minutes, minute), tally);
    COARSE.forEach(({ span }, i) => {
      mergeTally(tallyAt(series.spans[i] as Map<number, Tally>, minute - (minute % span)), tally);
    });
  }
}

/** Of the tallies in which the last `minutes` are kept. */
export function spanOf(minutes: number): number {
  if (minutes <= 60) return 1;
  return minutes <= COARSE[0].keep ? COARSE[0].span : COARSE[1].span;
}

function pick(series: Series, minutes: number): Map<number, Tally> {
  if (minutes <= 60) return series.minutes;
  return series.spans[minutes <= COARSE[0].keep ? 0 : 1];
}

function forget(spans: Map<number, Tally>, uptoMinute: number, span: number): void {
  for (const start of spans.keys()) if (start + span <= uptoMinute) spans.delete(start);
}

function tallyAt(spans: Map<number, Tally>, start: number): Tally {
  const known = spans.get(start);
  if (known !== undefined) return known;
  const made = createTally();
  spans.set(start, made);
  return made;
}
