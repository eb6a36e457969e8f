const LF = 10;
const CR = 13;
/** A line longer than this goes on as it comes. */
const LINE_BYTES_MAX = 65_536;

/**
 * Passes a stream of events on by whole lines: cut off within one, it can still tell of that in an event that clients
 * can read. Providers write whole lines, so next to nothing ever waits here.
 */
export class WholeLines {
  #begun: Buffer[] = [];
  #begunBytes = 0;

  /** What may go out now. Empty: nothing yet. */
  push(chunk: Buffer): Buffer {
    const end = chunk.at(-1) === LF ? chunk.length : Math.max(chunk.lastIndexOf(LF), chunk.lastIndexOf(CR)) + 1;
    if (end === chunk.length && this.#begunBytes === 0) return chunk;
    const whole = end === 0 ? [] : [...this.#begun, chunk.subarray(0, end)];
    if (end > 0) this.#forget();
    this.#begun.push(chunk.subarray(end));
    this.#begunBytes += chunk.length - end;
    if (this.#begunBytes > LINE_BYTES_MAX) whole.push(this.end());
    return Buffer.concat(whole);
  }

  /** The beginning of a line that the stream ended in. */
  end(): Buffer {
    const rest = Buffer.concat(this.#begun);
    this.#forget();
    return rest;
  }

  #forget(): void {
    this.#begun = [];
    this.#begunBytes = 0;
  }
}
