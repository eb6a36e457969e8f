import { NearhitError } from '@nearhit/core';

/** Where a page ended. */
export type DecisionPlace =
  | { readonly kind: 'stream'; readonly atMs: number; readonly id: string }
  /** In the memory of one process; only that one knows what `position` says. */
  | { readonly kind: 'ring'; readonly atMs: number; readonly process: string; readonly position: string };

const STREAM = /^s([0-9a-z]{1,10})\.(\d{1,15}-\d{1,15})$/;
const RING = /^r([0-9a-z]{1,10})\.([0-9a-f]{16})\.([0-9a-z]{1,10})$/;

export function encodePlace(place: DecisionPlace): string {
  const time = Math.max(0, Math.floor(place.atMs)).toString(36);
  return place.kind === 'stream' ? `s${time}.${place.id}` : `r${time}.${place.process}.${place.position}`;
}

/** Throws INVALID_REQUEST on anything that `encodePlace` did not make. */
export function decodePlace(cursor: string): DecisionPlace {
  const [, time = '', id = ''] = STREAM.exec(cursor) ?? [];
  if (id !== '') return { kind: 'stream', atMs: Number.parseInt(time, 36), id };
  const [, ringTime = '', process = '', position = ''] = RING.exec(cursor) ?? [];
  if (position !== '') return { kind: 'ring', atMs: Number.parseInt(ringTime, 36), process, position };
  throw new NearhitError('INVALID_REQUEST', 'cursor: expected the `cursor` of an earlier answer', { param: 'cursor' });
}
