import { describe } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';

const FUTURE = new Set(['will', 'sẽ']);
const PAST = new Set(['was', 'were', 'did', 'had', 'đã']);

const says = ({ tokens }: QuestionFacts, words: ReadonlySet<string>) => tokens.some(({ text }) => words.has(text));

/** What will be and what was. */
export const tenseGuard: Guard = {
  name: 'tense',
  level: 'standard',
  differs(a, b) {
    const time = (facts: QuestionFacts) =>
      says(facts, FUTURE) === says(facts, PAST) ? undefined : says(facts, FUTURE) ? 'future' : 'past';
    const [x, y] = [time(a), time(b)];
    return x !== undefined && y !== undefined && x !== y ? describe([x], [y]) : undefined;
  },
};
