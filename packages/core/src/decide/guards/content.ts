import { describe, isOneEditApart, missingIn } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';

function unsaid(a: QuestionFacts, b: QuestionFacts): string[] {
  return missingIn(a, b)
    .filter(({ content, key }) => content && !b.keys.has(key))
    .filter(({ text }) => !b.tokens.some((other) => text.length > 3 && isOneEditApart(text, other.text)))
    .map(({ text }) => text);
}

/** A word with a meaning on each side that the other lacks, whatever it is. */
export const contentGuard: Guard = {
  name: 'content',
  level: 'strict',
  differs(a, b) {
    const [left, right] = [unsaid(a, b), unsaid(b, a)];
    return left.length > 0 && right.length > 0 ? describe(left, right) : undefined;
  },
};

const MODALS = new Set('can could should would must may might shall have need ought'.split(' '));

/** Can, should, must: both questions have such a verb, and not the same. */
export const modalGuard: Guard = {
  name: 'modal',
  level: 'strict',
  differs(a, b) {
    const modals = (facts: QuestionFacts) =>
      new Set(facts.tokens.map(({ text }) => text).filter((text) => MODALS.has(text) && text !== 'have'));
    const [left, right] = [modals(a), modals(b)];
    if (left.size === 0 || right.size === 0 || [...left].some((modal) => right.has(modal))) return undefined;
    return describe(left, right);
  },
};
