import { describe, missingIn } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import { fold, toneKey } from '../text/normalise.ts';
import type { Token } from '../text/tokens.ts';
import { VIETNAMESE_LETTER } from '../words/languages.ts';

/** Words in letters other than Latin ones that the other question lacks. */
function foreign(a: QuestionFacts, b: QuestionFacts): string[] {
  return missingIn(a, b)
    .filter(({ text, kind }) => kind === 'word' && !/^[\p{Script=Latin}\p{M}']+$/u.test(text))
    .map(({ text }) => text);
}

/**
 * Latin and Cyrillic, Han and Hangul: an answer in the wrong writing is a wrong answer. And where an embedder made for
 * English can't read the letters, similarity says nothing: such words must be the same.
 */
export const scriptGuard: Guard = {
  name: 'script',
  level: 'standard',
  differs(a, b) {
    if (a.script !== undefined && b.script !== undefined && a.script !== b.script)
      return describe([a.script], [b.script]);
    const [left, right] = [foreign(a, b), foreign(b, a)];
    return left.length + right.length > 0 ? describe(left, right) : undefined;
  },
};

/** Emoji that differ; one that only decorates the beginning or end of one question is no difference. */
export const pictureGuard: Guard = {
  name: 'picture',
  level: 'standard',
  differs({ pictures: a }, { pictures: b }) {
    const differ = a.inside !== b.inside || (a.all !== '' && b.all !== '' && a.all !== b.all);
    return differ ? describe([a.all], [b.all]) : undefined;
  },
};

/** Share of the words of the shorter question, diacritics removed, that the other has too. */
function overlap(a: QuestionFacts, b: QuestionFacts): number {
  const folded = (facts: QuestionFacts) => new Set(facts.tokens.map(({ text }) => fold(text)));
  const [x, y] = [folded(a), folded(b)];
  const common = [...x].filter((word) => y.has(word)).length;
  return common / Math.max(1, Math.min(x.size, y.size));
}

/** Different languages; a text whose language its words do not tell counts as another when the two share few words. */
export const languageGuard: Guard = {
  name: 'language',
  level: 'standard',
  differs(a, b) {
    if (a.language === b.language || a.script !== b.script) return undefined;
    const told = a.language !== undefined && b.language !== undefined;
    if (!told && a.language !== 'vi' && b.language !== 'vi') return undefined;
    return overlap(a, b) < 0.5 ? describe([a.language ?? 'unknown'], [b.language ?? 'unknown']) : undefined;
  },
};

/** From this many tokens on both sides, two words count only in the same place: long texts hold `đặc` and `đắc` by chance. */
const LONG = 16;

/** Are the words before and behind them the same? */
function isSamePlace(a: readonly Token[], i: number, b: readonly Token[], j: number): boolean {
  const key = (tokens: readonly Token[], at: number) => tokens[at]?.key ?? '';
  return key(a, i - 1) === key(b, j - 1) && key(a, i + 1) === key(b, j + 1);
}

/** Words equal but for their diacritics, in two texts that both write them: the embedder can't see Vietnamese tones. */
export const diacriticsGuard: Guard = {
  name: 'diacritics',
  level: 'standard',
  differs(a, b) {
    const marks = (facts: QuestionFacts) => facts.tokens.some(({ text }) => fold(text) !== text);
    if (!marks(a) || !marks(b)) return undefined;
    const spelled = ({ tokens }: QuestionFacts) =>
      new Map(tokens.map(({ text }, at) => [toneKey(text), { base: fold(text), at }]));
    const [left, right] = [spelled(a), spelled(b)];
    const vietnamese = VIETNAMESE_LETTER.test(a.cleaned) && VIETNAMESE_LETTER.test(b.cleaned);
    const long = Math.min(a.tokens.length, b.tokens.length) >= LONG;
    for (const [form, { base, at }] of left) {
      if (right.has(form)) continue;
      for (const [other, found] of right) {
        if (found.base !== base || left.has(other)) continue;
        if (long && !isSamePlace(a.tokens, at, b.tokens, found.at)) continue;
        if (vietnamese || (form !== base && other !== base)) return describe([form], [other]);
      }
    }
    return undefined;
  },
};
