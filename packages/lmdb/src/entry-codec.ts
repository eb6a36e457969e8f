import { type Entry, type EntryHead, entryOf, type HeadTuple, headOf, headTuple, type UnitVector } from '@nearhit/core';
import { Packr } from 'msgpackr';

const packr = new Packr({ useRecords: false, variableMapSize: true });

export type Head = EntryHead;
export const toEntry = entryOf;

export function encodeHead(entry: Entry): Buffer {
  return packr.pack(headTuple(entry)) as Buffer;
}

/** `source` may be lmdb's shared read buffer: nothing of it is kept. */
export function decodeHead(source: Buffer): Head {
  return headOf(packr.unpack(source, source.length) as HeadTuple);
}

export function encodeVector(vector: UnitVector): Buffer {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}

export function decodeVector(bytes: Buffer): UnitVector {
  const vector = new Float32Array(bytes.length / 4);
  Buffer.from(vector.buffer).set(bytes);
  return vector as UnitVector;
}

export function pack(value: unknown): Buffer {
  return packr.pack(value) as Buffer;
}

export function unpack<T>(source: Buffer): T {
  return packr.unpack(source, source.length) as T;
}
