const SHUT = 0;
const INSIDE = 1;
const SHUT_WAIT_MS = 2000;

/**
 * Keeps `process.exit` from ending the thread in the middle of native code: hnswlib-node would then try to throw into a
 * dying environment, which aborts the whole process with a stack dump and exit code 134. Same reason why nothing here calls `terminate()`.
 */
export class Gate {
  readonly cells: Int32Array<SharedArrayBuffer>;

  constructor(cells = new Int32Array(new SharedArrayBuffer(8))) {
    this.cells = cells;
  }

  /** Worker's side. Never returns once shut: the thread waits for its end. */
  enter(): void {
    Atomics.add(this.cells, INSIDE, 1);
    if (Atomics.load(this.cells, SHUT) === 0) return;
    this.leave();
    Atomics.wait(this.cells, SHUT, 1);
  }

  leave(): void {
    if (Atomics.sub(this.cells, INSIDE, 1) === 1) Atomics.notify(this.cells, INSIDE);
  }

  run<T>(work: () => T): T {
    this.enter();
    try {
      return work();
    } finally {
      this.leave();
    }
  }

  async runAsync<T>(work: () => Promise<T>): Promise<T> {
    this.enter();
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  /** Owner's side: blocks until the worker is outside. */
  shut(): void {
    Atomics.store(this.cells, SHUT, 1);
    for (;;) {
      const inside = Atomics.load(this.cells, INSIDE);
      if (inside === 0 || Atomics.wait(this.cells, INSIDE, inside, SHUT_WAIT_MS) === 'timed-out') return;
    }
  }
}
