import { describe } from '../diff.ts';
import type { Instruction, QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';

/** Instructions of `a` that `b` neither gives nor has the words of. */
function ungiven(a: QuestionFacts, b: QuestionFacts): Instruction[] {
  return a.instructions.filter(
    ({ slot, value, said }) =>
      !b.instructions.some((other) => other.slot === slot && other.value === value) &&
      (said.length === 0 || !said.every((key) => b.keys.has(key))),
  );
}

/** Length, format, audience, tone and language that an answer is wanted in. */
export const instructionGuard: Guard = {
  name: 'instruction',
  level: 'standard',
  differs(a, b) {
    const [left, right] = [ungiven(a, b), ungiven(b, a)];
    if (left.length + right.length === 0) return undefined;
    const label = ({ value }: Instruction) => value;
    return describe(left.map(label), right.map(label));
  },
};
