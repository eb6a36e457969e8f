import { describe, missingIn } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import { numberWord } from '../text/number-words.ts';
import type { Token } from '../text/tokens.ts';
import { unitWord } from '../words/units.ts';
import { conversionOf } from './conversion.ts';
import { moneyOfNumber, unitOfNumber } from './number.ts';

/** Beside a number, where the amount is compared as a whole. */
function isCounted({ tokens }: QuestionFacts, token: Token): boolean {
  const before = tokens[tokens.indexOf(token) - 1];
  return before?.kind === 'number' || (before !== undefined && numberWord(before.text) !== undefined);
}

/** Two units of one dimension, each named on one side only: `per day` and `per week`. */
function wordConflict(a: QuestionFacts, b: QuestionFacts, money: boolean): string | undefined {
  const left = missingIn(a, b).filter((token) => !isCounted(a, token));
  const right = missingIn(b, a).filter((token) => !isCounted(b, token));
  for (const x of left) {
    const unit = unitWord(x.text);
    if (unit === undefined || (unit.dimension === 'money') !== money) continue;
    for (const y of right) {
      const other = unitWord(y.text);
      if (other?.dimension === unit.dimension && other.id !== unit.id) return describe([unit.id], [other.id]);
    }
  }
  return undefined;
}

/** `miles to km`, `how many miles is one km`. */
function otherConversion(a: QuestionFacts, b: QuestionFacts): string | undefined {
  const [x, y] = [conversionOf(a), conversionOf(b)];
  return x !== undefined && y !== undefined && x.from === y.to && x.to === y.from
    ? describe([`${x.from} to ${x.to}`], [`${y.from} to ${y.to}`])
    : undefined;
}

/** `5 km` and `5 miles`, `2 GB` and `2 MB`, `every day` and `every week`. */
export const unitGuard: Guard = {
  name: 'unit',
  level: 'standard',
  differs: (a, b) => unitOfNumber(a, b) ?? wordConflict(a, b, false) ?? otherConversion(a, b),
};

/** `100 USD` and `100 EUR`, `in rupees` and `in dollars`. */
export const moneyGuard: Guard = {
  name: 'money',
  level: 'standard',
  differs: (a, b) => moneyOfNumber(a, b) ?? wordConflict(a, b, true),
};
