import { NearhitError } from '../errors.ts';
import type { JudgedPair, PairFilter, PairPage } from '../ports/pair-store.ts';
import { clockKey } from '../store/entry-cursor.ts';
import { matchesPair } from './pair.ts';

/** Time (12 hex digits), then id: texts compare as the positions do. */
export const pairPosition = ({ atMs, id }: Pick<JudgedPair, 'atMs' | 'id'>): string =>
  `${clockKey(atMs).toString(16).padStart(12, '0')}${id}`;

const POSITION = /^[0-9a-f]{76}$/;
const READ_MIN = 100;
const READ_MAX = 1000;
const SCANNED_MAX = 20_000;

export interface PlacedPair {
  readonly position: string;
  /** Undefined when it has gone meanwhile. */
  readonly pair: JudgedPair | undefined;
}

/**
 * One page, whatever the pairs are kept in. `read`: the next ones below a position (undefined: from the newest on), by
 * falling position, at most `count`, fewer only at the end. Throws INVALID_REQUEST on a cursor that is none.
 */
export async function readPairPage(
  filter: PairFilter,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
  read: (below: string | undefined, count: number) => Promise<PlacedPair[]>,
): Promise<PairPage> {
  if (cursor !== undefined && !POSITION.test(cursor))
    throw new NearhitError('INVALID_REQUEST', 'cursor: expected the `cursor` of an earlier answer', {
      param: 'cursor',
    });
  let below = cursor;
  const pairs: JudgedPair[] = [];
  const count = Math.min(Math.max(limit + 1, READ_MIN), READ_MAX);
  for (let scanned = 0; scanned < SCANNED_MAX; scanned += count) {
    const placed = await read(below, count);
    for (const { position, pair } of placed) {
      if (pair !== undefined && matchesPair(pair, filter)) {
        if (pairs.length === limit) return { pairs, cursor: below as string };
        pairs.push(pair);
      }
      below = position;
    }
    if (placed.length < count) return { pairs };
  }
  return { pairs, cursor: below as string };
}
