import { describe } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import { isOneEditApart } from '../text/edit-distance.ts';
import type { Token } from '../text/tokens.ts';
import { TITLES } from '../words/titles.ts';
import { unitWord } from '../words/units.ts';
import { members, membersNamed } from './entity.ts';
import { tells } from './telling.ts';

const CAPITAL = /^\p{Lu}/u;
const ACRONYM = /^\p{Lu}{2,6}$/u;
/** Words that a title writes with a capital too. */
const PLAIN = new Set('is are was were do does did can should will would have has my your it you be'.split(' '));

/** A function word with a capital within a sentence: a title. */
const isTitled = ({ content, sentenceStart, surface }: Token) =>
  !content && !sentenceStart && /^\p{Lu}\p{Ll}/u.test(surface);

/** Capitals tell names apart only where not every word has one. */
function capitalsTell({ tokens }: QuestionFacts): boolean {
  const content = tokens.filter((token) => token.content && token.kind === 'word' && !token.sentenceStart);
  const small = content.filter(({ surface }) => !CAPITAL.test(surface)).length;
  const smallFunction = tokens.some(({ text, surface }) => text === surface && PLAIN.has(text));
  if (small > 0 || smallFunction) return content.length > 0;
  const shouted = content.every(({ surface }) => surface === surface.toUpperCase());
  return content.length > 0 && content.length <= 4 && !shouted && !tokens.some(isTitled);
}

/** At the start of a sentence a verb, whatever stands behind it: `Compare Spotify and ...` */
const IMPERATIVE =
  /^(?:compare|explain|convert|summari[sz]e|write|list|plan|translate|make|give|tell|show|find|create|describe|calculate|define|draft|suggest|recommend|name|rewrite|generate|build|use|add|remove|delete|update|install|check|set|get|run)$/;

/** Words written as names: capitalised within a sentence, or at its start when another such word follows. */
function namesOf(facts: QuestionFacts): Token[] {
  if (!capitalsTell(facts)) return [];
  return facts.tokens.filter((token, i) => {
    if (token.kind !== 'word' || !CAPITAL.test(token.surface) || !(token.content || ACRONYM.test(token.surface)))
      return false;
    // `III` and `INR` are compared as what they are.
    const isCounted = unitWord(token.text) !== undefined;
    const isIn = (from: number, to: number) => from <= i && i < to;
    if (facts.numbers.some(({ from, to }) => isIn(from, to) || (isCounted && isIn(from - 1, to + 1)))) return false;
    if (!token.sentenceStart) return true;
    if (IMPERATIVE.test(token.text)) return false;
    const next = facts.tokens[i + 1];
    return next?.content === true && !next.afterBreak && CAPITAL.test(next.surface);
  });
}

/** The name, a form of it, its initials, or the words run together occur in the other question. */
function occurs({ text, key, surface }: Token, facts: QuestionFacts, run: string): boolean {
  if (facts.keys.has(key) || facts.keys.has(text)) return true;
  // "APIs", "TVs"
  if (/^\p{Lu}{2,}s$/u.test(surface) && facts.tokens.some((other) => other.text === text.slice(0, -1))) return true;
  if (text.length >= 4 && run.includes(text)) return true;
  if (text.length < 5) return false;
  return facts.tokens.some((other) => other.content && other.text.length >= 5 && isOneEditApart(text, other.text));
}

/** `Wi-Fi` as `wifi`. */
function occursJoined(tokens: readonly Token[], name: Token, { keys }: QuestionFacts): boolean {
  const at = tokens.indexOf(name);
  const [before = '', after = ''] = [tokens[at - 1]?.text, tokens[at + 1]?.text];
  return (before !== '' && keys.has(before + name.text)) || (after !== '' && keys.has(name.text + after));
}

/** First letters of every run of words, function words left out: `iit` for Indian Institute of Technology. */
function initials({ tokens }: QuestionFacts): string {
  return firstLetters(tokens.filter(({ content, kind }) => content && kind === 'word'));
}

const firstLetters = (tokens: readonly Token[]): string => tokens.map(({ text }) => text[0]).join('');

/** `sso` for single sign-on: so many letters are no chance. */
const FULL_MIN = 3;
const isShortOf = (text: string, { tokens }: QuestionFacts): boolean =>
  text.length >= FULL_MIN && firstLetters(tokens.filter(({ kind }) => kind === 'word')).includes(text);

function unnamed(a: QuestionFacts, b: QuestionFacts): string[] {
  const run = b.tokens.map(({ text }) => text).join('');
  const letters = initials(b);
  const own = initials(a);
  const acronyms = b.tokens.filter(({ surface }) => /^\p{Lu}{2,6}s?$/u.test(surface)).map(({ text }) => text);
  const names = namesOf(a).filter((name) => !occurs(name, b, run) && !occursJoined(a.tokens, name, b));
  if (names.length === 0) return [];
  const places = members(b);
  const isAlias = (name: Token) => membersNamed(a, a.tokens.indexOf(name)).some((member) => places.includes(member));
  return names
    .filter((name) => !isAlias(name))
    .filter(({ text, surface }) => !(ACRONYM.test(surface) && (letters.includes(text) || isShortOf(text, b))))
    .filter(({ text }) => !acronyms.some((acronym) => own.includes(acronym) && acronym.includes(text[0] ?? '')))
    .map(({ text }) => text);
}

const isTitle = (name: string) => TITLES.has(name);

/** A capitalised name of one question that the other does not mention. */
export const nameGuard: Guard = {
  name: 'name',
  level: 'standard',
  differs(a, b) {
    const left = unnamed(a, b);
    const right = unnamed(b, a);
    if (left.length === 0 && right.length === 0) return undefined;
    // `Bishop John`, `the Republic of Ireland`: one side says what the other leaves out.
    const oneSided = left.length === 0 || right.length === 0;
    if (oneSided && ((tells(a) && tells(b)) || [...left, ...right].every(isTitle))) return undefined;
    return describe(left, right);
  },
};
