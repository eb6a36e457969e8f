import { NearhitError } from '../errors.ts';

/** A place in the newest-first order: creation time, then order of arrival among equals. */
export interface EntryPosition {
  readonly createdAtMs: number;
  /** Grows with every stored entry, a replaced one included. */
  readonly row: number;
}

const INT48_MAX = 2 ** 48 - 1;
const CURSOR_BYTES = 12;

/** A clock value as an index key holds it: whole milliseconds, 0 to 2^48 - 1 (year 10889). */
export function clockKey(ms: number): number {
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(Math.floor(ms), 0), INT48_MAX);
}

export function encodeCursor({ createdAtMs, row }: EntryPosition): string {
  const bytes = Buffer.allocUnsafe(CURSOR_BYTES);
  bytes.writeUIntBE(clockKey(createdAtMs), 0, 6);
  bytes.writeUIntBE(row, 6, 6);
  return bytes.toString('base64url');
}

/** Throws INVALID_REQUEST on anything that `encodeCursor` did not make. */
export function decodeCursor(cursor: string): EntryPosition {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length !== CURSOR_BYTES || bytes.toString('base64url') !== cursor) {
    throw new NearhitError('INVALID_REQUEST', 'cursor: not one that this server gave out; start again without it', {
      param: 'cursor',
    });
  }
  return { createdAtMs: bytes.readUIntBE(0, 6), row: bytes.readUIntBE(6, 6) };
}

/** Newest first. */
export function comparePositions(a: EntryPosition, b: EntryPosition): number {
  return clockKey(b.createdAtMs) - clockKey(a.createdAtMs) || b.row - a.row;
}
