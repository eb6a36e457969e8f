import { endianness } from 'node:os';

const LITTLE = endianness() === 'LE';

/** Writes the floats little-endian. */
export function writeFloats(vector: Float32Array, to: Buffer, at: number): void {
  const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  to.set(bytes, at);
  if (!LITTLE) to.subarray(at, at + bytes.length).swap32();
}

/** A copy with a buffer of its own: it may be kept or handed to another thread. */
export function readFloats(from: Buffer, at: number, length: number): Float32Array {
  const vector = new Float32Array(length);
  const bytes = Buffer.from(vector.buffer);
  from.copy(bytes, 0, at, at + 4 * length);
  if (!LITTLE) bytes.swap32();
  return vector;
}
