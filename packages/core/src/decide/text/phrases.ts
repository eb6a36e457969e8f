import type { Token } from './tokens.ts';

interface Phrase {
  readonly words: readonly string[];
}

/** Phrases by their first word, in the order given. */
export function indexPhrases<P extends Phrase>(phrases: readonly P[]): ReadonlyMap<string, readonly P[]> {
  const index = new Map<string, P[]>();
  for (const phrase of phrases) {
    const first = phrase.words[0] ?? '';
    const known = index.get(first);
    if (known === undefined) index.set(first, [phrase]);
    else known.push(phrase);
  }
  return index;
}

/** The phrases that occur, none overlapping another, left to right, the first listed where several begin. */
export function findPhrases<P extends Phrase>(
  tokens: readonly Token[],
  index: ReadonlyMap<string, readonly P[]>,
): { phrase: P; at: number }[] {
  const found: { phrase: P; at: number }[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const phrase = index
      .get(tokens[at]?.text ?? '')
      ?.find(({ words }) => words.every((word, i) => tokens[at + i]?.text === word));
    if (phrase === undefined) continue;
    found.push({ phrase, at });
    at += phrase.words.length - 1;
  }
  return found;
}
