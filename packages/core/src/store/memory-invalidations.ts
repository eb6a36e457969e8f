import type { Invalidation, Invalidations } from '../ports/invalidations.ts';

const KEPT_MS = 86_400_000;
const MAX = 10_000;

/** In this process alone. Beyond a day, and beyond 10,000, the oldest ones void everything that was asked for before. */
export function createMemoryInvalidations({
  now = Date.now,
}: {
  readonly now?: (() => number) | undefined;
} = {}): Invalidations {
  /** Oldest first. */
  const known: Invalidation[] = [];
  return {
    async add({ filter, atMs }) {
      const after = known.findLastIndex((one) => one.atMs <= atMs);
      known.splice(after + 1, 0, { filter: structuredClone(filter), atMs });
      const horizonMs = now() - KEPT_MS;
      const old = known.findLastIndex((one) => one.atMs < horizonMs) + 1;
      const over = known.length - MAX;
      const last = known.splice(0, Math.max(old, over > 0 ? over + 1 : 0)).at(-1);
      if (last !== undefined) known.unshift({ filter: {}, atMs: last.atMs });
    },
    async since(sinceMs) {
      return known.filter(({ atMs }) => atMs >= sinceMs).map((one) => structuredClone(one));
    },
  };
}
