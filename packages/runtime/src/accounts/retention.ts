import { type UsageStore, usageDay } from '@nearhit/core';
import type { Chores } from '../chores.ts';
import type { Lease } from '../writer.ts';

const TRIM_MS = 60_000;
const DAY_MS = 86_400_000;

export interface RetentionOptions {
  readonly store: Pick<UsageStore, 'trim'>;
  readonly chores: Chores;
  /** Absent: nobody else has the store. */
  readonly lease?: Lease | undefined;
  readonly now: () => number;
  readonly settings: () => { readonly recordDays: number; readonly rollupDays: number };
}

/** Forgets old records and sums every minute, by one process at a time. */
export function keepUsageInBounds({ store, chores, lease, now, settings }: RetentionOptions): void {
  const trim = () => {
    const { recordDays, rollupDays } = settings();
    const nowMs = now();
    return store.trim({
      recordsBeforeMs: nowMs - recordDays * DAY_MS,
      rollupsBeforeDay: usageDay(nowMs - rollupDays * DAY_MS),
    });
  };
  chores.every(TRIM_MS, 'usage-trim-failed', () => (lease === undefined ? trim() : lease.held(trim)));
}
