/** How far two questions say their common words in one order and in one role. All bounded by 128 words a side. */
import { lead } from '../text/marks-in-order.ts';
import type { Alignment } from './align.ts';
import type { Reading, Word } from './reading.ts';

const WORDS_MAX = 128;

export interface SequenceFacts {
  /** Longest common subsequence of all words / words of the longer side. */
  readonly lcs: number;
  /** Longest common subsequence of the paired content words / how many there are. */
  readonly lcsContent: number;
  /** Paired content words in another order: share of pairs inverted. */
  readonly inversions: number;
  /** Neighbouring content words of one side that the other has in the opposite order. */
  readonly reversed: number;
  /** Paired content words / 2, whose left neighbour among them is the same on both sides. */
  readonly kept: number;
  /** Paired content words behind other prepositions, share. */
  readonly leads: number;
  readonly leadsCount: number;
  /** Words at the beginning and the end that are the same / words of the longer side. */
  readonly affix: number;
  /** The first, the last content word is the same: 0, 1. */
  readonly first: number;
  readonly last: number;
}

/** Length of the longest common subsequence. O(n m). */
function lcsLength(a: readonly string[], b: readonly string[]): number {
  let row = new Uint16Array(b.length + 1);
  for (const x of a) {
    const next = new Uint16Array(b.length + 1);
    for (let j = 1; j <= b.length; j++)
      next[j] = x === b[j - 1] ? (row[j - 1] as number) + 1 : Math.max(row[j] as number, next[j - 1] as number);
    row = next;
  }
  return row[b.length] as number;
}

function longestRise(places: readonly number[]): number {
  const tails: number[] = [];
  for (const place of places) {
    let i = tails.length;
    while (i > 0 && (tails[i - 1] as number) >= place) i--;
    tails[i] = place;
  }
  return tails.length;
}

function inversionShare(places: readonly number[]): number {
  let inverted = 0;
  for (let i = 0; i < places.length; i++)
    for (let j = i + 1; j < places.length; j++) if ((places[i] as number) > (places[j] as number)) inverted++;
  return places.length < 2 ? 0 : (2 * inverted) / (places.length * (places.length - 1));
}

function neighbours(pairs: readonly (readonly [Word, Word])[]) {
  const byRight = [...pairs].sort((x, y) => x[1].at - y[1].at);
  const rank = new Map(byRight.map((pair, i) => [pair, i]));
  let [kept, reversed] = [0, 0];
  for (let i = 1; i < pairs.length; i++) {
    const step =
      (rank.get(pairs[i] as readonly [Word, Word]) ?? 0) - (rank.get(pairs[i - 1] as readonly [Word, Word]) ?? 0);
    if (step === 1) kept++;
    if (step === -1) reversed++;
  }
  return { kept: pairs.length < 2 ? 1 : kept / (pairs.length - 1), reversed };
}

function affixOf(a: readonly string[], b: readonly string[]): number {
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start] === b[start]) start++;
  let end = 0;
  while (end < most - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return (start + end) / Math.max(1, a.length, b.length);
}

const keysOf = ({ facts }: Reading) => facts.tokens.slice(0, WORDS_MAX).map(({ key }) => key);

export function sequenceOf(a: Reading, b: Reading, { same }: Alignment): SequenceFacts {
  const [keysA, keysB] = [keysOf(a), keysOf(b)];
  const pairs = [...same].sort((x, y) => x[0].at - y[0].at).slice(0, WORDS_MAX);
  const places = pairs.map(([, right]) => right.at);
  const { kept, reversed } = neighbours(pairs);
  const leads = pairs.filter(
    ([x, y]) => lead(a.facts.tokens, x.at).at(-1) !== lead(b.facts.tokens, y.at).at(-1),
  ).length;
  const same1 = (i: number) => (a.content.at(i)?.token.key === b.content.at(i)?.token.key ? 1 : 0);
  return {
    lcs: lcsLength(keysA, keysB) / Math.max(1, keysA.length, keysB.length),
    lcsContent: pairs.length === 0 ? 1 : longestRise(places) / pairs.length,
    inversions: inversionShare(places),
    reversed,
    kept,
    leads: pairs.length === 0 ? 0 : leads / pairs.length,
    leadsCount: leads,
    affix: affixOf(keysA, keysB),
    first: same1(0),
    last: same1(-1),
  };
}
