import type { QuestionFacts } from './facts.ts';
import type { Token } from './text/tokens.ts';

/** The tokens of `a` that `b` lacks, repetitions counted: the last ones of a word that `a` has more often. */
export function missingIn(a: QuestionFacts, b: QuestionFacts): Token[] {
  const left = new Map(b.keys);
  return a.tokens.filter(({ key }) => {
    const n = left.get(key) ?? 0;
    left.set(key, n - 1);
    return n <= 0;
  });
}

/** A sorted pair of words for people to read: the same whichever side comes first. */
export function describe(a: Iterable<string>, b: Iterable<string>): string {
  const side = (words: Iterable<string>) => [...new Set(words)].slice(0, 4).join(' ').slice(0, 80) || '-';
  return [side(a), side(b)].sort().join(' / ');
}
