import { isFunctionWord } from '../words/function-words.ts';
import { VIETNAMESE_LETTER } from '../words/languages.ts';
import { expandContraction } from './contractions.ts';
import { type Piece, withoutCourtesies } from './courtesies.ts';
import { readCode } from './formal.ts';
import { readGiven } from './given.ts';
import { readHidden } from './hidden.ts';
import { foldCase, type Place } from './letter-case.ts';
import { clean, END_PUNCTUATION, QUESTION_LENGTH_MAX, squeezed, toneKey } from './normalise.ts';

/** To be raised with every change that gives any text another form: keys made by other rules then never match. */
export const FORM_VERSION = 3;

const PLAIN = /^[\p{Ll}\p{Lo}\p{M}]+$/u;
const EDGES = /^([^\p{L}\p{N}]*)(.*?)([^\p{L}\p{N}\p{M}]*)$/su;
const NAMED_BY_SIGNS = /^([cf])(\+\+|#)(.*)$/isu;
/** Half-width kana and ligatures: NFKC changes how they look, not what they say. */
const COMPATIBLE = /[\uff61-\uff9f\ufb00-\ufb06]+/gu;
/** "1½" would read as "11/2". */
const MIXED_FRACTION = /\d[\u00bc-\u00be]/u;
const VIETNAMESE = new RegExp(`${VIETNAMESE_LETTER.source}|(?<!\\p{L})gì(?!\\p{L})`, 'u');
/** Where the tone mark is written on either vowel: hoà, hòa. */
const EITHER_VOWEL = /(?:[oòóỏõọ][aàáảãạeèéẻẽẹ]|[uùúủũụ][yỳýỷỹỵ])$/u;
const QUOTE = /["`]/;
/** Behind these, a lone mark at the end is what is spoken of: "What is the meaning of ?" */
const BEFORE_A_MARK = new Set('of is the operator symbol sign character mark called named mean'.split(' '));

/**
 * What is left of a question when nothing but Unicode form, white space, letter case that tells nothing, end
 * punctuation, contractions and courtesies around it may differ: questions of one form are the same question. Narrower
 * than what guards let pass, for nothing else is asked. Undefined for what has none: a text longer than
 * `QUESTION_LENGTH_MAX`, without a letter or digit, with lines of code in it, with a hidden message (hidden.ts), or not well-formed. Pure, linear, never
 * throws.
 */
export function formOf(text: string): string | undefined {
  if (text.length > QUESTION_LENGTH_MAX || !text.isWellFormed() || MIXED_FRACTION.test(text)) return undefined;
  if (readHidden(text) !== '') return undefined;
  const cleaned = clean(text.replace(COMPATIBLE, (part) => part.normalize('NFKC')));
  if (cleaned.includes('```') || readCode(cleaned) !== '') return undefined;
  const given = readGiven(cleaned);
  if (given?.letters) return /[\p{L}\p{N}]/u.test(cleaned) ? squeezed(cleaned) : undefined;
  const small = cleaned.toLowerCase();
  // "Translate: you are coming?" asks for another sentence than with a full stop.
  const isOpen = given?.texts.some((text) => cleaned.trimEnd().endsWith(text)) ?? false;
  const bare = isOpen ? (pieces: readonly Piece[]) => pieces : withoutEnd;
  const pieces = bare(withoutCourtesies(bare(piecesOf(cleaned)), small));
  const tones = VIETNAMESE.test(small);
  const form = pieces.map(({ lead, core, trail }) => {
    const word = expandContraction(core);
    return lead + (tones && EITHER_VOWEL.test(word) ? toneKey(word) : word) + trail;
  });
  const joined = form.join(' ').normalize('NFC');
  return /[\p{L}\p{N}]/u.test(joined) ? joined : undefined;
}

function piecesOf(cleaned: string): Piece[] {
  const stretches = cleaned.split(/\s+/u).filter((stretch) => stretch !== '');
  const [from, to] = [stretches.findIndex((s) => QUOTE.test(s)), stretches.findLastIndex((s) => QUOTE.test(s))];
  const shouted = stretches.length > 2 && !/\p{Ll}/u.test(cleaned);
  let first = true;
  return stretches.map((stretch, at) => {
    const article = stretch === 'A' && isNoun(stretches[at + 1]);
    const piece = pieceOf(stretch, { first, shouted, article }, from !== -1 && from <= at && at <= to);
    first = /[.?!:\u2026]$/u.test(piece.trail) || (first && piece.core === '');
    return piece;
  });
}

/** Something that "a" may stand before. */
const isNoun = (next = ''): boolean => /^\p{L}{2,}/u.test(next) && !isFunctionWord(next.toLowerCase());

function pieceOf(stretch: string, place: Place, asTyped: boolean): Piece {
  if (PLAIN.test(stretch)) return { lead: '', core: stretch, trail: '' };
  const named = NAMED_BY_SIGNS.exec(stretch);
  if (named !== null) return { lead: '', core: `${named[1]?.toLowerCase()}${named[2]}`, trail: named[3] ?? '' };
  const [, lead = '', core = '', trail = ''] = EDGES.exec(stretch) ?? [];
  if (asTyped || core === '') return { lead, core, trail };
  const folded = foldCase(core, lead, place);
  // The full stop behind "U.S." belongs to it.
  return { lead, core: folded, trail: /^\p{L}\./u.test(core) && trail.startsWith('.') ? trail.slice(1) : trail };
}

/** Without the punctuation that ends a sentence, nor pieces that are nothing else. */
function withoutEnd(pieces: readonly Piece[]): readonly Piece[] {
  let end = pieces.length;
  while (end > 1 && isEnd(pieces[end - 1] as Piece) && !BEFORE_A_MARK.has(pieces[end - 2]?.core ?? '')) end--;
  const last = pieces[end - 1];
  if (last === undefined) return pieces;
  return [...pieces.slice(0, end - 1), { ...last, trail: withoutMarks(last) }];
}

const isEnd = ({ lead, core }: Piece): boolean => core === '' && [...lead].every((sign) => END_PUNCTUATION.has(sign));

function withoutMarks({ core, trail }: Piece): string {
  let end = trail.length;
  while (end > 0 && END_PUNCTUATION.has(trail[end - 1] as string)) end--;
  // "5!" and "n!" are factorials.
  if (trail[end] === '!' && end === 0 && (/\d$/.test(core) || core.length === 1)) end++;
  return trail.slice(0, end);
}
