import { isUtf8 } from 'node:buffer';
import {
  type EntryId,
  type Fingerprint,
  type NearestQuery,
  NearhitError,
  type Neighbour,
  type PartitionKey,
  type UnitVector,
} from '@nearhit/core';
import { readFloats, writeFloats } from './floats.ts';

/**
 * All little-endian.
 * Request: k u32, partition bytes P u16, dimensions D u16, fingerprint [32], vector float32 [D], partition UTF-8 [P].
 * Answer: count u32, then for each neighbour: id [32], similarity float64.
 */

const DIGEST_BYTES = 32;
const HEAD_BYTES = 8 + DIGEST_BYTES;
const NEIGHBOUR_BYTES = DIGEST_BYTES + 8;
const COUNT_BYTES = 4;

/** More are never asked for at once. */
export const NEIGHBOURS_MAX = 10_000;

/** Longest answer. */
export const ANSWER_BYTES_MAX = COUNT_BYTES + NEIGHBOURS_MAX * NEIGHBOUR_BYTES;

/** Throws INVALID_REQUEST on what the wire can not carry: `k`, the partition's length, a fingerprint that is no SHA-256. */
export function encodeQuery({ k, partition, fingerprint, vector }: NearestQuery): Buffer {
  if (!Number.isSafeInteger(k) || k < 0 || k > NEIGHBOURS_MAX) {
    throw invalid('k', `k must be a whole number, 0 to ${NEIGHBOURS_MAX}`);
  }
  const partitionBytes = Buffer.byteLength(partition);
  if (partitionBytes > 0xffff) throw invalid('partition', 'the partition key is too long');
  if (vector.length > 0xffff) throw invalid('vector', 'the vector is too long');
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + 4 * vector.length + partitionBytes);
  bytes.writeUInt32LE(k, 0);
  bytes.writeUInt16LE(partitionBytes, 4);
  bytes.writeUInt16LE(vector.length, 6);
  if (!writeDigest(bytes, fingerprint, 8)) throw invalid('fingerprint', 'the fingerprint is not 64 hex digits');
  writeFloats(vector, bytes, HEAD_BYTES);
  bytes.write(partition, HEAD_BYTES + 4 * vector.length, 'utf8');
  return bytes;
}

/** Throws INVALID_REQUEST when the bytes are no query. Whether the vector is a unit vector is the index's to say. */
export function decodeQuery(bytes: Buffer): NearestQuery {
  if (bytes.length < HEAD_BYTES) throw invalid('body', `a query has at least ${HEAD_BYTES} bytes`);
  const k = bytes.readUInt32LE(0);
  const dimensions = bytes.readUInt16LE(6);
  const partitionAt = HEAD_BYTES + 4 * dimensions;
  const length = partitionAt + bytes.readUInt16LE(4);
  if (bytes.length !== length) throw invalid('body', `expected ${length} bytes, received ${bytes.length}`);
  if (k > NEIGHBOURS_MAX) throw invalid('k', `k must be at most ${NEIGHBOURS_MAX}`);
  const partition = bytes.subarray(partitionAt);
  if (!isUtf8(partition)) throw invalid('partition', 'the partition key is not UTF-8');
  const vector = readFloats(bytes, HEAD_BYTES, dimensions);
  if (!isAllFinite(vector)) throw invalid('vector', 'the vector has a value that is not finite');
  return {
    k,
    partition: partition.toString('utf8') as PartitionKey,
    fingerprint: bytes.toString('hex', 8, HEAD_BYTES) as Fingerprint,
    vector: vector as UnitVector,
  };
}

function isAllFinite(vector: Float32Array): boolean {
  let sum = 0;
  for (const value of vector) sum += value;
  return Number.isFinite(sum);
}

export function encodeNeighbours(neighbours: readonly Neighbour[]): Buffer {
  const bytes = Buffer.allocUnsafe(COUNT_BYTES + neighbours.length * NEIGHBOUR_BYTES);
  bytes.writeUInt32LE(neighbours.length, 0);
  let at = COUNT_BYTES;
  for (const { id, similarity } of neighbours) {
    if (!writeDigest(bytes, id, at)) throw new RangeError('an entry id is not 64 hex digits');
    bytes.writeDoubleLE(similarity, at + DIGEST_BYTES);
    at += NEIGHBOUR_BYTES;
  }
  return bytes;
}

/** Undefined when the bytes are no answer. */
export function decodeNeighbours(bytes: Buffer): Neighbour[] | undefined {
  if (bytes.length < COUNT_BYTES) return undefined;
  if (bytes.length !== COUNT_BYTES + bytes.readUInt32LE(0) * NEIGHBOUR_BYTES) return undefined;
  const neighbours: Neighbour[] = [];
  for (let at = COUNT_BYTES; at < bytes.length; at += NEIGHBOUR_BYTES) {
    const id = bytes.toString('hex', at, at + DIGEST_BYTES) as EntryId;
    neighbours.push({ id, similarity: bytes.readDoubleLE(at + DIGEST_BYTES) });
  }
  return neighbours;
}

/** False when the text is not 64 hex digits. */
function writeDigest(bytes: Buffer, hex: string, at: number): boolean {
  return hex.length === 2 * DIGEST_BYTES && bytes.write(hex, at, DIGEST_BYTES, 'hex') === DIGEST_BYTES;
}

function invalid(param: string, message: string): NearhitError {
  return new NearhitError('INVALID_REQUEST', `Invalid request: '${param}': ${message}.`, { param });
}
