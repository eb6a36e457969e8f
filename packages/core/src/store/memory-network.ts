import { NearhitError } from '../errors.ts';
import type { EmbedOptions } from '../ports/embedder.ts';
import type { PairNetwork, TextPair } from '../ports/pair-network.ts';

export interface MemoryNetwork extends PairNetwork {
  version: string | undefined;
  /** Pairs of each call so far. */
  readonly calls: (readonly TextPair[])[];
}

const WORDS_MAX = 64;

/** Reads two texts as bags of words: a logit of 6 where all are shared, of -6 where none is. */
export function createMemoryNetwork(version: string | undefined = 'words'): MemoryNetwork {
  const calls: (readonly TextPair[])[] = [];
  const network: MemoryNetwork = {
    version,
    calls,
    async score(pairs: readonly TextPair[], { deadlineMs = Number.POSITIVE_INFINITY }: EmbedOptions = {}) {
      if (network.version === undefined) throw new NearhitError('EMBEDDER_BUSY', 'There is no network.');
      if (pairs.length > 0 && !(Date.now() < deadlineMs))
        throw new NearhitError('EMBEDDER_BUSY', 'The deadline has passed.');
      calls.push(pairs);
      return pairs.map(logitOf);
    },
  };
  return network;
}

function logitOf({ a, b }: TextPair): number | undefined {
  const [x, y] = [wordsOf(a), wordsOf(b)];
  if (x === undefined || y === undefined) return undefined;
  const shared = [...x].filter((word) => y.has(word)).length;
  const all = x.size + y.size - shared;
  return all === 0 ? 0 : (12 * shared) / all - 6;
}

function wordsOf(text: string): Set<string> | undefined {
  const words = text.length > 100 * WORDS_MAX ? [] : (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
  return text.length > 100 * WORDS_MAX || words.length > WORDS_MAX ? undefined : new Set(words);
}
