import type { WorkerHandle } from './worker-handle.ts';

/** One call, worked off in slices. Items: texts to embed, or pairs to score. */
export interface Job<I = unknown, R = unknown> {
  readonly items: readonly I[];
  /** Has a worker do some of them; an answer for each. */
  run(worker: WorkerHandle, items: readonly I[]): Promise<R[]>;
  /** Tokens, estimated, of each item. */
  readonly costs: readonly number[];
  /** On the `Date.now()` clock; Infinity when the caller set none. */
  readonly deadlineMs: number;
  /** It goes behind look-ups that would come too late otherwise: they can do without its results. */
  readonly yields?: boolean | undefined;
  /** Earliest first. A job without a deadline gets a new one after each slice, so that it neither starves nor holds up the others. */
  dueMs: number;
  /** First item not yet given to a worker. */
  next: number;
  readonly results: R[];
  done: number;
  timer: NodeJS.Timeout | undefined;
  readonly settle: { resolve(results: R[]): void; reject(error: Error): void };
}

export interface Slice {
  readonly job: Job;
  readonly from: number;
  readonly items: unknown[];
  readonly cost: number;
}

/**
 * What a job without a deadline is content to wait for its next slice while look-ups keep coming. Long, because on a
 * machine that is too slow for both, work for later must not make the look-ups fail: each failure is more of it.
 */
const PATIENCE_MS = 1000;
/** About 2 ms of the bundled model: the most that a look-up waits for a slice already under way, unless one item alone is longer. */
const SLICE_COST = 16;

/**
 * Of the time that is left to a look-up: what yields goes before it as long as all that is ahead of it then takes no more.
 * Half, since the estimate may be wrong by a factor of two.
 */
const TIME_TO_SPARE = 0.5;

/** Jobs with work to give out, by due time (earliest deadline first, Liu & Layland 1973). */
export class JobQueue {
  readonly #jobs: Job[] = [];

  /** Items not yet given to a worker. */
  get items(): number {
    return this.#jobs.reduce((sum, job) => sum + job.items.length - job.next, 0);
  }

  add(job: Job, nowMs: number): void {
    job.dueMs = Math.min(job.deadlineMs, nowMs + PATIENCE_MS);
    this.#jobs.push(job);
  }

  /** Estimated tokens that go before a job due at `dueMs`, which yields or does not. */
  costBefore(dueMs: number, yields = false): number {
    let sum = 0;
    for (const job of this.#jobs) {
      if (job.dueMs > dueMs || (job.yields === true && !yields)) continue;
      const rest = restOf(job);
      // The job without a deadline steps back after one slice.
      sum += job.deadlineMs === Infinity ? Math.min(rest, Math.max(SLICE_COST, job.costs[job.next] ?? 0)) : rest;
    }
    return sum;
  }

  /** `msPerToken`: how long the work takes, over all workers. */
  takeSlice(nowMs: number, msPerToken = 0): Slice | undefined {
    const job = this.#first(nowMs, msPerToken);
    if (job === undefined) return undefined;
    const from = job.next;
    let cost = job.costs[job.next++] ?? 0;
    while (job.next < job.items.length && cost + (job.costs[job.next] ?? 0) <= SLICE_COST)
      cost += job.costs[job.next++] ?? 0;
    if (job.next === job.items.length) this.remove(job);
    else if (job.deadlineMs === Infinity) job.dueMs = nowMs + PATIENCE_MS;
    return { job, from, items: job.items.slice(from, job.next), cost };
  }

  #first(nowMs: number, msPerToken: number): Job | undefined {
    const first = earliest(this.#jobs);
    if (first?.yields !== true) return first;
    const hurried = this.#jobs.filter(({ yields }) => yields !== true);
    return makesLate(first, hurried, nowMs, msPerToken) ? earliest(hurried) : first;
  }

  remove(job: Job): void {
    const at = this.#jobs.indexOf(job);
    if (at >= 0) this.#jobs.splice(at, 1);
  }

  /** Empties the queue. */
  takeAll(): Job[] {
    return this.#jobs.splice(0);
  }
}

const earliest = (jobs: readonly Job[]): Job | undefined =>
  jobs.reduce<Job | undefined>(
    (first, job) => (first === undefined || job.dueMs < first.dueMs ? job : first),
    undefined,
  );

const restOf = ({ costs, next }: Job): number => costs.slice(next).reduce((total, cost) => total + cost, 0);

/** Would one of the others, each by its deadline, have less time to spare than it should when `first` goes first? */
function makesLate(first: Job, others: readonly Job[], nowMs: number, msPerToken: number): boolean {
  let aheadMs = restOf(first) * msPerToken;
  const due = others.filter(({ deadlineMs }) => deadlineMs < Number.POSITIVE_INFINITY);
  return due
    .sort((x, y) => x.deadlineMs - y.deadlineMs)
    .some((job) => {
      aheadMs += restOf(job) * msPerToken;
      return aheadMs > (job.deadlineMs - nowMs) * TIME_TO_SPARE;
    });
}
