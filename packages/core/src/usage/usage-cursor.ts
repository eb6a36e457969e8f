import { NearhitError } from '../errors.ts';
import { clockKey } from '../store/entry-cursor.ts';

/** When a record ended, and its id: later ones first, equals by falling id. Texts compare as the positions do. */
export function usagePosition(atMs: number, id: string): string {
  return `${clockKey(atMs).toString(16).padStart(12, '0')}${id}`;
}

export const idOfPosition = (position: string): string => position.slice(12);

/** The position that lies before every record which ended at `atMs` or later. */
export const positionBefore = (atMs: number): string => usagePosition(atMs, '');

export function encodeUsageCursor(position: string): string {
  return Buffer.from(position).toString('base64url');
}

/** Throws INVALID_REQUEST on what `encodeUsageCursor` did not make. */
export function decodeUsageCursor(cursor: string): string {
  const position = Buffer.from(cursor, 'base64url').toString();
  if (/^[0-9a-f]{12}./.test(position) && encodeUsageCursor(position) === cursor) return position;
  throw new NearhitError('INVALID_REQUEST', 'cursor: expected the `cursor` of an earlier answer', { param: 'cursor' });
}
