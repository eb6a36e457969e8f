import type { IndexChange, UnitVector } from '@nearhit/core';
import type { PackedChange, PackedChanges } from './protocol.ts';

/** How far the squared length may be from 1: rounding and half-precision imports pass, raw vectors do not. */
const SQUARED_LENGTH_TOLERANCE = 0.01;

export function isUnitVector(vector: Float32Array, dimensions: number): boolean {
  if (vector.length !== dimensions) return false;
  let squares = 0;
  for (let i = 0; i < dimensions; i++) squares += (vector[i] as number) ** 2;
  // Written so that NaN and Infinity fail it as well.
  return Math.abs(squares - 1) <= SQUARED_LENGTH_TOLERANCE;
}

/** One copy of all vectors, which can then be handed over. Adds without a unit vector are left out and counted. */
export function pack(changes: readonly IndexChange[], dimensions: number): PackedChanges {
  const good = changes.filter((change) => change.kind === 'remove' || isUnitVector(change.vector, dimensions));
  const adds = good.reduce((sum, change) => sum + (change.kind === 'add' ? 1 : 0), 0);
  const vectors = new Float32Array(adds * dimensions);
  let at = 0;
  const packed = good.map((change): PackedChange => {
    const { id } = change;
    if (change.kind === 'remove') return { id };
    vectors.set(change.vector, at);
    at += dimensions;
    return { id, place: { partition: change.partition, fingerprint: change.fingerprint } };
  });
  return { changes: packed, vectors, rejected: changes.length - good.length };
}

/** The other side of `pack`. */
export class PendingChanges {
  readonly #changes: readonly PackedChange[];
  readonly #vectors: Float32Array;
  readonly #dimensions: number;
  #done = 0;
  #at = 0;

  constructor(changes: readonly PackedChange[], vectors: Float32Array, dimensions: number) {
    this.#changes = changes;
    this.#vectors = vectors;
    this.#dimensions = dimensions;
  }

  next(): IndexChange | undefined {
    const change = this.#changes[this.#done++];
    if (!change?.place) return change && { kind: 'remove', id: change.id };
    const vector = this.#vectors.subarray(this.#at, this.#at + this.#dimensions) as UnitVector;
    this.#at += this.#dimensions;
    return { kind: 'add', id: change.id, ...change.place, vector };
  }
}
