import type { EmbedOptions, PairNetwork, TextPair } from '@nearhit/core';
import { LRUCache } from 'lru-cache';

/** A network's word on the last `entriesMax` pairs (up to about 1 KB each; default 2000): who asks again does not wait. */
export function memoizeNetwork(network: PairNetwork, { entriesMax = 2000 }: { entriesMax?: number } = {}): PairNetwork {
  // Boxed: that a text is too long is an answer, too.
  const known = new LRUCache<string, { readonly logit: number | undefined }>({ max: entriesMax });
  return {
    get version() {
      return network.version;
    },
    async score(pairs: readonly TextPair[], options?: EmbedOptions) {
      // Of another version it may say something else.
      const keys = pairs.map((pair) => keyOf(pair, network.version));
      const found = keys.map((key) => known.get(key));
      const missing = pairs.filter((_, at) => found[at] === undefined);
      if (missing.length === 0) return found.map((word) => word?.logit);
      const version = network.version;
      const logits = (await network.score(missing, options)).values();
      return found.map((word, at) => {
        if (word !== undefined) return word.logit;
        const logit = logits.next().value;
        if (network.version === version && (keys[at] as string).length <= KEY_LENGTH_MAX)
          known.set(keys[at] as string, { logit });
        return logit;
      });
    },
  };
}

/** Longer pairs are rare, and would fill the memo with their keys. */
const KEY_LENGTH_MAX = 4096;

/** The same with both exchanged. */
const keyOf = ({ a, b }: TextPair, version: string | undefined): string =>
  JSON.stringify(a < b ? [version, a, b] : [version, b, a]);
