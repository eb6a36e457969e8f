import { NearhitError } from '../errors.ts';
import type { EntryId, Fingerprint, PartitionKey, UnitVector } from '../ids.ts';
import type { IndexChange, IndexStats, NearestIndex, NearestQuery, Neighbour } from '../ports/nearest-index.ts';
import { dot } from '../unit-vector.ts';

interface Held {
  readonly partition: PartitionKey;
  readonly fingerprint: Fingerprint;
  readonly vector: UnitVector;
}

/** How far the squared length of a unit vector may be from 1: rounding and half-precision imports pass, raw vectors do not. */
const SQUARED_LENGTH_TOLERANCE = 0.01;

/** Exact nearest neighbours by comparing with everything, in memory only: a snapshot does not outlive the object. */
export class MemoryNearestIndex implements NearestIndex {
  readonly #dimensions: number;
  readonly #held = new Map<EntryId, Held>();
  #position = 0;
  #closed = false;

  constructor(options: { readonly dimensions: number }) {
    this.#dimensions = options.dimensions;
  }

  async nearest(query: NearestQuery): Promise<Neighbour[]> {
    this.#open();
    if (!isUnitVector(query.vector, this.#dimensions)) {
      throw new NearhitError('INVALID_REQUEST', `not a unit vector of ${this.#dimensions} dimensions`, {
        param: 'vector',
      });
    }
    if (!Number.isSafeInteger(query.k) || query.k < 0) {
      throw new NearhitError('INVALID_REQUEST', 'k must be a whole number, 0 or more', { param: 'k' });
    }
    if (query.deadlineMs !== undefined && Date.now() > query.deadlineMs) {
      throw new Error('nearest index: the deadline has passed');
    }
    const found: Neighbour[] = [];
    for (const [id, held] of this.#held) {
      if (held.partition !== query.partition || held.fingerprint !== query.fingerprint) continue;
      found.push({ id, similarity: cosine(query.vector, held.vector) });
    }
    return found.sort((a, b) => b.similarity - a.similarity).slice(0, query.k);
  }

  async apply(changes: readonly IndexChange[], seq: number): Promise<void> {
    this.#open();
    if (!Number.isSafeInteger(seq) || seq < 0) {
      throw new NearhitError('INVALID_REQUEST', 'seq must be a whole number, 0 or more', { param: 'seq' });
    }
    for (const change of changes) {
      if (change.kind === 'remove') this.#held.delete(change.id);
      else if (isUnitVector(change.vector, this.#dimensions)) {
        const { partition, fingerprint } = change;
        this.#held.set(change.id, { partition, fingerprint, vector: change.vector.slice() as UnitVector });
      }
    }
    this.#position = seq;
  }

  async position(): Promise<number> {
    this.#open();
    return this.#position;
  }

  async ids(): Promise<EntryId[]> {
    this.#open();
    return [...this.#held.keys()];
  }

  async snapshot(): Promise<number> {
    return this.position();
  }

  async clear(): Promise<void> {
    this.#open();
    this.#held.clear();
    this.#position = 0;
  }

  async stats(): Promise<IndexStats> {
    this.#open();
    const partitions = new Set([...this.#held.values()].map((held) => held.partition)).size;
    return { vectors: this.#held.size, partitions, bytes: this.#held.size * this.#dimensions * 4 };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#held.clear();
  }

  #open(): void {
    if (this.#closed) throw new Error('nearest index stopped: closed');
  }
}

function isUnitVector(vector: Float32Array, dimensions: number): boolean {
  if (vector.length !== dimensions) return false;
  let squares = 0;
  for (const value of vector) squares += value * value;
  // Written so that NaN and Infinity fail it as well.
  return Math.abs(squares - 1) <= SQUARED_LENGTH_TOLERANCE;
}

function cosine(a: Float32Array, b: Float32Array): number {
  return Math.max(-1, Math.min(1, dot(a, b)));
}
