import { words } from '../words/lines.ts';

/** Units and short forms that are something else in other letters: MW and mW, Mb and MB. */
const TOLD_BY_CASE = new Set(words('mw mb kb gb tb mbps kbps gbps ma mv mj mn pa mpa ms mm nm'));
/** Short forms that are everyday words in small letters. */
const TOLD_BY_CAPITALS = new Set(words('it us who aids am'));
/** Names of types, which are other things than the functions and words spelt alike. */
const TYPE_NAMES = new Set(
  words(
    'any array bool boolean byte char class date double enum error false float function int integer list long map nil none null number object optional promise record self set short stream string symbol true tuple vector void',
  ),
);

const WORD = /^[\p{L}\p{M}]+(?:['-][\p{L}\p{M}]+)*$/u;
const JOINED = /^[\p{L}\p{M}'-]+[/&][\p{L}\p{M}'-]+$/u;
const DIGITS_IN_IT = /^[\p{L}\p{M}\p{Nd}.,:'-]{1,10}$/u;
const SMALL_THEN_CAPITAL = /\p{Ll}\p{Lu}/u;
const ABBREVIATION = /^\p{L}(?:\.\p{L})+$/u;
const DOMAIN = /^(?:\p{L}{2,}\.)?(?:net|js|io|com|org|ai)$/iu;

export interface Place {
  /** A capital is due to the beginning of a sentence. */
  readonly first: boolean;
  /** The whole text is in capitals. */
  readonly shouted: boolean;
  /** A word follows that an article may stand before. */
  readonly article: boolean;
}

function foldWord(word: string, { first, shouted, article }: Place): string {
  const small = word.toLowerCase();
  if (word === small) return word;
  if (/^[A-Z]$/.test(word)) return small === 'i' || (small === 'a' && article) ? small : word;
  if (TOLD_BY_CASE.has(small)) return word;
  if (TOLD_BY_CAPITALS.has(small) && word === word.toUpperCase()) return word;
  return TYPE_NAMES.has(small) && !first && !shouted ? word : small;
}

const INSIDE: Place = { first: false, shouted: false, article: false };

/** Letters among digits: of `COVID-19` folded, not of `5K`, `10mW` or a code. */
function foldNumbered(text: string): string {
  if (SMALL_THEN_CAPITAL.test(text)) return text;
  return text.replace(/[\p{L}\p{M}]+/gu, (part) => (part.length < 2 ? part : foldWord(part, INSIDE)));
}

/**
 * In small letters where case tells nothing: not of units, types, single letters, addresses, paths, flags, names with
 * signs in them.
 */
export function foldCase(core: string, lead: string, place: Place): string {
  if (/[-\\/@#$_.=<>{}[\]|~^*+]$/.test(lead))
    return lead.endsWith('.') && DOMAIN.test(core) ? core.toLowerCase() : core;
  if (WORD.test(core)) return core.includes('-') ? foldParts(core, '-', place) : foldWord(core, place);
  if (JOINED.test(core)) return foldParts(core, core.includes('/') ? '/' : '&', place);
  if (ABBREVIATION.test(core)) return core.replaceAll('.', '').toUpperCase();
  if (DOMAIN.test(core)) return core.toLowerCase();
  return DIGITS_IN_IT.test(core) && !/\p{L}\.\p{L}/u.test(core) ? foldNumbered(core) : core;
}

function foldParts(core: string, sign: string, place: Place): string {
  return core
    .split(sign)
    .map((part, at) => foldWord(part, at === 0 ? place : INSIDE))
    .join(sign);
}
