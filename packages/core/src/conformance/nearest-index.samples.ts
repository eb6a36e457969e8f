import type { EntryId, Fingerprint, PartitionKey, UnitVector } from '../ids.ts';
import type { IndexChange } from '../ports/nearest-index.ts';

export interface NearestIndexTraits {
  /** A snapshot is found again by the next `open` on the same folder. */
  readonly persistent?: boolean;
  /** Share of queries whose nearest neighbour may be missed; 0 for exact ones. */
  readonly missShareMax?: number;
}

export const DIMENSIONS = 12;
export const P1 = 'partition-1' as PartitionKey;
export const P2 = 'partition-2' as PartitionKey;
export const F1 = 'fingerprint-1' as Fingerprint;
export const F2 = 'fingerprint-2' as Fingerprint;

export const id = (name: string | number) => `id-${name}` as EntryId;
export const remove = (name: string | number): IndexChange => ({ kind: 'remove', id: id(name) });
export const add = (name: string | number, vector: UnitVector, partition = P1, fingerprint = F1): IndexChange => ({
  kind: 'add',
  id: id(name),
  partition,
  fingerprint,
  vector,
});

/** A fixed direction for every whole number. */
export function unitVector(seed: number, dimensions = DIMENSIONS): UnitVector {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  const vector = Float32Array.from({ length: dimensions }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length) as UnitVector;
}

export const UNSOUND: [string, Float32Array][] = [
  ['too short', unitVector(1, DIMENSIONS - 1)],
  ['too long', unitVector(1, DIMENSIONS + 1)],
  ['empty', new Float32Array(0)],
  ['NaN', unitVector(1).map((value, i) => (i === 3 ? Number.NaN : value))],
  ['Infinity', unitVector(1).map((value, i) => (i === 3 ? Number.POSITIVE_INFINITY : value))],
  ['not of length 1', unitVector(1).map((value) => 2 * value)],
  ['zero', new Float32Array(DIMENSIONS)],
];
