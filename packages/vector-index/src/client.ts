import {
  type EntryId,
  type IndexChange,
  type NearestIndex,
  type NearestQuery,
  NearhitError,
  type Neighbour,
  type PartitionKey,
} from '@nearhit/core';
import { isUnitVector, pack } from './pack.ts';
import type { Request, VectorIndexStats, WorkerOptions } from './protocol.ts';
import { stopped, Thread } from './thread.ts';

export interface NearestIndexOptions {
  /** Folder of the snapshots, made when missing; without it there are none. */
  readonly dir?: string | undefined;
  readonly dimensions: number;
  /** Vectors of one partition and fingerprint that are scanned; above, they move into an HNSW graph. */
  readonly flatMax?: number | undefined;
  readonly hnsw?: { readonly m?: number; readonly efConstruction?: number; readonly efSearch?: number } | undefined;
  /**
   * Above it, partitions that were not searched for `idleMs` are closed, the least recently searched first: only their ids stay in
   * memory, and the next search opens them again. Needs `dir`. Absent: no bound, and none is ever closed.
   */
  readonly bytesMax?: number | undefined;
  /** 60,000 by default. */
  readonly idleMs?: number | undefined;
  /**
   * Changes that wait for a closed partition before it is opened for them; 256 by default, and always a sixteenth of its ids
   * where that is more.
   */
  readonly waitingMax?: number | undefined;
  /**
   * The file of a closed partition is gone or damaged. `nearest` rejects for it until the owner has applied all its entries again
   * and called `partitionRebuilt`. Also called after opening, once for each partition that was still lost in the snapshot.
   */
  readonly onPartitionLost?: ((partition: PartitionKey, reason: string) => void) | undefined;
  /**
   * The thread had ended unasked and is back, as of its last snapshot: the owner replays the log from `position`. Called before any
   * call is accepted again. Without it nothing starts again, for nobody would know what is missing.
   */
  readonly onRestart?: ((position: number) => void) | undefined;
}

export interface VectorIndex extends NearestIndex {
  stats(): Promise<VectorIndexStats>;
  /** A lost partition holds everything again and may be searched. Does nothing when it was not lost. */
  partitionRebuilt(partition: PartitionKey): Promise<void>;
}

/** docs/decisions/0003-nearest-neighbour-index.md says where these come from. */
const DEFAULTS = { flatMax: 1000, hnsw: { m: 20, efConstruction: 200, efSearch: 48 }, idleMs: 60_000, waitingMax: 256 };

/**
 * A nearest-neighbour index in a worker thread of its own. Resolves when the snapshot in `dir` is in memory; one that is
 * damaged, of another format or of other dimensions is ignored (see `snapshotIgnored` in `stats`).
 * When the thread ends unasked, every call waiting and to come rejects with an Error `nearest index stopped: ...`; with
 * `onRestart` until the thread is back, otherwise for good.
 */
export async function openNearestIndex(options: NearestIndexOptions): Promise<VectorIndex> {
  if (options.bytesMax !== undefined && options.dir === undefined) throw new Error('bytesMax needs dir');
  const workerOptions = {
    dir: options.dir,
    dimensions: options.dimensions,
    flatMax: options.flatMax ?? DEFAULTS.flatMax,
    hnsw: { ...DEFAULTS.hnsw, ...options.hnsw },
    bytesMax: options.bytesMax,
    idleMs: options.idleMs ?? DEFAULTS.idleMs,
    waitingMax: options.waitingMax ?? DEFAULTS.waitingMax,
  };
  const index = new WorkerIndex(workerOptions, options);
  await index.ready;
  return index;
}

type Told = Pick<NearestIndexOptions, 'onPartitionLost' | 'onRestart'>;

const RESTART_MS_MIN = 200;
const RESTART_MS_MAX = 30_000;
/** A thread that lived so long does not count as failing again and again. */
const HEALTHY_MS = 60_000;

class WorkerIndex implements VectorIndex {
  readonly ready: Promise<void>;
  readonly #options: Omit<WorkerOptions, 'gate'>;
  readonly #told: Told;
  #thread: Thread;
  /** Undefined after the first time. */
  #opening: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;
  /** Why no call is accepted just now. */
  #stopped: Error | undefined;
  #closing: Promise<void> | undefined;
  #restart: NodeJS.Timeout | undefined;
  #pauseMs = RESTART_MS_MIN;

  constructor(options: Omit<WorkerOptions, 'gate'>, told: Told) {
    this.#options = options;
    this.#told = told;
    this.ready = new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
    });
    this.#thread = this.#begin();
  }

  async nearest(query: NearestQuery): Promise<Neighbour[]> {
    const { k } = query;
    if (!isUnitVector(query.vector, this.#options.dimensions)) {
      throw invalid('vector', `not a unit vector of ${this.#options.dimensions} dimensions`);
    }
    if (!Number.isSafeInteger(k) || k < 0) throw invalid('k', 'k must be a whole number, 0 or more');
    // Copied, because it is handed over, and because the caller's may be a window on something much larger.
    const vector = query.vector.slice() as NearestQuery['vector'];
    const { partition, fingerprint, deadlineMs } = query;
    const copy = { partition, fingerprint, k, vector, ...(deadlineMs === undefined ? {} : { deadlineMs }) };
    return this.#call({ op: 'nearest', query: copy }, vector);
  }

  async apply(changes: readonly IndexChange[], seq: number): Promise<void> {
    if (!Number.isSafeInteger(seq) || seq < 0) throw invalid('seq', 'seq must be a whole number, 0 or more');
    const packed = pack(changes, this.#options.dimensions);
    return this.#call({ op: 'apply', packed, seq }, packed.vectors);
  }

  async position(): Promise<number> {
    return this.#call({ op: 'position' });
  }

  async ids(): Promise<EntryId[]> {
    return this.#call({ op: 'ids' });
  }

  async snapshot(): Promise<number> {
    return this.#call({ op: 'snapshot' });
  }

  async clear(): Promise<void> {
    return this.#call({ op: 'clear' });
  }

  async stats(): Promise<VectorIndexStats> {
    return this.#call({ op: 'stats' });
  }

  async partitionRebuilt(partition: PartitionKey): Promise<void> {
    return this.#call({ op: 'rebuilt', partition });
  }

  /** Finishes what was asked before. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#restart);
    this.#stopped ??= stopped('closed');
    await this.#thread.call({ op: 'close' }).catch(() => undefined);
    await this.#thread.exited;
  }

  #call<T>(request: Request, payload?: Float32Array): Promise<T> {
    return this.#stopped ? Promise.reject(this.#stopped) : this.#thread.call(request, payload);
  }

  #begin(): Thread {
    const startedMs = performance.now();
    return new Thread(this.#options, {
      onReady: (position) => this.#up(position),
      onLost: (partition, reason) => this.#told.onPartitionLost?.(partition, reason),
      onEnd: (reason) => this.#down(reason, performance.now() - startedMs),
    });
  }

  #up(position: number): void {
    if (this.#opening) {
      this.#opening.resolve();
      this.#opening = undefined;
    } else if (!this.#closing) {
      this.#stopped = undefined;
      this.#told.onRestart?.(position);
    }
  }

  #down(reason: string, livedMs: number): void {
    this.#stopped ??= stopped(reason);
    this.#opening?.reject(this.#stopped);
    if (this.#opening || this.#closing || !this.#told.onRestart) return;
    if (livedMs >= HEALTHY_MS) this.#pauseMs = RESTART_MS_MIN;
    this.#restart = setTimeout(() => {
      this.#thread = this.#begin();
    }, this.#pauseMs).unref();
    this.#pauseMs = Math.min(2 * this.#pauseMs, RESTART_MS_MAX);
  }
}

function invalid(param: string, message: string): NearhitError {
  return new NearhitError('INVALID_REQUEST', message, { param });
}
