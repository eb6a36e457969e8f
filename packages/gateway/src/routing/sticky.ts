import type { Ranked } from './rank.ts';

/**
 * The target that equal keys go to: rendezvous hashing (Thaler & Ravishankar, 1998), weighted, so that a target that
 * comes or goes moves only its own share of the keys. Undefined of an empty list.
 */
export function stickyChoice(candidates: readonly Ranked[], key: string, weighted: boolean): Ranked | undefined {
  let best: Ranked | undefined;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const candidate of candidates) {
    const { provider, model, weight } = candidate.target;
    const score = (weighted ? weight : 1) / -Math.log(uniform(`${provider.id}\n${model}\n${key}`));
    if (score > bestScore) {
      bestScore = score;
      best = candidate;
    }
  }
  return best;
}

/** Within 0..1, both excluded: FNV-1a, then the finish of MurmurHash3, which spreads what differs in few bits. */
function uniform(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 4_294_967_296;
}
