import { describe } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import { expandContraction } from '../text/contractions.ts';
import type { Given } from '../text/given.ts';
import { squeezed } from '../text/normalise.ts';
import { tells } from './telling.ts';

const SHOWN_MAX = 60;
/** Not an apostrophe within a word. */
const QUOTES = /["`]|(?<![\p{L}\p{N}])'|'(?![\p{L}\p{N}])/gu;
/** A question without its mark is one still; any other sentence becomes one by it. */
const ASKS =
  /^(?:what|where|when|who|why|how|which|whose|is|are|am|was|were|do|does|did|can|could|will|would|should|may|have|has|had)\b/;

/** What may differ between two texts that are worked on alike: nothing where their letters are asked about. */
function plain(text: string, { letters, quoted }: Given): string {
  const spaced = squeezed(text);
  if (letters) return spaced;
  const words = spaced
    .toLowerCase()
    .replace(QUOTES, '')
    .replace(/[.!,;\s]+$/u, '');
  const asked = quoted || ASKS.test(words) ? words.replace(/\?+$/u, '') : words;
  return asked.trim().split(' ').map(expandContraction).join(' ');
}

const LETTER = /[\p{L}\p{N}\p{M}]/u;

/** Does `whole` say it, not as a part of a word? */
function says(whole: string, said: string): boolean {
  if (said === '') return true;
  for (let at = whole.indexOf(said); at >= 0; at = whole.indexOf(said, at + 1)) {
    const [before = '', after = ''] = [whole[at - 1], whole[at + said.length]];
    if (!LETTER.test(before) && !LETTER.test(after)) return true;
  }
  return false;
}

/** What one question gives to be worked on and the other neither gives nor says. */
function missing(given: Given, other: QuestionFacts): string[] {
  const how = { ...given, letters: given.letters || other.given?.letters === true };
  const whole = plain(other.cleaned, how);
  return given.texts.filter((text) => !says(whole, plain(text, how)));
}

/** What tells sets off any phrase. */
const isMarked = (facts: QuestionFacts): boolean => facts.given?.loose !== false && tells(facts);

/** A text to translate, correct, sum up or answer that is not word for word the other's: the answer is made of it. */
export const givenGuard: Guard = {
  name: 'given',
  level: 'standard',
  differs(a, b) {
    const left = a.given === undefined ? [] : missing(a.given, b);
    const right = b.given === undefined ? [] : missing(b.given, a);
    if (left.length + right.length === 0 || (isMarked(a) && isMarked(b))) return undefined;
    const shown = (texts: readonly string[]) => texts.map((text) => text.slice(0, SHOWN_MAX));
    return describe(shown(left), shown(right));
  },
};
