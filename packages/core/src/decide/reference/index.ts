import type { QuestionFacts } from '../facts.ts';
import { factsOf } from '../facts-memo.ts';
import { QUESTION_LENGTH_MAX } from '../text/normalise.ts';
import { lines } from '../words/lines.ts';
import { openPronoun } from './english.ts';
import { openPronounVi } from './vietnamese.ts';
import { AUXILIARIES, COMMANDS } from './words.ts';

/** Most texts have none of these words, and need no reading. */
const MAY_POINT =
  /(?<!\p{L})(?:he|she|it|its|him|her|his|hers|they|them|their|theirs|this|that|these|those|nó|hắn|ổng|bả|họ|chúng|ấy|ta|đó|đấy|này|kia)(?!\p{L})/iu;

const VIETNAMESE = new Set(['vi', undefined]);
const ENGLISH = new Set(['en', undefined]);

/** Longer without a question mark or a word that asks: it tells something, and asks nothing. */
const ASKED_TOKENS = 8;
const ASKS = /^(?:who|whom|whose|what|which|when|where|why|how|ai|gì|sao|nào|đâu|mấy|bao|làm|tại|hãy)$/;
const ENDS_ASKING = /^(?:ai|gì|sao|nào|đâu|mấy|nhiêu|không|chưa|hả|à)$/;

function asks({ tokens, cleaned }: QuestionFacts): boolean {
  const first = tokens[0]?.text ?? '';
  if (tokens.length <= ASKED_TOKENS || cleaned.includes('?')) return true;
  if (tokens.slice(-2).some(({ text }) => ENDS_ASKING.test(text))) return true;
  return ASKS.test(first) || AUXILIARIES.has(first) || COMMANDS.has(first);
}

function pronounIn(facts: QuestionFacts, alone: boolean): string | undefined {
  const { tokens, language, script, cleaned } = facts;
  if (script !== 'latin' || (alone && !asks(facts))) return undefined;
  const shows = facts.quoted.length > 0 || facts.code !== '' || /[:`"]\s*\S|\n\s*\S/.test(cleaned);
  const capitals = tokens.some(
    ({ surface, text, sentenceStart }) => !sentenceStart && surface !== text && text !== 'i',
  );
  const shouts = tokens.every(({ surface }) => surface === surface.toUpperCase());
  const english = ENGLISH.has(language) ? openPronoun({ tokens, shows, capitals, shouts }, alone) : undefined;
  return english ?? (VIETNAMESE.has(language) ? openPronounVi(tokens, alone) : undefined);
}

/**
 * A pronoun of the third person, or a demonstrative, that nothing before it in the text gives a meaning: `how old is
 * he?`, `nó giá bao nhiêu?`. Undefined where there is none; `it` without a meaning of its own (`is it safe to ...`) is
 * none. English and Vietnamese, by rules that know no grammar: in doubt a pronoun has no antecedent.
 */
export function unresolvedPronoun(text: string): string | undefined {
  // Nothing of it would be read.
  if (text.length > QUESTION_LENGTH_MAX || !MAY_POINT.test(text.normalize('NFC'))) return undefined;
  return pronounIn(factsOf(text), true);
}

const OPENINGS = phrases(`
  and
  but
  or
  so
  also
  then
  what about
  how about
  what if
  why not
  how come
  same for
  ok
  okay
  yes
  no
  sure
  go on
  và
  còn
  thế còn
  vậy
  thế
  rồi
  nhưng
  hay
`);

const POINTERS =
  /(?<!\p{L})(?:else|another|instead|again|more|further|continue|the same|ones?|former|latter|previous|above|earlier|other|you (?:said|mentioned|wrote|told)|(?:first|second|third|last) (?:one|option|point|part|step)|shorter|longer|simpler|shorten|rephrase|rewrite|elaborate|too|tiếp|nữa|khác|thêm|thì sao|cái nào|vừa rồi|ở trên|bên trên|ngắn hơn|dài hơn|hơn nữa|như vậy|như thế)(?!\p{L})/iu;
const COMPARATIVE =
  /(?<!\p{L})(?:better|worse|cheaper|faster|bigger|smaller|larger|older|younger|easier|safer|higher|lower|less|hơn)(?!\p{L})/iu;
const COMPARED = /(?<!\p{L})(?:than|or|vs|versus|between|hay|so với|giữa)(?!\p{L})/iu;
const PREPOSITION = /^(?:in|on|at|for|with|from|to|of|by|about|during|ở|tại|cho|với|từ|về)$/;
/** So few words say nothing by themselves. */
const FEW_TOKENS = 3;

function phrases(list: string): readonly (readonly string[])[] {
  return lines(list).map((line) => line.split(' '));
}

function isElliptical({ tokens, cleaned }: QuestionFacts): boolean {
  if (tokens.length <= FEW_TOKENS) return true;
  if (OPENINGS.some((opening) => opening.every((word, at) => tokens[at]?.text === word))) return true;
  if (POINTERS.test(cleaned)) return true;
  if (COMPARATIVE.test(cleaned) && !COMPARED.test(cleaned)) return true;
  return PREPOSITION.test(tokens[0]?.text ?? '') && !tokens.some(({ text }) => AUXILIARIES.has(text));
}

/**
 * Why a turn of a conversation means nothing without those before it: its pronoun, or `ellipsis` (`and in Paris?`, `which
 * one is cheaper?`, `còn ở Huế thì sao?`). Undefined for one that stands alone. Any pronoun counts, whatever stands before
 * it in the same turn, and so does every text too long to be read.
 */
export function restsOnEarlierTurns(text: string): string | undefined {
  if (text.length > QUESTION_LENGTH_MAX) return 'length';
  const facts = factsOf(text);
  return pronounIn(facts, false) ?? (isElliptical(facts) ? 'ellipsis' : undefined);
}
