import type { UsageKey, UsageRecord, UsageStore } from '../ports/usage-store.ts';
import { addCounters, countersOf, noCounters, totalsOf, type UsageCounters } from '../usage/counters.ts';
import { readUsagePage } from '../usage/read-page.ts';
import { matchesUsage, usageKeyOf, usageKeyText } from '../usage/rollup.ts';
import { usagePosition } from '../usage/usage-cursor.ts';

/** Accounts that end with the process. */
export function memoryUsage(assertOpen: () => void): UsageStore {
  const records = new Map<string, UsageRecord>();
  const sums = new Map<string, { key: UsageKey; counters: UsageCounters }>();
  let forgottenBeforeMs = Number.NEGATIVE_INFINITY;

  const count = (record: UsageRecord): void => {
    const key = usageKeyOf(record);
    const name = usageKeyText(key);
    const sum = sums.get(name) ?? { key, counters: noCounters() };
    sums.set(name, sum);
    addCounters(sum.counters, countersOf(record));
  };
  const placed = () =>
    [...records.values()]
      .map((record) => ({ position: usagePosition(record.atMs, record.id), record }))
      .sort((a, b) => (a.position < b.position ? 1 : -1));
  return {
    async append(more) {
      assertOpen();
      for (const record of more) {
        if (records.has(record.id) || record.atMs < forgottenBeforeMs) continue;
        records.set(record.id, structuredClone(record));
        count(record);
      }
    },
    async rollups(filter) {
      assertOpen();
      return [...sums.values()]
        .filter(({ key }) => matchesUsage(key, filter))
        .map(({ key, counters }) => ({ ...key, totals: totalsOf(counters) }));
    },
    async records(filter, page) {
      assertOpen();
      const all = placed();
      const read = async (below: string | undefined, from: string | undefined, count: number) =>
        all
          .filter(
            ({ position }) => (below === undefined || position < below) && (from === undefined || position >= from),
          )
          .slice(0, count);
      return readUsagePage(filter, page, { read, scannedMax: Number.POSITIVE_INFINITY });
    },
    async trim({ recordsBeforeMs, rollupsBeforeDay }) {
      assertOpen();
      forgottenBeforeMs = Math.max(forgottenBeforeMs, recordsBeforeMs);
      for (const [id, { atMs }] of records) if (atMs < recordsBeforeMs) records.delete(id);
      for (const [name, { key }] of sums) if (key.day < rollupsBeforeDay) sums.delete(name);
    },
  };
}
