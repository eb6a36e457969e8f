interface Waiting {
  readonly resolve: (free: () => void) => void;
}

/**
 * Places for lines at work. A free one goes to the tenant that has the fewest, and among those to the one that has waited
 * longest since it got its last; so one tenant's 50,000 lines do not stand before another's ten.
 */
export class FairSlots {
  readonly #limit: () => number;
  readonly #running = new Map<string, number>();
  /** In the order in which tenants were served last. */
  readonly #waiting = new Map<string, Waiting[]>();
  #total = 0;

  constructor(limit: () => number) {
    this.#limit = limit;
  }

  get running(): number {
    return this.#total;
  }

  /** Resolves to what gives the place back; to undefined when the signal is aborted before there was one. */
  acquire(tenant: string, signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const leave = () => {
        const queue = (this.#waiting.get(tenant) ?? []).filter((one) => one !== waiting);
        if (queue.length === 0) this.#waiting.delete(tenant);
        else this.#waiting.set(tenant, queue);
        resolve(undefined);
      };
      const waiting: Waiting = {
        resolve: (free) => {
          signal.removeEventListener('abort', leave);
          resolve(free);
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.set(tenant, [...(this.#waiting.get(tenant) ?? []), waiting]);
      this.pump();
    });
  }

  /** Hands out what is free: to be called when the limit has grown. */
  pump(): void {
    while (this.#total < this.#limit()) {
      const tenant = this.#next();
      if (tenant === undefined) return;
      const [first, ...others] = this.#waiting.get(tenant) as Waiting[];
      // Behind all others who wait, now that it has been served.
      this.#waiting.delete(tenant);
      if (others.length > 0) this.#waiting.set(tenant, others);
      this.#total += 1;
      this.#running.set(tenant, (this.#running.get(tenant) ?? 0) + 1);
      first?.resolve(this.#freeOf(tenant));
    }
  }

  #next(): string | undefined {
    let best: string | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const tenant of this.#waiting.keys()) {
      const running = this.#running.get(tenant) ?? 0;
      if (running < fewest) [best, fewest] = [tenant, running];
    }
    return best;
  }

  #freeOf(tenant: string): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#total -= 1;
      const left = (this.#running.get(tenant) ?? 1) - 1;
      if (left === 0) this.#running.delete(tenant);
      else this.#running.set(tenant, left);
      this.pump();
    };
  }
}
