import { describe } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import type { NumberFact } from '../text/numbers.ts';

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

const label = ({ value, unit }: NumberFact) => (unit === undefined ? value : `${value} ${unit.id}`);

/** A soft number (`one`, `first`) counts only against another number. */
function differ(left: NumberFact[], right: NumberFact[], long: boolean): boolean {
  if (left.length > 0 && right.length > 0) return true;
  return !long && [...left, ...right].some(({ soft }) => !soft);
}

/** Which numbers occur, in digits or words, and what is calculated with them. Units that turn one amount into another (1 km, 1000 m) are no difference. */
export const numberGuard: Guard = {
  name: 'number',
  level: 'standard',
  differs(a, b) {
    const [left, right] = unmatchedNumbers(a, b);
    const long = Math.min(a.tokens.length, b.tokens.length) >= LONG;
    if (differ(left, right, long)) return describe(left.map(label), right.map(label));
    if (a.expressions === '' || b.expressions === '' || a.expressions === b.expressions) return undefined;
    return describe([a.expressions], [b.expressions]);
  },
};

/** `Python 2.7` and `Python 3.7`, `v2` and `v3`. */
export const versionGuard: Guard = {
  name: 'version',
  level: 'standard',
  differs(a, b) {
    const [left, right] = unmatchedNumbers(a, b);
    const isVersion = ({ role }: NumberFact) => role === 'version';
    const veto = left.length > 0 && right.length > 0 && (left.some(isVersion) || right.some(isVersion));
    return veto ? describe(left.map(label), right.map(label)) : undefined;
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
