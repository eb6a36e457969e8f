import { type Embedder, type Embedding, type EmbeddingModel, NearhitError, type UnitVector } from '@nearhit/core';
import { type Job, JobQueue, type Slice } from './job.ts';
import { type ModelSource, workerSettings } from './model-source.ts';
import type { RawEmbedding } from './protocol.ts';
import { type WorkerHandle, WorkerStopped } from './worker-handle.ts';
import { type PoolOptions, WorkerPool } from './worker-pool.ts';

export interface EmbedderOptions extends ModelSource {
  /** Worker threads, each with a model of its own (about 100 MB). Default 1. */
  threads?: number;
  /** Texts that may wait; a call that would exceed it is refused. Default 4096. */
  queueMax?: number;
  /** Another worker script, for fault tests. */
  workerUrl?: URL;
}

/** Characters looked at per token of the window; longer texts are truncated before they are tokenised. English has about 4.5. */
const CHARS_PER_TOKEN_MAX = 32;
/** The estimate of the work ahead may be wrong by this factor before a job is refused for it. */
const DOUBT = 2;
const TIMEOUT_MS_MAX = 2 ** 31 - 1;
const RESTARTING = 'The embedding worker stopped and is being restarted.';
const busy = (message: string, detail?: string) =>
  new NearhitError('EMBEDDER_BUSY', message, detail === undefined ? {} : { detail });

/**
 * Embedder on worker threads of this process. Resolves when the model is loaded and warm.
 * Throws an Error of one line when the model folder is incomplete or broken, or can't be downloaded.
 */
export async function openEmbedder(options: EmbedderOptions = {}): Promise<Embedder> {
  const pool: PoolOptions = {
    settings: workerSettings(options),
    threads: Math.max(1, options.threads ?? 1),
    workerUrl: options.workerUrl,
    onIdle: () => embedder?.dispatch(),
    onAllDead: (cause) => embedder?.rejectAll(busy(RESTARTING, cause.message)),
  };
  let embedder: WorkerEmbedder | undefined;
  const opened = await WorkerPool.open(pool);
  embedder = new WorkerEmbedder(opened.pool, opened.ready.model, opened.ready.msPerToken, options.queueMax ?? 4096);
  return embedder;
}

class WorkerEmbedder implements Embedder {
  readonly model: EmbeddingModel;
  readonly #pool: WorkerPool;
  readonly #queueMax: number;
  readonly #charsMax: number;
  readonly #queue = new JobQueue();
  readonly #running = new Map<Slice, number>();
  readonly #open = new Set<Job>();
  #msPerToken: number;
  #closed = false;

  constructor(pool: WorkerPool, model: EmbeddingModel, msPerToken: number, queueMax: number) {
    this.#pool = pool;
    this.model = model;
    this.#msPerToken = msPerToken;
    this.#queueMax = queueMax;
    this.#charsMax = model.tokensMax * CHARS_PER_TOKEN_MAX;
  }

  async embed(texts: readonly string[], options: { deadlineMs?: number } = {}): Promise<Embedding[]> {
    if (this.#closed) throw new NearhitError('SHUTTING_DOWN', 'The embedder is closed.');
    if (texts.length === 0) return [];
    const deadlineMs = options.deadlineMs ?? Number.POSITIVE_INFINITY;
    const cut = texts.map((text) => cutChars(text, this.#charsMax));
    const costs = cut.map((text) => this.#cost(text));
    this.#refuseIfBusy(costs, deadlineMs);
    return new Promise((resolve, reject) => {
      const job: Job = {
        texts: cut,
        cut: cut.map((text, i) => text.length < (texts[i] as string).length),
        costs,
        deadlineMs,
        dueMs: deadlineMs,
        next: 0,
        results: new Array<Embedding>(texts.length),
        done: 0,
        timer: undefined,
        settle: { resolve, reject },
      };
      this.#enqueue(job);
    });
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
      const slice = this.#queue.takeSlice(Date.now());
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

  /** A lone text on an idle embedder is always tried, so that the estimate can recover from a slow moment. */
  #refuseIfBusy(costs: readonly number[], deadlineMs: number): void {
    if (this.#pool.size === 0) throw busy(RESTARTING);
    const waiting = this.#queue.texts;
    if (waiting + costs.length > this.#queueMax)
      throw busy(
        `The embedder's queue is full: ${waiting} texts wait, ${costs.length} more than fit into ${this.#queueMax}.`,
      );
    if (deadlineMs === Number.POSITIVE_INFINITY) return;
    const now = Date.now();
    const own = costs.slice(1).reduce((sum, cost) => sum + cost, 0);
    const waitMs =
      ((this.#queue.costBefore(deadlineMs) + own) * this.#msPerToken + this.#runningMs()) / this.#pool.size;
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

  /** Tokens, estimated from UTF-8 bytes: right for English, and of the right size for scripts of one token per character. */
  #cost(text: string): number {
    return Math.min(this.model.tokensMax, 2 + Buffer.byteLength(text) / 4);
  }

  async #run(worker: WorkerHandle, slice: Slice): Promise<void> {
    const startedMs = performance.now();
    this.#running.set(slice, startedMs);
    try {
      const raw = await this.#pool.run(worker, slice.texts);
      this.#learn((performance.now() - startedMs) / slice.cost);
      this.#deliver(slice, raw);
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

  #deliver({ job, from }: Slice, raw: RawEmbedding[]): void {
    raw.forEach(({ vector, tokens, truncated }, i) => {
      job.results[from + i] = {
        vector: new Float32Array(vector) as UnitVector,
        tokens,
        truncated: truncated || job.cut[from + i] === true,
      };
    });
    job.done += raw.length;
    if (job.done < job.texts.length || !this.#forget(job)) return;
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

function cutChars(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const last = text.charCodeAt(charsMax - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? charsMax - 1 : charsMax);
}
