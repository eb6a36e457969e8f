import type { Token } from '../text/tokens.ts';
import {
  AUXILIARIES,
  BEFORE_VERBS,
  CLAUSE_STARTS,
  COMMANDS,
  DETERMINERS,
  IMPERSONAL,
  JUDGED,
  OWN_TO,
  PERSONS,
  PLAIN_VERBS,
  QUALITIES,
  TEMPERATURES,
  TIMES,
  WEATHER,
} from './words.ts';

const PRONOUNS: ReadonlyMap<string, 'person' | 'thing' | 'several' | 'pointing'> = new Map([
  ...(['he', 'she', 'him', 'her', 'his', 'hers'] as const).map((word) => [word, 'person'] as const),
  ...(['it', 'its'] as const).map((word) => [word, 'thing'] as const),
  ...(['they', 'them', 'their', 'theirs'] as const).map((word) => [word, 'several'] as const),
  ...(['this', 'that', 'these', 'those'] as const).map((word) => [word, 'pointing'] as const),
]);
const POSSESSIVES = new Set(['his', 'her', 'its', 'their', 'hers', 'theirs']);

/** A text as the rules see it. */
interface Reading {
  readonly tokens: readonly Token[];
  /** Something is quoted, shown or listed in it: what a pronoun points at may be that. */
  readonly shows: boolean;
  /** Written with capitals: a name is told by its first letter. */
  readonly capitals: boolean;
  /** Written in capitals all through: they tell nothing. */
  readonly shouts: boolean;
}

const textAt = ({ tokens }: Reading, at: number): string => tokens[at]?.text ?? '';

/** Some word of `words` stands within `reach` tokens from `from` on, in the same clause. Answers where, or -1. */
function findAfter(reading: Reading, from: number, reach: number, wanted: (text: string) => boolean): number {
  for (let at = from; at < Math.min(from + reach, reading.tokens.length); at++) {
    if (at > from && reading.tokens[at]?.afterBreak) return -1;
    if (wanted(textAt(reading, at))) return at;
  }
  return -1;
}

/** `to` with a verb behind it, and nothing before it that takes a `to` of its own. */
function hasInfinitive(reading: Reading, from: number): boolean {
  const to = findAfter(reading, from, 10, (text) => text === 'to');
  const verb = reading.tokens[to + 1];
  if (to < 0 || verb === undefined || verb.kind !== 'word' || DETERMINERS.has(verb.text)) return false;
  if (verb.surface !== verb.text && !reading.shouts) return false;
  return !reading.tokens.slice(from, to).some(({ text }) => OWN_TO.has(text));
}

const CONTENT_CLAUSE = new Set(['that', 'if', 'whether', 'when', 'who', 'because', 'for']);

/** `it` that stands for no thing: `is it safe to`, `how long does it take to`, `is it true that`, `is it raining`. */
function isEmptyIt(reading: Reading, at: number): boolean {
  const before = textAt(reading, at - 1);
  const next = textAt(reading, at + 1);
  const asks = AUXILIARIES.has(before);
  const tells = AUXILIARIES.has(next) || IMPERSONAL.has(next);
  if (next === 'come' || next === 'comes') return textAt(reading, at + 2) === 'to';
  if (next === 'when' || next === 'if') return reading.tokens[at - 1]?.content === true;
  if (WEATHER.has(textAt(reading, at + (asks || !tells ? 1 : 2)))) return true;
  if (!asks && !tells) return isEmptyObject(reading, at);
  const copula = asks ? before : next;
  const date = asks ? at - 2 : at - 1;
  if (/^(?:is|was|will)$/.test(copula) && TIMES.has(textAt(reading, date)) && textAt(reading, date - 1) === 'what')
    return true;
  if (hasInfinitive(reading, at + 1)) return true;
  if (/^(?:is|was|be|been|will)$/.test(copula)) return isEmptyCopula(reading, asks ? at + 1 : at + 2, at);
  return isEmptyVerb(reading, at + 1);
}

/** `find it hard to`, `make it big`, `they call it the Big Apple`. */
function isEmptyObject(reading: Reading, at: number): boolean {
  const before = textAt(reading, at - 1);
  const next = textAt(reading, at + 1);
  if (/^(?:find|finds|found|consider|think|makes?|made)$/.test(before) && hasInfinitive(reading, at + 1)) return true;
  if (before === 'call' || before === 'called') return next !== '';
  return before === 'make' && /^(?:to|big|rain|in)$/.test(next);
}

/** `does it matter if`, `does it mean that`, `does it cost for a card`, `does it get warm`, `does it seem`. */
function isEmptyVerb(reading: Reading, at: number): boolean {
  const verb = textAt(reading, at);
  const second = textAt(reading, at + 1);
  if (/^(?:matters?|depends?|seems?)$/.test(verb) || (verb === 'been' && second === 'since')) return true;
  if (/^(?:get|gets|become|becomes)$/.test(verb) && TEMPERATURES.has(second)) return true;
  if (/^(?:takes?|costs?)$/.test(verb) && /^(?:from|for)$/.test(second))
    return DETERMINERS.has(textAt(reading, at + 2)) || second === 'from';
  return findAfter(reading, at, 3, (text) => text === 'if' || text === 'when' || text === 'that') > 0;
}

function isEmptyCopula(reading: Reading, from: number, at: number): boolean {
  const [first, second] = [textAt(reading, from), textAt(reading, from + 1)];
  const clause = findAfter(reading, from, 5, (text) => CONTENT_CLAUSE.has(text));
  if (clause >= 0 && clause < reading.tokens.length - 1) return true;
  if (JUDGED.has(first) && second.endsWith('ing')) return true;
  if (first === 'like' && second !== '') return true;
  if (first === 'being' || first === 'going' || (first === 'possible' && second !== '')) return true;
  if (TEMPERATURES.has(first) && second !== '') return true;
  if (/^(?:called|named|known)$/.test(first) && second !== '') return true;
  if (/^(?:until|till)$/.test(first)) return true;
  const far = /^(?:far|long)$/.test(textAt(reading, at - 2)) && textAt(reading, at - 3) === 'how';
  if (far && /^(?:from|to|between)$/.test(first) && second !== '') return true;
  return first === 'just' && second === 'me';
}

/** `do they call it`, `they speak in Brazil`: people in general. */
function isGenericThey(reading: Reading, at: number): boolean {
  if (/^(?:call|say)$/.test(textAt(reading, at + 1))) return true;
  const place = findAfter(reading, at + 1, 6, (text) => text === 'in' || text === 'at');
  return place > 0 && reading.tokens.slice(place + 1, place + 4).some(({ content }) => content);
}

/** `this`, `that` and theirs used alone; before a noun they are another matter. */
function isAlone(reading: Reading, at: number): boolean {
  const { tokens } = reading;
  const word = textAt(reading, at);
  const before = textAt(reading, at - 1);
  const next = tokens[at + 1];
  const ends = next === undefined || next.afterBreak;
  if (/^(?:who|of|with|in|when|where|whose)$/.test(next?.text ?? '')) return false;
  if (word !== 'that') {
    if (ends || next.kind === 'symbol') return true;
    return !next.content || (AUXILIARIES.has(before) && PLAIN_VERBS.has(next.text));
  }
  const first = tokens[at]?.sentenceStart === true;
  if (first) return AUXILIARIES.has(next?.text ?? '');
  if (ends) return true;
  if (AUXILIARIES.has(before)) return !next.content || isJudgedLast(reading, at + 1);
  return /^(?:about|of|after|before|like|by|do)$/.test(before) && !next.content;
}

/** `is that true?`: what follows is said of it, and no thing that it points at. */
function isJudgedLast(reading: Reading, at: number): boolean {
  const after = reading.tokens[at + 1];
  const judged = JUDGED.has(textAt(reading, at)) || /^(?:true|correct|false|all|it)$/.test(textAt(reading, at));
  return (judged || PLAIN_VERBS.has(textAt(reading, at))) && (after === undefined || after.sentenceStart);
}

/** Where the clause begins that the token stands in. */
function clauseOf({ tokens }: Reading, at: number): number {
  for (let start = at; start > 0; start--) {
    const token = tokens[start];
    if (token?.afterBreak || (start < at && CLAUSE_STARTS.has(token?.text ?? ''))) return start;
  }
  return 0;
}

/** A word that a pronoun may mean. */
function isName(reading: Reading, at: number): boolean {
  const token = reading.tokens[at];
  if (token?.kind !== 'word' || !token.content) return false;
  const { text, surface, sentenceStart } = token;
  const before = textAt(reading, at - 1);
  const capital = surface[0] !== text[0];
  if (QUALITIES.has(text) || text.endsWith('ly')) return false;
  if (/^(?:how|what|which|whose)$/.test(before)) return false;
  if (BEFORE_VERBS.has(before) && !(capital && before === 'to')) return false;
  return !(sentenceStart && COMMANDS.has(text));
}

function isPerson(reading: Reading, at: number): boolean {
  const { text = '', surface = '', sentenceStart = false } = reading.tokens[at] ?? {};
  if (PERSONS.has(text)) return true;
  if (!reading.capitals) return !DETERMINERS.has(textAt(reading, at - 1));
  return surface[0] !== text[0] && (!sentenceStart || !text.endsWith('ing'));
}

/** `tell your kids they are`, `my son says he`: the subject of a clause that no word introduces; and `worth it`. */
function embedded({ tokens }: Reading, at: number): boolean {
  const [before, pronoun, next] = [tokens[at - 1], tokens[at]?.text ?? '', tokens[at + 1]?.text ?? ''];
  if (before?.text === 'worth') return true;
  if (before?.content !== true) return false;
  return /^(?:he|she|they)$/.test(pronoun) || (pronoun === 'it' && (AUXILIARIES.has(next) || IMPERSONAL.has(next)));
}

/** A verb's object is never its own subject; whose something is may be. */
function hasAntecedent(reading: Reading, at: number, kind: string): boolean {
  const word = textAt(reading, at);
  const end = POSSESSIVES.has(word) ? at - 1 : embedded(reading, at) ? at : clauseOf(reading, at);
  for (let before = 0; before < end; before++) {
    if (!isName(reading, before) && !PERSONS.has(textAt(reading, before))) continue;
    if (kind !== 'person' || isPerson(reading, before)) return true;
  }
  return false;
}

/** The abbreviation (`IT`), in a text that is not written in capitals all through. */
function isAbbreviation({ surface, text }: Token, { shouts }: Reading): boolean {
  return !shouts && surface.length > 1 && surface === surface.toUpperCase() && surface !== text;
}

/**
 * The first pronoun of the third person, or demonstrative, that the words before it give no meaning. `alone`: the text
 * is all there is; otherwise words before it are no antecedent, because one may stand in an earlier turn.
 */
export function openPronoun(reading: Reading, alone: boolean): string | undefined {
  const { tokens } = reading;
  for (const [at, token] of tokens.entries()) {
    const kind = PRONOUNS.get(token.text);
    if (kind === undefined || isAbbreviation(token, reading)) continue;
    if (token.text === 'it' && isEmptyIt(reading, at)) continue;
    if (token.text === 'they' && isGenericThey(reading, at)) continue;
    if (kind === 'pointing' && !isAlone(reading, at) && (alone || !pointsBack(reading, at))) continue;
    if (alone && ((kind !== 'person' && reading.shows) || hasAntecedent(reading, at, kind))) continue;
    return token.text;
  }
  return undefined;
}

/** In a conversation `this error` and `those two` mean what was said. `that` may begin a clause. */
function pointsBack(reading: Reading, at: number): boolean {
  const word = textAt(reading, at);
  if (word === 'that') return false;
  return !TIMES.has(textAt(reading, at + 1)) && !/^(?:week|weekend|morning|evening)$/.test(textAt(reading, at + 1));
}
