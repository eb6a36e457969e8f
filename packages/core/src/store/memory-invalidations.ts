import type { Invalidation, Invalidations } from '../ports/invalidations.ts';

const KEPT_MS = 86_400_000;
const MAX = 10_000;

/** In this process alone. Bounded: beyond 10,000 in a day, the oldest ones void everything that was asked for before. */
export function createMemoryInvalidations({
  now = Date.now,
}: {
  readonly now?: (() => number) | undefined;
} = {}): Invalidations {
  /** Oldest first. */
  const known: Invalidation[] = [];
  return {
    async add({ filter, atMs }) {
      let old = 0;
      while ((known[old]?.atMs ?? Number.POSITIVE_INFINITY) < now() - KEPT_MS) old++;
      known.splice(0, old);
      const after = known.findLastIndex((one) => one.atMs <= atMs);
      known.splice(after + 1, 0, { filter: structuredClone(filter), atMs });
      const dropped = known.length > MAX ? known.splice(0, known.length - MAX + 1).at(-1) : undefined;
      if (dropped !== undefined) known.unshift({ filter: {}, atMs: dropped.atMs });
    },
    async since(sinceMs) {
      return known.filter(({ atMs }) => atMs >= sinceMs).map((one) => structuredClone(one));
    },
  };
}
