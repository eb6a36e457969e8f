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

  /** A part of the stage that runs, told apart from it; nothing where it took no time. */
  took(part: string, ms: number): void {
    if (ms > 0) this.#stages[part] = (this.#stages[part] ?? 0) + ms;
  }

  end(): void {
    this.next(this.#stage);
  }
}
