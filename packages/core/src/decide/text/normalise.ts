/** The forms of a text that are compared. All run in linear time, on any string, lone surrogates included. */

/** UTF-16 units of a question that are read; a longer one is compared as a whole only. */
export const QUESTION_LENGTH_MAX = 4096;

const QUOTES: Readonly<Record<string, string>> = {
  '\u2018': "'",
  '\u2019': "'",
  '\u201a': "'",
  '\u201b': "'",
  '\u2032': "'",
  '\u00b4': "'",
  '\u201c': '"',
  '\u201d': '"',
  '\u201e': '"',
  '\u201f': '"',
  '\u2033': '"',
  '\u00ab': '"',
  '\u00bb': '"',
  '\u2010': '-',
  '\u2011': '-',
  '\u2012': '-',
  '\u2013': '-',
  '\u2014': '-',
  '\u2212': '-',
  '\u00b2': '^2',
  '\u00b3': '^3',
  '\u00bd': '1/2',
  '\u00bc': '1/4',
  '\u00be': '3/4',
};
const REPLACED = new RegExp(`[${Object.keys(QUOTES).join('')}]`, 'gu');
const INVISIBLE = /[\u00ad\u200b\u2060\ufeff]/gu;
const FULL_WIDTH = /[\uff01-\uff5e]/gu;
export const END_PUNCTUATION: ReadonlySet<string> = new Set('.?!\u2026,;:\u3002\uff1f\uff01\uff0c\u061f\u0964');

const WORLD_WAR = /(?<![\p{L}\p{N}])ww[\s-]?(1|2|ii?)(?![\p{L}\p{N}])/giu;
/** `39°C`, `°F` */
const DEGREES = /\s?\u00b0\s?([cf])(?![\p{L}\p{N}])/giu;

/** `9 a.m.` */
const CLOCK = /(?<=\d\s?)([ap])\.\s?m(?:\.|(?![\p{L}\p{N}]))/giu;

/** NFC; degrees of temperature in words; curly quotes and dashes made plain, invisible characters gone, full-width ASCII made ASCII. Case is kept. */
export function clean(text: string): string {
  return text
    .normalize('NFC')
    .replace(INVISIBLE, '')
    .replace(FULL_WIDTH, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0))
    .replace(REPLACED, (c) => QUOTES[c] ?? c)
    .replace(WORLD_WAR, (_, which: string) => `World War ${which.toUpperCase().replace('1', 'I').replace('2', 'II')}`)
    .replace(CLOCK, '$1m')
    .replace(DEGREES, (_, unit: string) => (/c/i.test(unit) ? ' celsius' : ' fahrenheit'));
}

/** One space where there was white space, none at the ends. */
export const squeezed = (text: string): string => text.split(/\s+/u).join(' ').trim();

/**
 * What is left when nothing but Unicode form, white space, case, the style of quotes and end punctuation may differ.
 * Equal identities mean the same question.
 */
export function identityOf(text: string): string {
  const small = text
    .normalize('NFC')
    .replace(INVISIBLE, '')
    .replace(/[\u2018\u2019]/gu, "'")
    .replace(/[\u201c\u201d]/gu, '"')
    .toLowerCase();
  const plain = squeezed(small.normalize('NFC'));
  let end = plain.length;
  while (end > 0 && (END_PUNCTUATION.has(plain[end - 1] ?? '') || plain[end - 1] === ' ')) end--;
  // "5!" is a factorial, "5?" is not.
  if (plain[end] === '!' && /\d/.test(plain[end - 1] ?? '')) end++;
  return end === 0 ? plain : plain.slice(0, end);
}

const TONES = /[\u0300\u0301\u0303\u0309\u0323]/gu;
const MARKS = /\p{M}/gu;

/** The word without any diacritics: `Đường` becomes `duong`. Expects lower case. */
export function fold(word: string): string {
  return /^[\0-\x7f]*$/.test(word) ? word : word.normalize('NFD').replace(MARKS, '').replaceAll('đ', 'd');
}

/** Spelling where the place of the tone mark does not matter: `hoà` and `hòa` are one word. */
export function toneKey(word: string): string {
  if (/^[\0-\x7f]*$/.test(word)) return word;
  const parts = word.normalize('NFD');
  const tones = parts.match(TONES);
  return tones === null ? word : parts.replace(TONES, '').normalize('NFC') + tones.join('');
}
