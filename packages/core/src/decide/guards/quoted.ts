import { describe } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import { tokenize } from '../text/tokens.ts';
import { tells } from './telling.ts';

/** A longer quotation is somebody's speech, which a paraphrase may put in other words. */
const TITLE_WORDS_MAX = 5;

/** Does the other question say the same words, quoted or not? */
function says(facts: QuestionFacts, quoted: string): boolean {
  const wanted = tokenize(quoted).filter(({ kind }) => kind !== 'symbol');
  return wanted.length > TITLE_WORDS_MAX || wanted.every(({ key }) => facts.keys.has(key));
}

/** A quoted string of one question that the other does not contain. */
export const quotedGuard: Guard = {
  name: 'quoted',
  level: 'standard',
  differs(a, b) {
    const left = a.quoted.filter((text) => !says(b, text));
    const right = b.quoted.filter((text) => !says(a, text));
    if (left.length === 0 && right.length === 0) return undefined;
    // What tells sets off a phrase of speech by quotes as often as a title.
    const oneSided = left.length === 0 || right.length === 0;
    return oneSided && tells(a) && tells(b) ? undefined : describe(left, right);
  },
};
