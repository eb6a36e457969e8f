/** A call that may have to wait for its place. */
export interface Waiter {
  /** Waits behind all others and gets at most half of the places. */
  readonly batch: boolean;
  /** Its turn has come; the place is its own. Never from within `enter`. */
  admitted(): void;
}

/** Calls that may wait, per place. */
const WAITING_PER_PLACE_MAX = 10;

/** The places of one provider, first come, first served. */
export class Places {
  readonly #max: number;
  readonly #batchMax: number;
  readonly #waitingMax: number;
  readonly #live = new Set<Waiter>();
  readonly #batch = new Set<Waiter>();
  #taken = 0;
  #takenByBatch = 0;
  #admitting = false;

  constructor(max: number) {
    this.#max = max;
    this.#batchMax = Math.max(1, Math.floor(max / 2));
    this.#waitingMax = max * WAITING_PER_PLACE_MAX;
  }

  get waiting(): number {
    return this.#live.size + this.#batch.size;
  }

  /** `full`: too many wait already. */
  enter(waiter: Waiter): 'in' | 'waiting' | 'full' {
    const queue = waiter.batch ? this.#batch : this.#live;
    // Whoever finds others waiting does not pass them by.
    if (this.#free(waiter.batch) && queue.size === 0 && (this.#live.size === 0 || !waiter.batch)) {
      this.#take(waiter.batch);
      return 'in';
    }
    if (queue.size >= this.#waitingMax) return 'full';
    queue.add(waiter);
    return 'waiting';
  }

  /** It waits no longer; nothing when it does not wait. */
  cancel(waiter: Waiter): void {
    if (!this.#live.delete(waiter)) this.#batch.delete(waiter);
  }

  /** Gives a place back. */
  leave(batch: boolean): void {
    this.#taken--;
    if (batch) this.#takenByBatch--;
    if (this.waiting === 0 || this.#admitting) return;
    this.#admitting = true;
    // Places come free from within undici's callbacks, where no new call may begin.
    queueMicrotask(() => this.#admit());
  }

  #admit(): void {
    this.#admitting = false;
    for (const queue of [this.#live, this.#batch]) {
      for (const waiter of queue) {
        if (!this.#free(waiter.batch)) break;
        queue.delete(waiter);
        this.#take(waiter.batch);
        waiter.admitted();
      }
    }
  }

  #free(batch: boolean): boolean {
    return this.#taken < this.#max && (!batch || this.#takenByBatch < this.#batchMax);
  }

  #take(batch: boolean): void {
    this.#taken++;
    if (batch) this.#takenByBatch++;
  }
}
