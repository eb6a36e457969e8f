/** Adds up, in milliseconds, how long each stage of a look-up took. */
export class StageTimer {
  readonly #stages: Record<string, number>;
  #stage: string;
  #startedAt = performance.now();

  constructor(stage: string, stages: Record<string, number>) {
    this.#stage = stage;
    this.#stages = stages;
  }

  /** The one that runs. */
  get stage(): string {
    return this.#stage;
  }

  next(stage: string): void {
    const at = performance.now();
    this.#stages[this.#stage] = (this.#stages[this.#stage] ?? 0) + at - this.#startedAt;
    this.#stage = stage;
    this.#startedAt = at;
  }

  end(): void {
    this.next(this.#stage);
  }
}
