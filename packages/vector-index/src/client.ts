import { Worker } from 'node:worker_threads';
import {
  type EntryId,
  type IndexChange,
  type NearestIndex,
  type NearestQuery,
  NearhitError,
  type Neighbour,
} from '@nearhit/core';
import { Gate } from './gate.ts';
import { isUnitVector, pack } from './pack.ts';
import type { Call, Ready, Reply, Request, VectorIndexStats, WorkerOptions } from './protocol.ts';

export interface NearestIndexOptions {
  /** Folder of the snapshots, made when missing; without it there are none. */
  readonly dir?: string | undefined;
  readonly dimensions: number;
  /** Vectors of one partition and fingerprint that are scanned; above, they move into an HNSW graph. */
  readonly flatMax?: number | undefined;
  readonly hnsw?: { readonly m?: number; readonly efConstruction?: number; readonly efSearch?: number } | undefined;
}

export interface VectorIndex extends NearestIndex {
  stats(): Promise<VectorIndexStats>;
}

/** docs/decisions/0003-nearest-neighbour-index.md says where these come from. */
const DEFAULTS = { flatMax: 1000, hnsw: { m: 16, efConstruction: 200, efSearch: 48 } };

/**
 * A nearest-neighbour index in a worker thread of its own. Resolves when the snapshot in `dir` is in memory; one that is
 * damaged, of another format or of other dimensions is ignored (see `snapshotIgnored` in `stats`).
 * When the thread ends unasked, every call waiting and to come rejects with an Error `nearest index stopped: ...`; open it again then.
 */
export async function openNearestIndex(options: NearestIndexOptions): Promise<VectorIndex> {
  const workerOptions = {
    dir: options.dir,
    dimensions: options.dimensions,
    flatMax: options.flatMax ?? DEFAULTS.flatMax,
    hnsw: { ...DEFAULTS.hnsw, ...options.hnsw },
  };
  const index = new WorkerIndex(workerOptions);
  await index.ready;
  return index;
}

/** Vectors pass through as short-lived arrays; left alone, V8 lets 10 MB more of them lie about. */
const YOUNG_GENERATION_MB = 4;

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

class WorkerIndex implements VectorIndex {
  readonly ready: Promise<void>;
  readonly #dimensions: number;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  /** Calls of this turn of the event loop; they travel in one message. */
  #outbox: Call[] = [];
  #transfers: ArrayBuffer[] = [];
  #calls = 0;
  #stopped: Error | undefined;
  #closing: Promise<void> | undefined;
  readonly #gate = new Gate();
  readonly #exited: Promise<void>;

  constructor(options: Omit<WorkerOptions, 'gate'>) {
    this.#dimensions = options.dimensions;
    // From src/ and from dist/ alike: a thread runs compiled code only.
    this.#worker = new Worker(new URL('../dist/worker.js', import.meta.url), {
      workerData: { ...options, gate: this.#gate.cells } satisfies WorkerOptions,
      name: 'nearest-index',
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.ready = new Promise((resolve, reject) => {
      this.#waiting.set(0, { resolve, reject });
    });
    this.#worker.on('message', (message: Reply | Ready) => this.#receive(message));
    this.#worker.on('messageerror', (error) => this.#stop(error.message));
    this.#worker.on('error', (error: unknown) => this.#stop(error instanceof Error ? error.message : String(error)));
    const shut = () => this.#gate.shut();
    process.on('exit', shut);
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        process.off('exit', shut);
        this.#stop(`its thread ended with code ${code}`);
        resolve();
      });
    });
  }

  async nearest(query: NearestQuery): Promise<Neighbour[]> {
    const { partition, fingerprint, k } = query;
    if (!isUnitVector(query.vector, this.#dimensions)) {
      throw invalid('vector', `not a unit vector of ${this.#dimensions} dimensions`);
    }
    if (!Number.isSafeInteger(k) || k < 0) throw invalid('k', 'k must be a whole number, 0 or more');
    // Copied, because it is handed over, and because the caller's may be a window on something much larger.
    const vector = query.vector.slice() as NearestQuery['vector'];
    return this.#call({ op: 'nearest', query: { partition, fingerprint, k, vector } }, vector);
  }

  async apply(changes: readonly IndexChange[], seq: number): Promise<void> {
    if (!Number.isSafeInteger(seq) || seq < 0) throw invalid('seq', 'seq must be a whole number, 0 or more');
    const packed = pack(changes, this.#dimensions);
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

  /** Finishes what was asked before. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (!this.#stopped) {
      const finished = this.#call({ op: 'close' });
      this.#stopped = stopped('closed');
      await finished.catch(() => undefined);
    }
    await this.#exited;
  }

  #call<T>(request: Request, payload?: Float32Array): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#stopped) return reject(this.#stopped);
      const call = ++this.#calls;
      this.#waiting.set(call, { resolve, reject });
      if (payload) this.#transfers.push(payload.buffer as ArrayBuffer);
      if (this.#outbox.push({ call, request }) === 1) queueMicrotask(() => this.#flush());
    });
  }

  #flush(): void {
    const calls = this.#outbox;
    const transfers = this.#transfers;
    this.#outbox = [];
    this.#transfers = [];
    this.#worker.postMessage(calls, transfers);
  }

  #receive(message: Reply | Ready): void {
    const reply: Reply = 'ready' in message ? { call: 0 } : message;
    const waiting = this.#waiting.get(reply.call);
    this.#waiting.delete(reply.call);
    if (reply.error === undefined) waiting?.resolve(reply.value as never);
    else waiting?.reject(new Error(`nearest index: ${reply.error}`));
  }

  #stop(reason: string): void {
    this.#stopped ??= stopped(reason);
    for (const { reject } of this.#waiting.values()) reject(stopped(reason));
    this.#waiting.clear();
  }
}

function invalid(param: string, message: string): NearhitError {
  return new NearhitError('INVALID_REQUEST', message, { param });
}

function stopped(reason: string): Error {
  return new Error(`nearest index stopped: ${reason}`);
}
