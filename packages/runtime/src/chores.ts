import type { Observer } from '@nearhit/core';

/** What runs beside the requests, again and again. One that fails is an incident, and is tried again at its next turn. */
export class Chores {
  readonly #observer: Pick<Observer, 'incident'>;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #stopped = false;

  constructor(observer: Pick<Observer, 'incident'>) {
    this.#observer = observer;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Every so many milliseconds, never two at once of the same kind. */
  every(ms: number, incident: string, work: () => Promise<unknown>): void {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      this.once(incident, async () => {
        try {
          await work();
        } finally {
          busy = false;
        }
      });
    }, ms);
    timer.unref();
    this.#timers.push(timer);
  }

  /** Now, and not awaited. */
  once(incident: string, work: () => Promise<unknown>): void {
    const running = this.attempt(incident, work).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves however the work ends. */
  async attempt(incident: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#observer.incident(incident, error);
    }
  }

  /** Begins nothing more and waits for what runs. */
  async close(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#running);
  }
}
