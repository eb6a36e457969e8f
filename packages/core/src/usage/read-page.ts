import type { UsageFilter, UsagePage, UsageRecord } from '../ports/usage-store.ts';
import { dayStartMs, matchesUsage, usageKeyOf } from './rollup.ts';
import { decodeUsageCursor, encodeUsageCursor, positionBefore } from './usage-cursor.ts';

/** One record where a store keeps it; undefined when it has gone meanwhile. */
export interface PlacedRecord {
  readonly position: string;
  readonly record: UsageRecord | undefined;
}

export interface UsageReaderOptions {
  /**
   * The next ones below `below` and not below `from`, by falling position; at most `count`, fewer only at the end.
   * Undefined: no bound.
   */
  readonly read: (below: string | undefined, from: string | undefined, count: number) => Promise<PlacedRecord[]>;
  /** Records that one call looks at before it answers with what it has. */
  readonly scannedMax: number;
}

const DAY_MS = 86_400_000;
const READ_MIN = 100;
const READ_MAX = 1000;

/** One page of records, whatever they are kept in. Throws INVALID_REQUEST on a cursor that is none. */
export async function readUsagePage(
  filter: UsageFilter,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
  { read, scannedMax }: UsageReaderOptions,
): Promise<UsagePage> {
  const given = cursor === undefined ? undefined : decodeUsageCursor(cursor);
  const from = filter.fromDay === undefined ? undefined : positionBefore(dayStartMs(filter.fromDay));
  const end = filter.toDay === undefined ? undefined : positionBefore(dayStartMs(filter.toDay) + DAY_MS);
  let below = given !== undefined && end !== undefined && end < given ? end : (given ?? end);
  const records: UsageRecord[] = [];
  const count = Math.min(Math.max(limit + 1, READ_MIN), READ_MAX);
  for (let scanned = 0; scanned < scannedMax; scanned += count) {
    const placed = await read(below, from, count);
    for (const { position, record } of placed) {
      if (record !== undefined && matchesUsage(usageKeyOf(record), filter)) {
        if (records.length === limit) return { records, cursor: encodeUsageCursor(below as string) };
        records.push(record);
      }
      below = position;
    }
    if (placed.length < count) return { records };
  }
  return { records, cursor: encodeUsageCursor(below as string) };
}
