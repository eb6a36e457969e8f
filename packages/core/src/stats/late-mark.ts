import type { StatsBucket } from '../ports/stats-store.ts';

/** No client can take this name: namespaces have no tilde. */
const LATE = '~late';

/**
 * Minutes that everybody takes for final were saved after all, by a writer that could not reach the store. It says so in
 * a bucket of the running minute, which everybody looks at.
 */
export interface LateMark {
  readonly writer: string;
  /** Grows with every mark of the same writer. */
  readonly serial: number;
  /** The oldest minute that was saved late. */
  readonly sinceMinute: number;
}

export function lateBucket(minute: number, { serial, sinceMinute }: Omit<LateMark, 'writer'>): StatsBucket {
  return { minute, namespace: LATE, model: LATE, counts: { serial, sinceMinute }, latency: {} };
}

export function isLateBucket(bucket: StatsBucket): boolean {
  return bucket.namespace === LATE && bucket.model === LATE;
}

export function lateMarksIn(buckets: readonly StatsBucket[]): LateMark[] {
  return buckets.flatMap((bucket) => {
    const { serial, sinceMinute } = bucket.counts;
    if (!isLateBucket(bucket) || bucket.writer === undefined) return [];
    return serial === undefined || sinceMinute === undefined ? [] : [{ writer: bucket.writer, serial, sinceMinute }];
  });
}
