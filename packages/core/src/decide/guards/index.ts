import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import { appendedGuard } from './appended.ts';
import { codeGuard } from './code.ts';
import { additionGuard, contentGuard, modalGuard, modifierGuard } from './content.ts';
import { dateGuard } from './date.ts';
import { entityGuard } from './entity.ts';
import { givenGuard } from './given.ts';
import { hiddenGuard } from './hidden.ts';
import { instructionGuard } from './instruction.ts';
import { diacriticsGuard, languageGuard, pictureGuard, scriptGuard } from './language.ts';
import { lengthGuard } from './length.ts';
import { nameGuard } from './name.ts';
import { numberGuard, versionGuard } from './number.ts';
import { orderGuard } from './order.ts';
import { antonymGuard, negationGuard } from './polarity.ts';
import { questionGuard } from './question.ts';
import { quotedGuard } from './quoted.ts';
import { tenseGuard } from './tense.ts';
import { moneyGuard, unitGuard } from './unit.ts';
import { wordGuard } from './word.ts';

/**
 * Always asked in one order of the two questions: what it finds first never depends on who came first. Its last verdict is
 * remembered: the verifier weighs the guards of the very pair that they have just been asked about.
 */
function symmetric(guard: Guard): Guard {
  let last: { readonly a: QuestionFacts; readonly b: QuestionFacts; readonly found: string | undefined } | undefined;
  const differs = (a: QuestionFacts, b: QuestionFacts): string | undefined => {
    if (a.text > b.text) return differs(b, a);
    if (last?.a !== a || last.b !== b) last = { a, b, found: guard.differs(a, b) };
    return last.found;
  };
  return { ...guard, differs };
}

/** In the order they are asked: the first veto names the reason. The precise come before the broad. */
export const GUARDS: readonly Guard[] = Object.freeze(
  [
    hiddenGuard,
    lengthGuard,
    scriptGuard,
    languageGuard,
    pictureGuard,
    instructionGuard,
    versionGuard,
    dateGuard,
    moneyGuard,
    unitGuard,
    numberGuard,
    codeGuard,
    negationGuard,
    antonymGuard,
    entityGuard,
    nameGuard,
    quotedGuard,
    givenGuard,
    questionGuard,
    tenseGuard,
    diacriticsGuard,
    orderGuard,
    appendedGuard,
    modifierGuard,
    wordGuard,
    modalGuard,
    contentGuard,
    additionGuard,
  ].map(symmetric),
);
