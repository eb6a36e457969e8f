import type { QuestionFacts } from './facts.ts';
import { pairing } from './text/counts.ts';
import type { Token } from './text/tokens.ts';

/** The tokens of `a` that `b` lacks, repetitions counted: the last ones of a word that `a` has more often. */
export function missingIn(a: QuestionFacts, b: QuestionFacts): Token[] {
  const isPaired = pairing(b.keys, keyOf);
  return a.tokens.filter((token) => !isPaired(token));
}

const keyOf = ({ key }: Token): string => key;

/** A set, or a map of whose keys the same is asked. */
interface Said {
  has(word: string): boolean;
  keys(): Iterable<string>;
}

/** What the one says and the other does not. */
export const lacking = (own: Said, theirs: Said): string[] => [...own.keys()].filter((word) => !theirs.has(word));

/** `describe` of what each side alone says; undefined where both say the same. */
export function saidApart(a: Said, b: Said): string | undefined {
  const [left, right] = [lacking(a, b), lacking(b, a)];
  return left.length + right.length > 0 ? describe(left, right) : undefined;
}

/** A sorted pair of words for people to read: the same whichever side comes first. */
export function describe(a: Iterable<string>, b: Iterable<string>): string {
  const side = (words: Iterable<string>) => [...new Set(words)].slice(0, 4).join(' ').slice(0, 80) || '-';
  return [side(a), side(b)].sort().join(' / ');
}
