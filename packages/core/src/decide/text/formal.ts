import { squeezed } from './normalise.ts';

/** The parts of a question that are not prose: calculations, lines of code, signs. */

const RUN = /[\d+*/=<>^|!().,-]+/g;

/** A hyphen between a word and a number joins them: `Covid-19`, `18-year-old`. */
const HYPHEN = /(?<=\p{L}{2})-(?=\d)|(?<=\d)-(?=\p{L}{2})/gu;

/** Calculations without their spaces (`(2+3)*4`), in order; empty when there are none. */
export function readExpressions(cleaned: string): string {
  const runs =
    cleaned
      .replace(HYPHEN, '\0')
      .replace(/[ \t]+/g, '')
      .match(RUN) ?? [];
  return runs
    .filter((run) => /\d/.test(run) && /[+*/=<>^|!-]/.test(run))
    .map((run) => trimEnds(run))
    .join(' ');
}

/** Full stops, commas and lone brackets around a run belong to the sentence. */
function trimEnds(run: string): string {
  let [from, to] = [0, run.length];
  while (from < to && '.,'.includes(run[from] ?? '')) from++;
  while (to > from && '.,'.includes(run[to - 1] ?? '')) to--;
  const inner = run.slice(from, to);
  if (inner.startsWith('(') && !inner.includes(')')) return inner.slice(1);
  return inner.endsWith(')') && !inner.includes('(') ? inner.slice(0, -1) : inner;
}

const CODE_LINE =
  /[;{}]\s*$|^\s*(?:def|import|from|class|function|return|const|let|var|if|for|while|else|elif|print|public|private|static|void|int|#include|SELECT|INSERT|UPDATE|DELETE)\b.*[=(){}:;]|=>|\w\([^)]*\)\s*[;{:]?$/;

/** Lines that are code, or what stands between fences, white space squeezed; empty when there is none. */
export function readCode(cleaned: string): string {
  const fenced = cleaned.split('```');
  const code =
    fenced.length >= 3
      ? fenced.filter((_, i) => i % 2 === 1).join('\n')
      : cleaned.includes('\n')
        ? cleaned
            .split('\n')
            .filter((line) => line.length < 400 && CODE_LINE.test(line))
            .join('\n')
        : '';
  return squeezed(code);
}

/** More pictures than these say something, wherever they stand. */
const DECORATIONS_MAX = 2;

/** Emoji and other pictures, skin tones and joiners left out; those that only decorate the ends apart. */
export function readPictures(cleaned: string): { inside: string; all: string } {
  const pictures = (text: string) => (text.match(/\p{Extended_Pictographic}|(?!\u00b0)\p{So}/gu) ?? []).join('');
  const words = [...cleaned.matchAll(/[\p{L}\p{N}]/gu)];
  const [first, last] = [words[0], words.at(-1)];
  const inside = first === undefined || last === undefined ? cleaned : cleaned.slice(first.index, last.index + 1);
  const all = pictures(cleaned);
  return { inside: [...all].length > DECORATIONS_MAX ? all : pictures(inside), all };
}

/** `===`, `&&`, `=` by itself, the primes of `f''(x)`; `H2O`, `B2B`: letters and digits by turns. */
const SIGNS =
  /(?<=\s|^|["'`(])(?:[=<>!&|+*%^~?:.-]{2,3}|[=<>*%^~|$#@!])(?=\s|$|["'`),?])|(?<=\p{L})'{1,3}(?=\()|(?<![\p{L}\p{N}])(?=[\p{L}\p{Nd}]*(?:\p{L}\p{Nd}+\p{L}|\p{Nd}\p{L}+\p{Nd}))[\p{L}\p{Nd}]{3,24}(?![\p{L}\p{N}])/gu;
const MARKS_OF_PROSE = /^(?:[.!?:]+|--+)$/;

/** Operators and formulas, in small letters. */
export function readSigns(cleaned: string): Set<string> {
  const found = cleaned.match(SIGNS) ?? [];
  return new Set(found.filter((sign) => !MARKS_OF_PROSE.test(sign)).map((sign) => sign.toLowerCase()));
}
