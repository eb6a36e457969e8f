/**
 * What a reader does not see and a language model reads all the same: tag characters and variation selectors that spell
 * out a message, controls, characters struck through, letters in circles. An embedder drops them, so that to it a
 * question with a hidden instruction is the question itself.
 */

/** Where they belong: flags made of tags, selectors and joiners in emoji, Han and keycaps, joiners between letters that join. */
const BELONGING = new RegExp(
  [
    '\\u{1f3f4}[\\u{e0030}-\\u{e0039}\\u{e0061}-\\u{e007a}]{2,6}\\u{e007f}',
    '(?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\d#*])[\\ufe0e\\ufe0f]',
    '(?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f])\\u200d(?=\\p{Extended_Pictographic})',
    '(?<=\\p{Script=Han})[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]',
    '(?<=(?!\\p{Script=Latin})[\\p{L}\\p{M}])[\\u200c\\u200d](?=\\p{L})',
  ].join('|'),
  'gu',
);
/** Left behind by keyboards, editors and web pages: a few of them say nothing. */
const LENIENT = /\u00ad|[\u200b-\u200f]|\u2060|\ufe0e|\ufe0f|\ufeff/gu;
const LENIENT_MAX = 4;
const HIDDEN = new RegExp(
  `[${[
    // Controls, but for tab and the ends of lines.
    ...['\\0-\\x08', '\\x0b\\x0c\\x0e-\\x1f', '\\x7f-\\x84\\x86-\\x9f'],
    // Fillers, joiners of marks, marks that strike through or surround.
    ...[
      '\\u034f\\u0335-\\u0338',
      '\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u3164\\uffa0',
      '\\u20d0-\\u20e2\\u20e4-\\u20f0',
    ],
    // Directions, invisible operators, selectors of variants, tags.
    ...['\\u202a-\\u202e', '\\u2061-\\u206f', '\\ufe00-\\ufe0d\\ufff0-\\ufffb\\ufffe\\uffff', '\\u{e0000}-\\u{e0fff}'],
    // Letters in brackets and circles.
    ...['\\u249c-\\u24e9', '\\u{1f110}-\\u{1f16f}'],
  ].join('')}]|\\p{Co}|\\p{Cs}|\\p{M}{4,}`,
  'gu',
);

const codes = (found: readonly string[]): string =>
  found.flatMap((text) => [...text].map((c) => (c.codePointAt(0) as number).toString(16))).join(' ');

/** Their code points in order, in hexadecimal; empty when there are none that matter. Linear. */
export function readHidden(text: string): string {
  // Most questions have none: one look tells.
  if (/^[\t\n\r -~]*$/.test(text)) return '';
  const rest = text.normalize('NFC').replace(BELONGING, '');
  const lenient = rest.match(LENIENT) ?? [];
  return codes([...(rest.match(HIDDEN) ?? []), ...(lenient.length > LENIENT_MAX ? lenient : [])]);
}
