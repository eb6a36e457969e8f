import { type Entry, type EntryHead, entryOf, type HeadTuple, headOf, headTuple, type UnitVector } from '@nearhit/core';
import { Packr } from 'msgpackr';

const packr = new Packr({ useRecords: false, variableMapSize: true });

export function encodeHead(entry: Entry): Buffer {
  return packr.pack(headTuple(entry)) as Buffer;
}

/** Undefined for bytes that are no head. */
export function decodeHead(bytes: Buffer | null | undefined): EntryHead | undefined {
  if (bytes == null) return undefined;
  try {
    return headOf(packr.unpack(bytes) as HeadTuple);
  } catch {
    return undefined;
  }
}

/** Undefined when something is missing or damaged: that is a miss. */
export function decodeEntry(
  head: Buffer | null | undefined,
  answer: Buffer | null | undefined,
  vector?: Buffer | null,
): Entry | undefined {
  const decoded = decodeHead(head);
  if (decoded === undefined || answer == null) return undefined;
  return entryOf(decoded, answer, vector == null ? undefined : decodeVector(vector));
}

/** 32-bit floats, little-endian. */
export function encodeVector(vector: UnitVector): Buffer {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}

function decodeVector(bytes: Buffer): UnitVector {
  const vector = new Float32Array(bytes.length / 4);
  Buffer.from(vector.buffer).set(bytes);
  return vector as UnitVector;
}

/** Accounted bytes of an index row (see scripts.ts). Undefined for bytes that are none. */
export const decodeRowBytes = (row: Buffer): number | undefined => rowFields(row)?.[2];

/** Its worth times its uses. Undefined for a row from before this was counted, too. */
export function decodeRowWorth(row: Buffer): number | undefined {
  const fields = rowFields(row);
  return typeof fields?.[5] === 'number' ? fields[3] * fields[5] : undefined;
}

type RowFields = [created: string, namespace: string, bytes: number, worth: number, model: string, uses: unknown];

function rowFields(row: Buffer): RowFields | undefined {
  try {
    return packr.unpack(row) as RowFields;
  } catch {
    return undefined;
  }
}
