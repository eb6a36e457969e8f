import { describe } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import { isOneEditApart } from '../text/edit-distance.ts';
import type { Token } from '../text/tokens.ts';
import { isCommand, tells } from './telling.ts';

/** So many words of meaning in clauses of their own ask for something else. */
const FOREIGN_WORDS_MIN = 2;

interface Clause {
  /** A question of its own, joined to the one before it: "... and how is it treated?" */
  readonly joined: boolean;
  readonly tokens: readonly Token[];
}

const JOINING = new Set(['and', 'but', '&']);
const ALSO = new Set(['also', 'then']);
const ASKING = new Set('what how when where why which who whom whose'.split(' '));
/** With a subject behind them: `and is it safe`, but not `and is listed on the stock exchange`. */
const AUXILIARIES = new Set('is are was were does do did can could should would will has have'.split(' '));
const SUBJECTS = new Set(
  'i you he she it we they this that these those there one the a an my your his her its'.split(' '),
);

/** Here a second question begins that is joined to the one before. */
function isJoined(tokens: readonly Token[], at: number): boolean {
  const { text = '' } = tokens[at] ?? {};
  if (!ASKING.has(text) && !(AUXILIARIES.has(text) && SUBJECTS.has(tokens[at + 1]?.text ?? ''))) return false;
  const before = ALSO.has(tokens[at - 1]?.text ?? '') ? at - 2 : at - 1;
  return JOINING.has(tokens[before]?.text ?? '');
}

const joinedIn = ({ tokens }: QuestionFacts): number => tokens.filter((_, at) => isJoined(tokens, at)).length;

/**
 * Clauses as punctuation parts them, and with `joins` those that ask something of their own; `sentences`: only what stands
 * between full stops, brackets kept apart.
 */
function clausesOf({ tokens }: QuestionFacts, { sentences, joins }: { sentences: boolean; joins: boolean }): Clause[] {
  const clauses: { joined: boolean; tokens: Token[] }[] = [];
  const isOwn = (at: number) => !sentences || tokens[at]?.sentenceStart || clauseFrom(tokens, at).some(isCommand);
  for (const [at, token] of tokens.entries()) {
    const last = clauses.at(-1);
    const joined = joins && isJoined(tokens, at);
    if (last === undefined || joined || (token.afterBreak && isOwn(at))) clauses.push({ joined, tokens: [token] });
    else last.tokens.push(token);
  }
  return clauses.map((clause) => ({ ...clause, tokens: clause.tokens.filter(isTelling) }));
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
  const sentences = tells(a) && tells(b);
  // Where both ask as many questions, the second may be the same one in other words.
  const clauses = clausesOf(a, { sentences, joins: !sentences && joinedIn(a) > joinedIn(b) });
  if (clauses.length < 2) return [];
  const asked = b.tokens.filter(isTelling);
  if (asked.filter((token) => !isIn(token, a)).length * 5 > asked.length) return [];
  const shares = clauses.map(({ joined, tokens: said }) => {
    return { joined, said, unsaid: said.filter((token) => !isIn(token, b)) };
  });
  if (!shares.some(({ said, unsaid }) => said.length > 0 && unsaid.length * 2 <= said.length)) return [];
  const foreign = shares.filter(({ joined, said, unsaid }) => unsaid.length * 3 >= said.length * (joined ? 1.5 : 2));
  const words = foreign.flatMap(({ unsaid }) => unsaid);
  if (foreign.some(({ joined, unsaid }) => joined && unsaid.length > 0)) return words;
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
