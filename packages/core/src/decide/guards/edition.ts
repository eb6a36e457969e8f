import { saidApart } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';

/** What makes another product of one with the same number: `15`, `15 Pro`, `15 Pro Max`. */
const EDITIONS = new Set('pro max plus ultra mini lite air slim fold flip fe oled xl ti xt'.split(' '));
const NUMBERED = /^\p{L}{0,4}\d{1,4}$/u;

/** For each number the things of it: `15`, `15 pro`. */
function editions({ tokens }: QuestionFacts): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  tokens.forEach(({ text }, at) => {
    if (!NUMBERED.test(text)) return;
    let end = at + 1;
    while (EDITIONS.has(tokens[end]?.text ?? '') && !tokens[end]?.afterBreak) end++;
    // "15 plus 3" is a sum.
    const isSum = tokens[end]?.kind === 'number' && tokens[end - 1]?.text === 'plus';
    const said = isSum ? [] : tokens.slice(at + 1, end).map((token) => token.text);
    found.set(text, (found.get(text) ?? new Set()).add([text, ...said].join(' ')));
  });
  return found;
}

/** `iphone 15` and `iphone 15 pro max`: one number, other editions of it. */
export function editionsApart(a: QuestionFacts, b: QuestionFacts): string | undefined {
  const others = editions(b);
  for (const [number, left] of editions(a)) {
    const right = others.get(number);
    if (right === undefined) continue;
    const apart = saidApart(left, right);
    if (apart !== undefined) return apart;
  }
  return undefined;
}
