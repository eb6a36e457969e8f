import type { QuestionFacts } from '../facts.ts';
import { lead } from '../text/marks-in-order.ts';
import { type Unit, unitWord } from '../words/units.ts';

interface Named extends Unit {
  readonly at: number;
}

/** From what to what a question wants something converted: ids of units. */
export interface Conversion {
  readonly from: string;
  readonly to: string;
}

const INTO = new Set('to into sang ra thành qua'.split(' '));
/** Of `to get kilometres`, `work out the miles`. */
const WANTED = /(?:get|gets|find|calculates?|compute|out|obtain|want|need|tính)(?: the| it in)?$/;
/** Of `how many miles`, `bao nhiêu dặm`. */
const COUNTED = /(?:how many|how much|bao nhiêu|mấy)(?: độ)?$/;
const BEFORE = 4;

/** The units of the first dimension of which two and no more are named. */
function twoUnits({ tokens }: QuestionFacts): readonly [Named[], string, string] | undefined {
  const named = tokens.flatMap(({ text }, at): Named[] => {
    const unit = unitWord(text);
    // Hours in a week are counted more often than converted.
    return unit === undefined || unit.dimension === 'time' ? [] : [{ ...unit, at }];
  });
  for (const { dimension } of named) {
    const own = named.filter((unit) => unit.dimension === dimension);
    const [one, other, ...more] = new Set(own.map(({ id }) => id));
    if (one !== undefined && other !== undefined && more.length === 0) return [own, one, other];
  }
  return undefined;
}

/** Undefined where the words do not tell. */
export function conversionOf(facts: QuestionFacts): Conversion | undefined {
  const units = twoUnits(facts);
  if (units === undefined) return undefined;
  const [named, one, other] = units;
  const { tokens } = facts;
  const before = ({ at }: Named) =>
    tokens
      .slice(Math.max(0, at - BEFORE), at)
      .map(({ text }) => text)
      .join(' ');
  const leads = ({ at }: Named) => lead(tokens, at);
  const otherOf = ({ id }: Named) => (id === one ? other : one);
  const source = named.findLast((unit) => leads(unit).includes('from') || leads(unit).at(-1) === 'từ');
  if (source !== undefined) return { from: source.id, to: otherOf(source) };
  const target =
    named.findLast((unit) => INTO.has(leads(unit).at(-1) ?? '')) ??
    named.findLast((unit) => COUNTED.test(before(unit))) ??
    named.findLast((unit) => WANTED.test(before(unit))) ??
    named.findLast((unit) => leads(unit).at(-1) === 'in');
  return target && { from: otherOf(target), to: target.id };
}
