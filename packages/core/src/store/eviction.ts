/** What eviction weighs. `bytes` as accounted by `entryBytes`. */
export interface EvictionCandidate {
  readonly costUsd: number;
  readonly bytes: number;
}

/** Above this many, the window is the oldest 4,096 instead of the oldest eighth, so that one round stays short. */
const WINDOW_MAX = 4096;
/** Deleted in one transaction at most; then the window is read anew. */
const VICTIMS_MAX = 512;

/** How many of the least recently used are weighed against each other. */
export function evictionWindow(entries: number): number {
  return Math.min(Math.max(Math.ceil(entries / 8), 1), WINDOW_MAX);
}

/**
 * One round of cost-aware LRU: from a window given oldest first, the cheapest to ask again per byte held, until the
 * excess is gone or the round is full. Equal worth: the older goes first.
 */
export function chooseVictims<C extends EvictionCandidate>(
  window: readonly C[],
  excess: { readonly entries: number; readonly bytes: number },
): C[] {
  const byWorth = [...window].sort((a, b) => worth(a) - worth(b));
  const victims: C[] = [];
  let bytes = 0;
  for (const candidate of byWorth) {
    if (victims.length >= VICTIMS_MAX || (victims.length >= excess.entries && bytes >= excess.bytes)) break;
    victims.push(candidate);
    bytes += candidate.bytes;
  }
  return victims;
}

function worth({ costUsd, bytes }: EvictionCandidate): number {
  return costUsd / Math.max(bytes, 1);
}
