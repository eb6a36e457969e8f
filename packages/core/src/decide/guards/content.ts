import { describe, missingIn } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import { isOneEditApart } from '../text/edit-distance.ts';
import type { Token } from '../text/tokens.ts';
import { areOpposites } from '../words/antonyms.ts';

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

const WEAK = new Set(
  'fact somehow indeed maybe perhaps anyway overall exactly now today ever please thing things'.split(' '),
);
/** What may come and go without a change: `really`, `currently`, `actually`. */
const isWeak = ({ content, text }: Token) => !content || WEAK.has(text) || /..ly$/.test(text);

const isNoArticle = ({ text }: Token) => !/^(?:a|an|the)$/.test(text);

/** The words that one question has more than the other, when nothing else differs and their order is kept. */
function added(short: QuestionFacts, long: QuestionFacts): Token[] | undefined {
  const extra: Token[] = [];
  let at = 0;
  const wanted = short.tokens.filter(isNoArticle);
  for (const token of long.tokens.filter(isNoArticle))
    if (wanted[at]?.key === token.key) at++;
    else extra.push(token);
  return at === wanted.length ? extra.filter((token) => !isWeak(token)) : undefined;
}

/** `good or bad` asks what `good` asks. */
function isAlternative(word: Token, { tokens }: QuestionFacts): boolean {
  const at = tokens.indexOf(word);
  const beside = (or: number, other: number) =>
    tokens[or]?.text === 'or' && areOpposites(word.text, tokens[other]?.text ?? '');
  return beside(at - 1, at - 2) || beside(at + 1, at + 2);
}

function addition(a: QuestionFacts, b: QuestionFacts): Token[] {
  const [longer, words] = a.tokens.length > b.tokens.length ? [a, added(b, a)] : [b, added(a, b)];
  const other = a.tokens.length > b.tokens.length ? b : a;
  return (words ?? added(longer, other) ?? []).filter((word) => !isAlternative(word, longer));
}

const YES_NO = /^(?:is|are|was|were|am|do|does|did|has|have|had)$/;

const WH = /^(?:what|which|who|whom|whose|when|where|why|how)$/;
const ONLY = /^(?:only|solely|exclusively|merely)$/;
const LONG = 28;

/** What is said or asked to be so, and only so on one side. `What is good for that only?` asks the same as without. */
function onlyOneSaysOnly(a: QuestionFacts, b: QuestionFacts): string | undefined {
  const asks = ({ tokens }: QuestionFacts) => tokens.slice(0, 3).some(({ text }) => WH.test(text));
  if (asks(a) || asks(b) || Math.min(a.tokens.length, b.tokens.length) >= LONG) return undefined;
  const says = ({ tokens }: QuestionFacts) =>
    tokens.some(({ text }, i) => ONLY.test(text) && tokens[i - 1]?.text !== 'not');
  const has = ({ tokens }: QuestionFacts) =>
    tokens.some(({ text }) => ONLY.test(text) || /^(?:just|alone|but)$/.test(text));
  if (says(a) && !has(b)) return describe(['only'], []);
  return says(b) && !has(a) ? describe([], ['only']) : undefined;
}

/** Is it a dog, is it a fake dog: the same yes-or-no question with a word of meaning put in. */
export const modifierGuard: Guard = {
  name: 'modifier',
  level: 'standard',
  differs(a, b) {
    const only = onlyOneSaysOnly(a, b);
    if (only !== undefined) return only;
    if (!YES_NO.test(a.tokens[0]?.text ?? '') || !YES_NO.test(b.tokens[0]?.text ?? '')) return undefined;
    const words = addition(a, b);
    return words.length > 0
      ? describe(
          [],
          words.map(({ text }) => text),
        )
      : undefined;
  },
};

/** Any question with a word of meaning put in. */
export const additionGuard: Guard = {
  name: 'addition',
  level: 'strict',
  differs(a, b) {
    const words = addition(a, b);
    return words.length > 0
      ? describe(
          [],
          words.map(({ text }) => text),
        )
      : undefined;
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
