import { hash } from 'node:crypto';

/** Index keys are big-endian, so that byte order is number order. */
export const ROW_BYTES = 6;
export const CLOCK_BYTES = 6;
export const RANK_BYTES = 8;
export const TERM_BYTES = 16;
const INT48_MAX = 2 ** 48 - 1;
const ENTRY_ID = /^[0-9a-f]{64}$/;

/** A clock value as whole milliseconds, 0 to 2^48 - 1 (year 10889); what lies outside is moved to the end. */
export function clockKey(ms: number): number {
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(Math.floor(ms), 0), INT48_MAX);
}

export function int48(value: number): Buffer {
  const key = Buffer.allocUnsafe(6);
  key.writeUIntBE(value, 0, 6);
  return key;
}

/** 32 bytes, or undefined for what is not 64 lower-case hex digits. */
export function idKey(id: string): Buffer | undefined {
  return ENTRY_ID.test(id) ? Buffer.from(id, 'hex') : undefined;
}

/** 16 bytes for a text of any length. A collision would only widen what is tried: what is found is compared in full. */
export function term(kind: string, ...parts: readonly string[]): Buffer {
  return hash('sha256', JSON.stringify([kind, ...parts]), 'buffer').subarray(0, TERM_BYTES);
}

export const ALL_ENTRIES = Buffer.alloc(TERM_BYTES);
export const namespaceTerm = (tenant: string, namespace: string): Buffer => term('namespace', tenant, namespace);
export const tagTerm = (tag: string): Buffer => term('tag', tag);
export const contextTerm = (id: string): Buffer => term('context', id);
/** Of an entry's vector; all zero for none. */
export const modelTerm = (model: string | undefined): Buffer =>
  model === undefined ? Buffer.alloc(TERM_BYTES) : term('embedding-model', model);

/** `prefix`, then a clock value, then a row: the order of arrival decides among equals. */
export function orderedKey(prefix: Buffer | undefined, clockMs: number, row: number): Buffer {
  const at = prefix?.length ?? 0;
  const key = Buffer.allocUnsafe(at + CLOCK_BYTES + ROW_BYTES);
  prefix?.copy(key);
  key.writeUIntBE(clockKey(clockMs), at, CLOCK_BYTES);
  key.writeUIntBE(row, at + CLOCK_BYTES, ROW_BYTES);
  return key;
}

/** `prefix`, then a rank of 0 or more, then a row: the bytes of such doubles are ordered as they are. */
export function rankedKey(prefix: Buffer, rank: number, row: number): Buffer {
  const at = prefix.length;
  const key = Buffer.allocUnsafe(at + RANK_BYTES + ROW_BYTES);
  prefix.copy(key);
  key.writeDoubleBE(rank, at);
  key.writeUIntBE(row, at + RANK_BYTES, ROW_BYTES);
  return key;
}

/** The rank in a key of `rankedKey`. */
export function rankIn(key: Buffer): number {
  return key.readDoubleBE(key.length - ROW_BYTES - RANK_BYTES);
}

export function rowOf(key: Buffer): number {
  return key.readUIntBE(key.length - ROW_BYTES, ROW_BYTES);
}

export function clockOf(key: Buffer): number {
  return key.readUIntBE(key.length - ROW_BYTES - CLOCK_BYTES, CLOCK_BYTES);
}

/** Where the keys that begin with `prefix` begin and end. */
export function prefixRange(prefix: Buffer, tailBytes: number): { start: Buffer; end: Buffer } {
  return {
    start: Buffer.concat([prefix, Buffer.alloc(tailBytes)]),
    end: Buffer.concat([prefix, Buffer.alloc(tailBytes + 1, 0xff)]),
  };
}
