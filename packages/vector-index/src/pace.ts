/** A slice of work after which queries that have come in meanwhile are answered. */
const SLICE_MS = 0.5;

/** Steps for one slice; false when the last step found nothing to do. */
export function sliced(step: () => boolean): boolean {
  const until = performance.now() + SLICE_MS;
  while (step()) if (performance.now() >= until) return true;
  return false;
}

/** Lets the messages in that have arrived. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** For a loop that awaits `rest` at every round: it gives way once per slice. */
export class Pace {
  #until = performance.now() + SLICE_MS;

  async rest(): Promise<void> {
    if (performance.now() < this.#until) return;
    await turn();
    this.#until = performance.now() + SLICE_MS;
  }
}
