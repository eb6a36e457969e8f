import { describe } from '../diff.ts';
import type { Guard } from '../guard.ts';

/** Kinds of answer that ask for one thing in other words: `how long`, `how much time`, `when`. */
const KIN: readonly ReadonlySet<string>[] = [
  new Set(['duration', 'time']),
  new Set(['duration', 'number']),
  new Set(['duration', 'amount']),
  new Set(['distance', 'amount']),
  new Set(['age', 'number']),
  new Set(['distance', 'number']),
  new Set(['frequency', 'number']),
  new Set(['distance', 'duration']),
];

const akin = (x: string, y: string) => x === y || KIN.some((kin) => kin.has(x) && kin.has(y));

/** Who, when, where, why, how, how many: both questions ask for a kind of answer, and for different ones. */
export const questionGuard: Guard = {
  name: 'question',
  level: 'standard',
  differs(a, b) {
    if (a.answers.size === 0 || b.answers.size === 0) return undefined;
    for (const x of a.answers) for (const y of b.answers) if (akin(x, y)) return undefined;
    return describe(a.answers, b.answers);
  },
};
