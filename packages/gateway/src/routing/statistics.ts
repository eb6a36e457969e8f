/** What happened this long ago counts half of what happens now. */
export const HALF_LIFE_MS = 120_000;

/** Exponentially weighted mean of values that come when they come: weights halve with time, not with every value. */
export class FadingMean {
  /** Of all values, as of `#atMs`. */
  #weight = 0;
  #sum = 0;
  #atMs = 0;

  add(value: number, nowMs: number): void {
    const kept = this.#kept(nowMs);
    this.#weight = this.#weight * kept + 1;
    this.#sum = this.#sum * kept + value;
    this.#atMs = nowMs;
  }

  /** Undefined before the first value. */
  get mean(): number | undefined {
    return this.#weight === 0 ? undefined : this.#sum / this.#weight;
  }

  /** How many values of right now the mean is worth. */
  weight(nowMs: number): number {
    return this.#weight * this.#kept(nowMs);
  }

  #kept(nowMs: number): number {
    return 2 ** (Math.min(0, this.#atMs - nowMs) / HALF_LIFE_MS);
  }
}

/** How the calls to one target went. */
export class TargetStatistics {
  /** Of calls that ended well, streamed: until the first bytes of the body. */
  readonly firstTokenMs = new FadingMean();
  /** Of calls that ended well: until the last byte. */
  readonly totalMs = new FadingMean();
  /** 0 or 1 each. */
  readonly errors = new FadingMean();
}
