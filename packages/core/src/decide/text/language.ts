import { FOREIGN_WORDS, LANGUAGE_WORDS, VIETNAMESE_LETTER } from '../words/languages.ts';
import { fold } from './normalise.ts';
import type { Token } from './tokens.ts';

const SCRIPTS = [
  ['latin', /\p{Script=Latin}/u],
  ['cyrillic', /\p{Script=Cyrillic}/u],
  ['greek', /\p{Script=Greek}/u],
  ['arabic', /\p{Script=Arabic}/u],
  ['hebrew', /\p{Script=Hebrew}/u],
  ['devanagari', /\p{Script=Devanagari}/u],
  ['bengali', /\p{Script=Bengali}/u],
  ['tamil', /\p{Script=Tamil}/u],
  ['telugu', /\p{Script=Telugu}/u],
  ['thai', /\p{Script=Thai}/u],
  ['hangul', /\p{Script=Hangul}/u],
  ['kana', /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ['han', /\p{Script=Han}/u],
] as const;

function scriptOfWord(word: string): string {
  for (const [name, pattern] of SCRIPTS) if (pattern.test(word)) return name;
  return 'other';
}

/** Letters per script, most first. Empty when there are no words. */
function scripts(tokens: readonly Token[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const token of tokens) {
    if (token.kind !== 'word') continue;
    const script = scriptOfWord(token.text[0] ?? '');
    counts.set(script, (counts.get(script) ?? 0) + token.text.length);
  }
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/** The script of most letters; Japanese is told from Chinese by its kana. Undefined without letters. */
export function dominantScript(tokens: readonly Token[]): string | undefined {
  const found = scripts(tokens);
  return found[0]?.[0] === 'han' && found.some(([name]) => name === 'kana') ? 'kana' : found[0]?.[0];
}

/** ISO 639-1 of the language of a text in Latin letters; undefined when its words do not tell. */
export function latinLanguage(tokens: readonly Token[]): string | undefined {
  let vietnamese = 0;
  let total = 0;
  const scores = new Map<string, number>();
  for (const token of tokens) {
    if (token.kind !== 'word') continue;
    total++;
    if (VIETNAMESE_LETTER.test(token.text)) vietnamese++;
    for (const [language, list] of LANGUAGE_WORDS)
      if (list.has(token.text) || (language !== 'en' && list.has(fold(token.text))))
        scores.set(language, (scores.get(language) ?? 0) + 1);
  }
  if (vietnamese >= 2 || (vietnamese === 1 && total <= 6)) return 'vi';
  const ranked = [...scores].sort((a, b) => b[1] - a[1]);
  const [best, second] = ranked;
  if (best === undefined || best[1] < 2 || best[1] - (second?.[1] ?? 0) < 2) return undefined;
  return best[1] / total >= 0.2 ? best[0] : undefined;
}

const ACCENTED = /(?![a-z])\p{Script=Latin}/u;
const ENGLISH_WORDS = LANGUAGE_WORDS.get('en') as ReadonlySet<string>;
/** So many words of grammar leave no doubt, one is enough beside an accent. */
const FOREIGN_MIN = 2;

/** In Latin letters, and neither English nor Vietnamese, as far as its small words tell. */
export function isForeign(tokens: readonly Token[], language: string | undefined): boolean {
  if (language !== undefined) return language !== 'en' && language !== 'vi';
  const said = tokens.filter(({ kind }) => kind === 'word').map(({ text }) => text);
  const count = (list: ReadonlySet<string>) => said.filter((text) => list.has(text)).length;
  const foreign = count(FOREIGN_WORDS);
  if (foreign <= count(ENGLISH_WORDS)) return false;
  return foreign >= FOREIGN_MIN || said.some((text) => ACCENTED.test(text));
}
