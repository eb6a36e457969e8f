import type { Entry } from '../entry.ts';

/**
 * Who leaves a full namespace: GreedyDual-Size-Frequency (Cherkasova, "Improving WWW Proxies Performance with
 * Greedy-Dual-Size-Frequency Caching Policy", HP Labs 1998). Every entry has a rank,
 *
 *   rank = clock + uses x worth,   worth = USD that a hit saves x chance of one / bytes,
 *
 * worked out when it is written or served; the lowest rank leaves first, and the clock of the namespace moves up to the
 * rank of what has left, so that what was worth much long ago is overtaken by what is in use now.
 */

/** A hit saves at least the wait and the load on the provider: answers of free models are weighed by use and size alone. */
const SAVED_USD_MIN = 0.0001;
/** An answer that lives so long is taken to be worth half of one that lives for ever. */
const HALF_LIFE_SECONDS = 3600;
/** From here on a life is without end. */
const LIFE_SECONDS_MAX = 315_360_000;
/** Deleted in one transaction at most; then the order is read anew. */
export const VICTIMS_MAX = 512;

/** USD per byte held that one more hit would save; above 0. `bytes`: as `entryBytes` counts them. */
export function worthOf(
  { costUsd, createdAtMs, expiresAtMs }: Pick<Entry, 'costUsd' | 'createdAtMs' | 'expiresAtMs'>,
  bytes: number,
): number {
  const saved = (costUsd > 0 && Number.isFinite(costUsd) ? costUsd : 0) + SAVED_USD_MIN;
  const lifeSeconds = Math.min(Math.max((expiresAtMs - createdAtMs) / 1000 || 1, 1), LIFE_SECONDS_MAX);
  // Twice as long a life is not twice as many hits: most repeats come early.
  const chance = lifeSeconds / (lifeSeconds + HALF_LIFE_SECONDS);
  return (saved * chance) / Math.max(bytes, 1);
}

/** `uses`: 1 for an entry that was written and not yet served. */
export const rankOf = (clock: number, uses: number, worth: number): number => clock + uses * worth;

/** From those given lowest rank first, as many as it takes until the excess is gone or the round is full. */
export function chooseVictims<C extends { readonly bytes: number }>(
  lowestFirst: readonly C[],
  excess: { readonly entries: number; readonly bytes: number },
): C[] {
  const victims: C[] = [];
  let bytes = 0;
  for (const candidate of lowestFirst) {
    if (victims.length >= VICTIMS_MAX || (victims.length >= excess.entries && bytes >= excess.bytes)) break;
    victims.push(candidate);
    bytes += candidate.bytes;
  }
  return victims;
}
