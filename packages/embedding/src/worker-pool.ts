import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerSettings } from './protocol.ts';
import { type Ready, WorkerHandle } from './worker-handle.ts';

const BACKOFF_MS = 100;
const BACKOFF_MS_MAX = 10_000;

export interface PoolOptions {
  settings: WorkerSettings;
  threads: number;
  workerUrl?: URL | undefined;
  /** A worker has become free. */
  onIdle(): void;
  /** The last worker is gone; others are being started. */
  onAllDead(cause: Error): void;
}

/** Keeps `threads` workers alive; one that dies is started again with a growing pause. */
export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #workers = new Set<WorkerHandle>();
  readonly #starting = new Set<Promise<unknown>>();
  readonly #stop = new AbortController();
  #failures = 0;
  #version: string | undefined;

  private constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Rejects with one clear line when the first worker can't load the model. */
  static async open(options: PoolOptions): Promise<{ pool: WorkerPool; ready: Ready }> {
    const pool = new WorkerPool(options);
    // The first one alone: it may have to download what the others then find on disk.
    const ready = await pool.#start();
    try {
      await Promise.all(Array.from({ length: options.threads - 1 }, () => pool.#start()));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return { pool, ready };
  }

  /** Workers alive, busy ones included. */
  get size(): number {
    return this.#workers.size;
  }

  idleWorker(): WorkerHandle | undefined {
    for (const worker of this.#workers) if (worker.idle) return worker;
    return undefined;
  }

  /** A worker has done what it was given. */
  worked(): void {
    this.#failures = 0;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled([...this.#starting, ...[...this.#workers].map((worker) => worker.close())]);
  }

  #start(): Promise<Ready> {
    const started = this.#startOne().finally(() => this.#starting.delete(started));
    this.#starting.add(started);
    return started;
  }

  async #startOne(): Promise<Ready> {
    const { handle, ready } = await WorkerHandle.start(this.#options.settings, {
      workerUrl: this.#options.workerUrl,
      signal: this.#stop.signal,
      onExit: (worker, cause) => this.#onExit(worker, cause),
    });
    this.#version ??= ready.model.version;
    if (this.#stop.signal.aborted || ready.model.version !== this.#version) {
      await handle.close();
      throw new Error(`the embedding model changed on disk: ${ready.model.version}, was ${this.#version}`);
    }
    this.#workers.add(handle);
    return ready;
  }

  #onExit(worker: WorkerHandle, cause: Error): void {
    this.#workers.delete(worker);
    if (this.#stop.signal.aborted) return;
    if (this.#workers.size === 0) this.#options.onAllDead(cause);
    void this.#restart();
  }

  async #restart(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await sleep(Math.min(BACKOFF_MS * 2 ** this.#failures++, BACKOFF_MS_MAX), undefined, { signal, ref: false });
        await this.#start();
        return this.#options.onIdle();
      } catch {
        // Its reason is the same as the first time; the pause grows and the pool stays empty, which callers are told.
      }
    }
  }
}
