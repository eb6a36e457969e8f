import { describe } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';

/** What makes another product of one with the same number: `15`, `15 Pro`, `15 Pro Max`. */
const EDITIONS = new Set('pro max plus ultra mini lite air slim fold flip fe oled xl ti xt'.split(' '));
const NUMBERED = /^\p{L}{0,4}\d{1,4}$/u;

/** For each numbered thing its editions, as they follow the number. */
function editions({ tokens }: QuestionFacts): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  tokens.forEach(({ text }, at) => {
    if (!NUMBERED.test(text)) return;
    let end = at + 1;
    while (EDITIONS.has(tokens[end]?.text ?? '') && !tokens[end]?.afterBreak) end++;
    // "15 plus 3" is a sum.
    const isSum = tokens[end]?.kind === 'number' && tokens[end - 1]?.text === 'plus';
    const said = isSum ? [] : tokens.slice(at + 1, end).map((token) => token.text);
    found.set(text, (found.get(text) ?? new Set()).add(said.join(' ')));
  });
  return found;
}

/** `iphone 15` and `iphone 15 pro max`: one number, other editions of it. */
export function editionsApart(a: QuestionFacts, b: QuestionFacts): string | undefined {
  const others = editions(b);
  for (const [number, left] of editions(a)) {
    const right = others.get(number);
    if (right === undefined) continue;
    const unsaid = (own: ReadonlySet<string>, theirs: ReadonlySet<string>) =>
      [...own].filter((one) => !theirs.has(one));
    const [only, onlyThere] = [unsaid(left, right), unsaid(right, left)];
    if (only.length + onlyThere.length > 0)
      return describe(
        only.map((one) => `${number} ${one}`.trim()),
        onlyThere.map((one) => `${number} ${one}`.trim()),
      );
  }
  return undefined;
}
