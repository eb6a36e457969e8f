import { maintain, type Observer, reembed, type Stats, snapshot, type UpkeepDeps } from '@nearhit/core';

const MAINTAIN_MS = 5000;
const STATS_MS = 10_000;

/** What runs beside the requests: expiry and eviction, statistics, vectors for entries of another embedding model. */
export class Background {
  readonly #deps: UpkeepDeps;
  readonly #stats: Stats;
  readonly #observer: Observer;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #stopped = false;

  constructor(deps: UpkeepDeps, stats: Stats) {
    this.#deps = deps;
    this.#stats = stats;
    this.#observer = deps.observer;
  }

  start(): void {
    this.#every(MAINTAIN_MS, 'maintain-failed', () => maintain(this.#deps));
    this.#every(STATS_MS, 'stats-failed', () => this.#stats.flush());
    this.#run('reembed-failed', () => reembed(this.#deps, () => this.#stopped));
  }

  /** Stops the timers, waits for what runs, then leaves a snapshot for a quick next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#running);
    await this.#attempt('stats-failed', () => this.#stats.flush());
    await this.#attempt('snapshot-failed', () => snapshot(this.#deps));
  }

  /** Never two at once of the same kind. */
  #every(ms: number, incident: string, work: () => Promise<unknown>): void {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      this.#run(incident, () => work().finally(() => (busy = false)));
    }, ms);
    timer.unref();
    this.#timers.push(timer);
  }

  #run(incident: string, work: () => Promise<unknown>): void {
    const running = this.#attempt(incident, work).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #attempt(incident: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#observer.incident(incident, error);
    }
  }
}
