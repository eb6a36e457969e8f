// A change log that can be computed: what the index must hold at any position is known without having been there.
export const DIMENSIONS = 16;
export const HISTORY = Array.from({ length: 400 }, (_, i) => i + 1);
const NAMES = 300;

export function changeAt(seq) {
  const name = (seq * 7919) % NAMES;
  const id = name.toString(16).padStart(64, '0');
  if (seq % 5 === 0) return { kind: 'remove', id };
  return { kind: 'add', id, partition: `p${name % 3}`, fingerprint: `f${name % 2}`, vector: vectorOf(seq) };
}

/** Id to the sequence number of the add that it holds. */
export function heldAt(position) {
  const held = new Map();
  for (let seq = 1; seq <= position; seq++) {
    const { kind, id } = changeAt(seq);
    if (kind === 'add') held.set(id, seq);
    else held.delete(id);
  }
  return held;
}

export function vectorOf(seq, dimensions = DIMENSIONS) {
  const vector = Float32Array.from({ length: dimensions }, (_, i) => Math.sin(seq * 12.9898 + i * 78.233));
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
