import type { ChangeLog, LogBounds, LoggedChange } from '../ports/change-log.ts';
import type { Observer } from '../ports/observer.ts';

export interface LogPosition {
  readonly epoch: string;
  readonly seq: number;
}

export interface LogFollowerOptions {
  readonly log: Pick<ChangeLog, 'read' | 'bounds'>;
  /** Takes the records in, in order; they come again when it rejects. */
  readonly apply: (records: readonly LoggedChange[]) => Promise<void>;
  /**
   * The log began anew, or what lies between was trimmed: what was made of its records must be made again from the
   * store. The follower goes on behind `bounds.lastSeq`; it is called again when it rejects.
   * `signal`: the follower is being closed, and waits.
   */
  readonly reset: (bounds: LogBounds, signal: AbortSignal) => Promise<void>;
  readonly observer: Observer;
  /** Where what is there already ends; absent: `reset` comes first. */
  readonly from?: LogPosition | undefined;
  readonly pollMs?: number | undefined;
}

const READ_MAX = 500;
const POLL_MS = 100;
/** While nothing new comes, every so many readings it is made sure that the log is still the one it was. */
const BOUNDS_EVERY = 10;

/** Follows the change log of a shared medium from another process: asks every `pollMs`, survives whatever fails. */
export class LogFollower {
  readonly #options: LogFollowerOptions;
  readonly #stop = new AbortController();
  #at: LogPosition | undefined;
  #lastSeq = 0;
  #failing = false;
  #rewinds = 0;
  /** Readings that found nothing, since the bounds were last asked for. */
  #quiet = BOUNDS_EVERY;
  #running: Promise<void> | undefined;
  #wake: () => void = () => {};

  constructor(options: LogFollowerOptions) {
    this.#options = options;
    this.#at = options.from;
  }

  /** The last record taken in; undefined before the first time that the log was reached, and until `reset` is done. */
  get position(): LogPosition | undefined {
    return this.#at;
  }

  /** Records behind; undefined while the log can't be read or `reset` has not been done. */
  get lag(): number | undefined {
    return this.#failing || this.#at === undefined ? undefined : Math.max(0, this.#lastSeq - this.#at.seq);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** What was built of the records is only as far as this: the rest is to come again. Undefined: all of it. */
  rewind(seq: number | undefined): void {
    this.#rewinds += 1;
    this.#at = seq === undefined || this.#at === undefined ? undefined : { ...this.#at, seq };
    this.#wake();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      let more = false;
      try {
        more = await this.#step();
        this.#failing = false;
      } catch (error) {
        this.#failing = true;
        this.#quiet = BOUNDS_EVERY;
        if (this.#stop.signal.aborted) return;
        this.#options.observer.incident('follow-log-failed', error);
      }
      if (!more) await this.#pause();
    }
  }

  /** True when there may be more to read at once. */
  async #step(): Promise<boolean> {
    const { log, reset, apply } = this.#options;
    const from = this.#at;
    const rewinds = this.#rewinds;
    const records = await log.read(from?.seq ?? 0, READ_MAX);
    if (from !== undefined && records.length === 0 && from.seq === this.#lastSeq && ++this.#quiet < BOUNDS_EVERY)
      return this.#rewinds !== rewinds;
    const bounds = await log.bounds();
    this.#quiet = 0;
    // What was read is not what comes next any more.
    if (this.#rewinds !== rewinds) return true;
    this.#lastSeq = bounds.lastSeq;
    const broken =
      from === undefined || from.epoch !== bounds.epoch || from.seq > bounds.lastSeq || hasGap(from, records, bounds);
    if (broken) {
      // Until it is done, and after it has failed, there is nothing to go on from.
      this.#at = undefined;
      await reset(bounds, this.#stop.signal);
      this.#settle(rewinds, { epoch: bounds.epoch, seq: bounds.lastSeq });
      return true;
    }
    const last = records.at(-1);
    if (last === undefined) return false;
    await apply(records);
    this.#settle(rewinds, { epoch: bounds.epoch, seq: last.seq });
    return records.length === READ_MAX;
  }

  /** Unless it was rewound meanwhile. */
  #settle(rewinds: number, to: LogPosition): void {
    if (this.#rewinds === rewinds) this.#at = to;
  }

  #pause(): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#options.pollMs ?? POLL_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function hasGap(from: LogPosition, records: readonly LoggedChange[], { firstSeq, lastSeq }: LogBounds): boolean {
  const next = records[0]?.seq ?? Math.min(firstSeq, lastSeq + 1);
  return next > from.seq + 1;
}
