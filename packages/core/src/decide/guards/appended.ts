import { describe } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import { isOneEditApart } from '../text/edit-distance.ts';
import type { Token } from '../text/tokens.ts';
import { isCommand, tells } from './telling.ts';

/** So many words of meaning in clauses of their own ask for something else. */
const FOREIGN_WORDS_MIN = 2;

/** Clauses as punctuation parts them; `sentences`: only what stands between full stops, brackets kept apart. */
function clausesOf({ tokens }: QuestionFacts, sentences: boolean): Token[][] {
  const clauses: Token[][] = [];
  const isOwn = (at: number) => !sentences || tokens[at]?.sentenceStart || clauseFrom(tokens, at).some(isCommand);
  for (const [at, token] of tokens.entries()) {
    const last = clauses.at(-1);
    if (last === undefined || (token.afterBreak && isOwn(at))) clauses.push([token]);
    else last.push(token);
  }
  return clauses.map((clause) => clause.filter(isTelling));
}

function clauseFrom(tokens: readonly Token[], from: number): readonly Token[] {
  const end = tokens.findIndex(({ afterBreak }, i) => i > from && afterBreak);
  return tokens.slice(from, end < 0 ? tokens.length : end);
}

const PLEAS = new Set('please help thanks thank urgent urgently asap advance'.split(' '));
const isTelling = ({ content, text }: Token): boolean => content && !PLEAS.has(text);

const isIn = ({ key, text }: Token, { keys, tokens }: QuestionFacts): boolean =>
  keys.has(key) || tokens.some((other) => text.length > 3 && isOneEditApart(text, other.text));

/** Clauses that the other question has nothing of, beside all of what it does say. */
function appended(a: QuestionFacts, b: QuestionFacts): Token[] {
  // What tells is paraphrased with a clause more or less; in what asks, every clause shapes the answer.
  const clauses = clausesOf(a, tells(a) && tells(b));
  if (clauses.length < 2) return [];
  const asked = b.tokens.filter(isTelling);
  if (asked.filter((token) => !isIn(token, a)).length * 5 > asked.length) return [];
  const shares = clauses.map((clause) => ({ clause, unsaid: clause.filter((token) => !isIn(token, b)) }));
  if (!shares.some(({ clause, unsaid }) => clause.length > 0 && unsaid.length * 2 <= clause.length)) return [];
  const foreign = shares.filter(({ clause, unsaid }) => unsaid.length * 3 >= clause.length * 2);
  const words = foreign.flatMap(({ unsaid }) => unsaid);
  // A word of Vietnamese is about two tokens.
  const enough = b.language === 'vi' ? 2 * FOREIGN_WORDS_MIN : FOREIGN_WORDS_MIN;
  return words.length >= enough ? words : [];
}

/** A question with another sentence or clause put before or after it: what is asked there shapes the answer too. */
export const appendedGuard: Guard = {
  name: 'appended',
  level: 'standard',
  differs(a, b) {
    const [left, right] = [appended(a, b), appended(b, a)];
    const words = (tokens: readonly Token[]) => tokens.map(({ text }) => text);
    return left.length + right.length > 0 ? describe(words(left), words(right)) : undefined;
  },
};
