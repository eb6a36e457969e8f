import { NearhitError } from '@nearhit/core';
import { type Job, JobQueue, type Slice } from './job.ts';
import { type WorkerHandle, WorkerStopped } from './worker-handle.ts';
import type { WorkerPool } from './worker-pool.ts';

/** The estimate of the work ahead may be wrong by this factor before a job is refused for it. */
const DOUBT = 2;
const TIMEOUT_MS_MAX = 2 ** 31 - 1;
export const RESTARTING = 'The embedding worker stopped and is being restarted.';
export const busy = (message: string, detail?: string) =>
  new NearhitError('EMBEDDER_BUSY', message, detail === undefined ? {} : { detail });

/** What is to be done, item by item. */
export type Work<I, R> = Pick<Job<I, R>, 'items' | 'run' | 'costs' | 'deadlineMs' | 'yields'>;

/** Gives the items of jobs to the workers, and their results back. */
export class Scheduler {
  readonly #pool: WorkerPool;
  readonly #queueMax: number;
  readonly #queue = new JobQueue();
  readonly #running = new Map<Slice, number>();
  readonly #open = new Set<Job>();
  #msPerToken: number;
  #closed = false;

  /** `msPerToken`: a first guess. `queueMax`: items that may wait. */
  constructor(pool: WorkerPool, msPerToken: number, queueMax: number) {
    this.#pool = pool;
    this.#msPerToken = msPerToken;
    this.#queueMax = queueMax;
  }

  /** A result per item, in order. Throws as `Embedder.embed`. */
  async do<I, R>(work: Work<I, R>): Promise<R[]> {
    this.assertOpen();
    if (work.items.length === 0) return [];
    this.#refuseIfBusy(work);
    return new Promise<R[]>((resolve, reject) => {
      const job: Job<I, R> = {
        ...work,
        dueMs: work.deadlineMs,
        next: 0,
        results: new Array<R>(work.items.length),
        done: 0,
        timer: undefined,
        settle: { resolve, reject },
      };
      this.#enqueue(job as unknown as Job);
    });
  }

  assertOpen(): void {
    if (this.#closed) throw new NearhitError('SHUTTING_DOWN', 'The embedder is closed.');
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.rejectAll(new NearhitError('SHUTTING_DOWN', 'The embedder is closed.'));
    await this.#pool.close();
  }

  rejectAll(error: NearhitError): void {
    for (const job of this.#open) this.#fail(job, error);
  }

  /** Gives work to every idle worker. */
  dispatch(): void {
    for (let worker = this.#pool.idleWorker(); worker; worker = this.#pool.idleWorker()) {
      const slice = this.#queue.takeSlice(Date.now(), this.#msPerToken / this.#pool.size);
      if (!slice) return;
      void this.#run(worker, slice);
    }
  }

  #enqueue(job: Job): void {
    this.#open.add(job);
    const waitMs = job.deadlineMs - Date.now();
    if (waitMs < TIMEOUT_MS_MAX)
      job.timer = setTimeout(() => this.#fail(job, busy('The embedding was not ready by its deadline.')), waitMs);
    this.#queue.add(job, Date.now());
    this.dispatch();
  }

  /** A lone item on idle workers is always tried, so that the estimate can recover from a slow moment. */
  #refuseIfBusy({ costs, deadlineMs, yields }: Pick<Job, 'costs' | 'deadlineMs' | 'yields'>): void {
    if (this.#pool.size === 0) throw busy(RESTARTING);
    const waiting = this.#queue.items;
    if (waiting + costs.length > this.#queueMax)
      throw busy(
        `The embedder's queue is full: ${waiting} texts wait, ${costs.length} more than fit into ${this.#queueMax}.`,
      );
    if (deadlineMs === Number.POSITIVE_INFINITY) return;
    const now = Date.now();
    const own = costs.slice(1).reduce((sum, cost) => sum + cost, 0);
    const waitMs =
      ((this.#queue.costBefore(deadlineMs, yields) + own) * this.#msPerToken + this.#runningMs()) / this.#pool.size;
    // NaN is no deadline that could be met. In doubt it is tried: what is late is dropped from the queue at its deadline.
    if (!(now + waitMs / DOUBT <= deadlineMs && now < deadlineMs))
      throw busy('The embedder can not answer by the deadline.', `${Math.round(waitMs)} ms of work are ahead`);
  }

  /** Estimated time until the slices under way are done, summed over the workers. */
  #runningMs(): number {
    let sum = 0;
    for (const [slice, startedMs] of this.#running)
      sum += Math.max(0, slice.cost * this.#msPerToken - (performance.now() - startedMs));
    return sum;
  }

  async #run(worker: WorkerHandle, slice: Slice): Promise<void> {
    const startedMs = performance.now();
    this.#running.set(slice, startedMs);
    try {
      const results = await slice.job.run(worker, slice.items);
      this.#pool.worked();
      this.#learn((performance.now() - startedMs) / slice.cost);
      this.#deliver(slice, results);
    } catch (error) {
      // Not tried again here: a text that kills its worker would kill the next one too.
      this.#fail(slice.job, failure(error));
    } finally {
      this.#running.delete(slice);
      this.dispatch();
    }
  }

  /** One slice that had to wait for the processor must not close the door to the next look-ups: outliers count as four times the usual. */
  #learn(msPerToken: number): void {
    this.#msPerToken += 0.2 * (Math.min(msPerToken, 4 * this.#msPerToken) - this.#msPerToken);
  }

  #deliver({ job, from }: Slice, results: readonly unknown[]): void {
    for (const [i, result] of results.entries()) job.results[from + i] = result;
    job.done += results.length;
    if (job.done < job.items.length || !this.#forget(job)) return;
    job.settle.resolve(job.results);
  }

  #fail(job: Job, error: NearhitError): void {
    if (this.#forget(job)) job.settle.reject(error);
  }

  /** False when the job has been answered already. */
  #forget(job: Job): boolean {
    clearTimeout(job.timer);
    this.#queue.remove(job);
    return this.#open.delete(job);
  }
}

function failure(error: unknown): NearhitError {
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof WorkerStopped) return busy(RESTARTING, detail);
  return new NearhitError('INTERNAL', 'The text could not be embedded.', { detail, cause: error });
}
