import type { QuestionFacts } from './facts.ts';
import { fold } from './text/normalise.ts';

/** From so many words on, Vietnamese typed without its diacritics leaves no doubt. */
const UNMARKED_WORDS_MIN = 5;

/** Not transitive: one text without marks stands for several with them. Hence no part of an identity key. */
function isTypedWithoutMarks(plain: QuestionFacts, marked: QuestionFacts): boolean {
  if (plain.given?.letters || marked.given?.letters) return false;
  if (marked.language !== 'vi' || plain.tokens.length < UNMARKED_WORDS_MIN) return false;
  return fold(plain.wording) === plain.wording && fold(marked.wording) === plain.wording;
}

/**
 * The same question but for Unicode form, white space, case that tells nothing, end punctuation, contractions and
 * courtesies (`formOf`); of texts too long to be read, as far as `identityOf` goes. Also Vietnamese without its marks.
 */
export function isSameText(a: QuestionFacts, b: QuestionFacts): boolean {
  if (a.text === b.text) return true;
  if (a.tooLong || b.tooLong) return a.identity === b.identity;
  if (a.form !== undefined && a.form === b.form) return true;
  return isTypedWithoutMarks(a, b) || isTypedWithoutMarks(b, a);
}
