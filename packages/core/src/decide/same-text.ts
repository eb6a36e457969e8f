import type { QuestionFacts } from './facts.ts';
import { fold } from './text/normalise.ts';

/** From so many words on, Vietnamese typed without its diacritics leaves no doubt. */
const UNMARKED_WORDS_MIN = 5;

function isTypedWithoutMarks(plain: QuestionFacts, marked: QuestionFacts): boolean {
  if (marked.language !== 'vi' || plain.tokens.length < UNMARKED_WORDS_MIN) return false;
  return fold(plain.wording) === plain.wording && fold(marked.wording) === plain.wording;
}

/** The same question but for Unicode form, white space, case, punctuation, contractions and courtesies. */
export function isSameText(a: QuestionFacts, b: QuestionFacts): boolean {
  if (a.identity === b.identity) return true;
  if (a.tooLong || b.tooLong || a.wording === '') return false;
  return a.wording === b.wording || isTypedWithoutMarks(a, b) || isTypedWithoutMarks(b, a);
}
