import { describe } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import type { NumberFact } from '../text/numbers.ts';
import { editionsApart } from './edition.ts';

/** From this many tokens on both sides, a number that one side leaves out is not yet a difference. */
const LONG = 28;

const quantity = ({ value, unit }: NumberFact) =>
  unit?.factor === undefined ? undefined : `${unit.dimension}:${(Number(value) * unit.factor).toPrecision(6)}`;

function agrees(x: NumberFact, y: NumberFact): boolean {
  if (x.value === y.value) return x.unit === undefined || y.unit === undefined || x.unit.id === y.unit.id;
  const amount = quantity(x);
  return amount !== undefined && amount === quantity(y);
}

/** The numbers of each side that the other lacks. */
export function unmatchedNumbers(a: QuestionFacts, b: QuestionFacts): [NumberFact[], NumberFact[]] {
  const right = [...b.numbers];
  const left = a.numbers.filter((x) => {
    const at = right.findIndex((y) => agrees(x, y));
    if (at >= 0) right.splice(at, 1);
    return at < 0;
  });
  if (left.length > 0 && right.length > 0) return [left, right];
  // What only one side says more often is no difference yet.
  return [
    left.filter((x) => !b.numbers.some((y) => agrees(x, y))),
    right.filter((y) => !a.numbers.some((x) => agrees(x, y))),
  ];
}

const ORDINAL = /^(?:\d+(?:st|nd|rd|th)|st|nd|rd|th|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)$/;
const SUPERLATIVE = /^(?:most|best|worst|..+est)$/;

/** `the 3 highest`, `the third highest`: so many of them, or one. Told only before a word that ranks. */
function ranks({ tokens, numbers }: QuestionFacts): Map<string, boolean> {
  const found = new Map<string, boolean>();
  for (const { value, from, to } of numbers) {
    const glued = tokens[to];
    const suffixed = glued?.glued === true && ORDINAL.test(glued.text);
    const ordinal = suffixed || tokens.slice(from, to).some(({ text }) => ORDINAL.test(text));
    if (SUPERLATIVE.test(tokens[suffixed ? to + 1 : to]?.text ?? '')) found.set(value, ordinal);
  }
  return found;
}

function rankedApart(a: QuestionFacts, b: QuestionFacts): string | undefined {
  const others = ranks(b);
  for (const [value, ordinal] of ranks(a))
    if (others.has(value) && others.get(value) !== ordinal) return describe([value], [`number ${value}`]);
  return undefined;
}

const BOUNDS: readonly (readonly [string, RegExp])[] = [
  ['at least', /\b(?:at least|no less than|no fewer than|minimum of)\b/],
  ['at most', /\b(?:at most|up to|no more than|maximum of)\b/],
  ['exactly', /\b(?:exactly|precisely)\b/],
  ['more', /\b(?:more than|over|greater than|above|exceeds?)\b/],
  ['less', /\b(?:less than|fewer than|under|below)\b/],
];

/** `at least 5`, `exactly 5`: both say how the number is meant, and not in one way. */
function boundedApart(a: QuestionFacts, b: QuestionFacts): string | undefined {
  if (a.numbers.length === 0 || b.numbers.length === 0) return undefined;
  const bounds = ({ wording }: QuestionFacts) => BOUNDS.flatMap(([bound, said]) => (said.test(wording) ? [bound] : []));
  const [left, right] = [bounds(a), bounds(b)];
  if (left.length === 0 || right.length === 0 || left.some((bound) => right.includes(bound))) return undefined;
  return describe(left, right);
}

const label = ({ value, unit }: NumberFact) => (unit === undefined ? value : `${value} ${unit.id}`);

/** Do the two numbers stand before or behind the same word? */
function isSamePlace(a: QuestionFacts, x: NumberFact, b: QuestionFacts, y: NumberFact): boolean {
  const key = ({ tokens }: QuestionFacts, at: number) => tokens[at]?.key;
  const before = key(a, x.from - 1);
  const behind = key(a, x.to);
  return (before !== undefined && before === key(b, y.from - 1)) || (behind !== undefined && behind === key(b, y.to));
}

/**
 * A soft number (`one`, `first`) counts only against another number; in long and in Vietnamese texts, where `một` is an
 * article, only against one in the same place.
 */
function differ(a: QuestionFacts, b: QuestionFacts, left: NumberFact[], right: NumberFact[]): boolean {
  const [hardLeft, hardRight] = [left, right].map((side) => side.some(({ soft }) => !soft));
  const long = Math.min(a.tokens.length, b.tokens.length) >= LONG;
  if (hardLeft && hardRight) return true;
  if (!long && (hardLeft || hardRight)) return true;
  if (!long && a.language !== 'vi') return left.length > 0 && right.length > 0;
  return left.some((x) => right.some((y) => isSamePlace(a, x, b, y)));
}

/** From this many tokens on both sides a dash between numbers is a range, a date or a score, and no subtraction. */
const PROSE = 12;
const RANGE = /^\(?\d[\d.,:]*-[\d.,:-]*\)?$/;

/** What is calculated on each side, when that differs. Which numbers a range has, and in what order, others see. */
function expressionsApart(a: QuestionFacts, b: QuestionFacts): boolean {
  if (a.expressions === b.expressions) return false;
  const [x, y] = [a.expressions, b.expressions].map((all) => all.split(' ').filter((one) => one !== ''));
  if (x === undefined || y === undefined || x.length === 0 || y.length === 0) return false;
  const prose = Math.min(a.tokens.length, b.tokens.length) >= PROSE;
  return !(prose && [...x, ...y].every((one) => RANGE.test(one)));
}

/** Which numbers occur, in digits or words, and what is calculated with them. Units that turn one amount into another (1 km, 1000 m) are no difference. */
export const numberGuard: Guard = {
  name: 'number',
  level: 'standard',
  differs(a, b) {
    const [left, right] = unmatchedNumbers(a, b);
    if (differ(a, b, left, right)) return describe(left.map(label), right.map(label));
    if (expressionsApart(a, b)) return describe([a.expressions], [b.expressions]);
    return rankedApart(a, b) ?? boundedApart(a, b);
  },
};

/** `Python 2.7` and `Python 3.7`, `v2` and `v3`, `iPhone 15` and `iPhone 15 Pro`. */
export const versionGuard: Guard = {
  name: 'version',
  level: 'standard',
  differs(a, b) {
    const [left, right] = unmatchedNumbers(a, b);
    const isVersion = ({ role }: NumberFact) => role === 'version';
    const veto = left.length > 0 && right.length > 0 && (left.some(isVersion) || right.some(isVersion));
    return veto ? describe(left.map(label), right.map(label)) : editionsApart(a, b);
  },
};

/** Same amount in another unit. Money has a guard of its own. */
function unitConflict(a: QuestionFacts, b: QuestionFacts, money: boolean): string | undefined {
  const [left, right] = unmatchedNumbers(a, b);
  for (const x of left)
    for (const y of right)
      if (x.value === y.value && (x.unit?.dimension === 'money' || y.unit?.dimension === 'money') === money)
        return describe([label(x)], [label(y)]);
  return undefined;
}

export const unitOfNumber = (a: QuestionFacts, b: QuestionFacts) => unitConflict(a, b, false);
export const moneyOfNumber = (a: QuestionFacts, b: QuestionFacts) => unitConflict(a, b, true);
