import { describe } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import { TITLES } from '../words/titles.ts';

const LESSER = /^(?:deputy|vice|assistant|associate|acting|interim|phó)$/;

/** Keys of the offices that a word like `vice` makes another office of: `vice president`, `phó chủ tịch`. */
function lesser({ tokens }: QuestionFacts): Set<string> {
  const found = new Set<string>();
  tokens.forEach(({ text }, i) => {
    const office = tokens[i + 1];
    if (!LESSER.test(text) || office === undefined || office.afterBreak || office.kind !== 'word') return;
    // "Deputy David Machado" is a man and his title.
    const isName = text !== 'phó' && office.surface !== office.text && !TITLES.has(office.text);
    if (!isName && office.content) found.add(office.key);
  });
  return found;
}

/** The office of one side, and the one below it of the other. */
export function otherRank(a: QuestionFacts, b: QuestionFacts): string | undefined {
  const [left, right] = [lesser(a), lesser(b)];
  for (const office of left)
    if (!right.has(office) && b.keys.has(office)) return describe([`lesser ${office}`], [office]);
  for (const office of right)
    if (!left.has(office) && a.keys.has(office)) return describe([office], [`lesser ${office}`]);
  return undefined;
}
