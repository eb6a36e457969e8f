import { describe, lacking, saidApart } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import { isForeign } from '../text/language.ts';
import { fold, toneKey } from '../text/normalise.ts';
import { findPhrases, indexPhrases } from '../text/phrases.ts';
import type { Token } from '../text/tokens.ts';
import { QUESTION_PHRASES } from '../words/questions.ts';
import { VIETNAMESE_PHRASES } from '../words/vietnamese.ts';

/** From this many tokens on a text that asks nothing tells something, whose paraphrase says much in other words. */
const TOLD_MIN = 14;

/** An onset, vowels and a coda that Vietnamese has, its marks left out. */
const SYLLABLE =
  /^(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnpqrstvx])?(?:[aeiouy]|ai|ao|au|ay|eo|eu|ia|ie|ieu|iu|oa|oai|oay|oe|oi|oo|ua|uay|ue|ui|uo|uoi|uou|uu|uy|uya|uye|uyu|ye|yeu)(?:ch|ng|nh|[cmnpt])?$/;
const SYLLABLES_MIN = 5;
const SYLLABLE_SHARE = 0.85;
/** Short for a Vietnamese word. */
const SHORT = new Set('ko k dc đc bn ntn tk ck sv đt dt'.split(' '));

/** Vietnamese, with its marks or, where nearly all words have its shape and the text is not known to be another language, without. */
function isVietnamese({ language, tokens }: QuestionFacts): boolean {
  if (language !== undefined) return language === 'vi';
  const words = tokens.filter(({ kind }) => kind === 'word');
  const syllables = words.filter(({ text }) => SYLLABLE.test(fold(text)) || SHORT.has(text));
  return words.length >= SYLLABLES_MIN && syllables.length >= SYLLABLE_SHARE * words.length;
}

const isUnmarked = ({ tokens }: QuestionFacts): boolean => tokens.every(({ text }) => fold(text) === text);

const byKey = (form: (word: string) => string, phrases = VIETNAMESE_PHRASES) =>
  indexPhrases(phrases.map(({ words, meaning }) => ({ words: words.map(form), meaning: form(meaning) })));
const MARKED = { form: toneKey, index: byKey(toneKey) };
/** The guard of questions reads no `khi nao`. */
const ASKED = QUESTION_PHRASES.flatMap(({ words, answer }) =>
  /^(?:manner|thing)$/.test(answer) ? [] : [{ words, meaning: `${answer}?` }],
);
const UNMARKED = {
  form: fold,
  index: byKey(
    fold,
    [...VIETNAMESE_PHRASES, ...ASKED].sort((x, y) => y.words.length - x.words.length),
  ),
};

/** What a text says, as often as it says it: words of meaning, the wordings of one thing under one name. */
function said({ tokens, numbers }: QuestionFacts, { form, index }: typeof MARKED): Map<string, number> {
  const formed = tokens.map((token): Token => ({ ...token, text: form(token.text) }));
  const taken = new Map(findPhrases(formed, index).map(({ phrase, at }) => [at, phrase]));
  const counts = new Map<string, number>();
  const isNumber = (at: number) => numbers.some(({ from, to }) => from <= at && at < to);
  const add = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (let at = 0; at < formed.length; at++) {
    const phrase = taken.get(at);
    const token = formed[at];
    if (phrase !== undefined) {
      if (phrase.meaning !== '') add(phrase.meaning);
      at += phrase.words.length - 1;
    } else if (token?.kind === 'word' && isTelling(token, form) && !isNumber(at)) add(token.text);
  }
  return counts;
}

/** Numbers have a guard of their own. */
const isTelling = ({ content, text }: Token, form: (word: string) => string): boolean =>
  content && !(form === fold && UNTOLD.has(text));

/** Words of grammar, without their marks. */
const UNTOLD = new Set(
  'la va cua co duoc cho voi cac nhung mot nay kia do thi ma o trong tren duoi tu den toi ve boi tai khong ko k dc chua da dang se rang nhu khi neu vi nen hay hoac cung van con rat nao gi ai dau sao bao nhieu may the ban anh chi em minh no ho chung ta cai chiec nguoi viec su phai bi de deu ca lai nua roi thoi nhe vay'.split(
    ' ',
  ),
);

const REQUESTS = new Set(
  'viết soạn dịch gợi lập tóm giải kể liệt so giúp hướng tạo tính phân nêu đổi sửa vẽ thiết đề tư mô trình xin muốn đặt hủy'.split(
    ' ',
  ),
);
/** Who asks, before `muốn` or behind `cho`: in the news somebody else wants or gives. */
const ASKERS = new Set('tôi mình em anh chị cháu con tớ bọn chúng'.split(' '));
const isSentence = ({ cleaned }: QuestionFacts): boolean => /[.\u2026]["\u201d\s]*$/.test(cleaned);

/** A question, or a request: `Viết ...`, `Tôi muốn ...`. */
function asks(facts: QuestionFacts): boolean {
  const { answers, cleaned, tokens } = facts;
  if (/\?\s*$/.test(cleaned) || (answers.size > 0 && !isSentence(facts))) return true;
  if (tokens.length >= TOLD_MIN) return false;
  const [first = '', second = ''] = tokens.map(({ text }) => text);
  if (REQUESTS.has(first) || (ASKERS.has(first) && second === 'muốn')) return true;
  return /^(?:cho|chỉ)$/.test(first) && ASKERS.has(second);
}

/** Told, and asked by nobody. */
const tells = (facts: QuestionFacts): boolean => !asks(facts) && (isSentence(facts) || facts.tokens.length >= TOLD_MIN);

/** `... bao nhiêu và đổi ở đâu?`: a second question that the other does not ask. */
function asksMore(a: QuestionFacts, b: QuestionFacts): string | undefined {
  const more = lacking(a.answers, b.answers);
  const joins = a.tokens.some(({ text }) => text === 'và' || text === 'va');
  return joins && b.answers.size > 0 && a.answers.size > b.answers.size ? describe(more, []) : undefined;
}

const isOther = ({ script, tokens, language }: QuestionFacts): boolean =>
  script === 'latin' && isForeign(tokens, language);

/** Of languages that nothing here knows the words of: any that the other side lacks, typed with accents or without. */
function foreignWords(a: QuestionFacts, b: QuestionFacts): string | undefined {
  const form = isUnmarked(a) || isUnmarked(b) ? fold : (word: string) => word;
  const words = ({ tokens }: QuestionFacts) =>
    new Set(tokens.flatMap(({ kind, text }) => (kind === 'word' ? [form(text)] : [])));
  return saidApart(words(a), words(b));
}

/**
 * Vietnamese questions and requests of which one says a word of meaning that the other lacks; texts in other languages that
 * differ in any word. The bundled embedder and the verifier's lexicon know these languages by their letters only: to
 * them `nạp` and `rút`, `anmelden` and `abmelden` are much alike.
 */
export const wordGuard: Guard = {
  name: 'word',
  level: 'standard',
  differs(a, b) {
    if (!isVietnamese(a) || !isVietnamese(b)) return isOther(a) || isOther(b) ? foreignWords(a, b) : undefined;
    if (tells(a) && tells(b)) return undefined;
    const reading = isUnmarked(a) || isUnmarked(b) ? UNMARKED : MARKED;
    return asksMore(a, b) ?? asksMore(b, a) ?? saidApart(said(a, reading), said(b, reading));
  },
};
