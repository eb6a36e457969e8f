/** Above this share of its time at work a process has none left for those who wait for their answers now. */
const BUSY_SHARE = 0.9;
const LOOK_MS = 250;
/** So many lines in a row without a sign of haste elsewhere, and there is one place more. */
const GOOD_LINES = 20;

/**
 * How many lines may be at work now: as many as configured while nobody else needs the machine or the provider, half of
 * that with each sign that somebody does, never less than one. (Additive increase, multiplicative decrease: Chiu & Jain, 1989.)
 */
export class Pace {
  readonly #max: () => number;
  readonly #onMore: () => void;
  readonly #timer: NodeJS.Timeout;
  #limit = Number.POSITIVE_INFINITY;
  #good = 0;
  #seen = performance.eventLoopUtilization();

  constructor(max: () => number, onMore: () => void) {
    this.#max = max;
    this.#onMore = onMore;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  limit(): number {
    return Math.max(1, Math.min(Math.floor(this.#limit), this.#max()));
  }

  good(): void {
    this.#good += 1;
    if (this.#good < GOOD_LINES) return;
    this.#good = 0;
    this.#limit = Math.min(this.limit() + 1, this.#max());
    this.#onMore();
  }

  /** A provider is overloaded, or its places are taken. */
  busy(): void {
    this.#good = 0;
    this.#limit = Math.max(1, this.limit() / 2);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#seen);
    this.#seen = now;
    if (utilization > BUSY_SHARE) this.busy();
  }
}
