import { isFunctionWord } from '../words/function-words.ts';
import { SHORT_FORMS } from '../words/short-forms.ts';
import { isOneEditApart } from './edit-distance.ts';
import { toneKey } from './normalise.ts';
import { stem } from './stem.ts';

export interface Token {
  /** Lower case. */
  readonly text: string;
  /** As written. */
  readonly surface: string;
  /** What two tokens are compared by: forms of one word share it. */
  readonly key: string;
  readonly kind: 'word' | 'number' | 'symbol';
  /** No gap between it and the token before. */
  readonly glued: boolean;
  /** First word of the text, of a sentence, or of a quotation. */
  readonly sentenceStart: boolean;
  /** Punctuation stood between it and the token before: a comma, a colon, the end of a sentence. */
  readonly afterBreak: boolean;
  /** Carries meaning of its own: neither a function word nor a symbol. */
  readonly content: boolean;
}

const PATTERN =
  /(?<word>[kK]8[sS](?![\p{L}\p{N}])|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|\p{Lu}(?:\.\p{Lu})+\b\.?|[cC]\+\+|[cCfF]#|\p{L}[\p{L}\p{M}]*(?:'\p{L}+)?)|(?<number>\p{Nd}+(?:[.,:]\p{Nd}+)*)|(?<symbol>[+*/=<>%^$\u20ac\u00a3\u00a5\u20b9\u20ab#&-]|\p{So}|\p{Sc}|\p{N})|(?<pause>[.?!,;:\u2026"()\n\u3002\uff0c])/gu;

const NOT_FORMS: Readonly<Record<string, string>> = { ca: 'can', wo: 'will', sha: 'shall', ai: 'is' };
const CLITICS: Readonly<Record<string, string>> = { re: 'are', ve: 'have', ll: 'will', m: 'am', d: 'would' };
const TAKES_IS = new Set(
  'what who where when why how which it he she that there here this everything everyone somebody someone one'.split(
    ' ',
  ),
);
const BARE_NOT = /^(do|does|did|is|are|was|were|has|have|had|would|could|should|must|need)nt$/;
const SPLIT_NOT = new Set(
  'don doesn didn isn aren wasn weren hasn haven hadn won wouldn couldn shouldn can ain'.split(' '),
);

/** Words of grammar as chats type them. */
const TYPED = new Map([
  ['ur', 'your'],
  ['bc', 'because'],
  ['abt', 'about'],
  ['wat', 'what'],
  ['wen', 'when'],
  ['teh', 'the'],
]);

/** `don't` is `do not`, `what's` is `what is`; a possessive loses its ending. */
function expand(word: string): string[] {
  if (word === 'cannot' || word === 'cant') return ['can', 'not'];
  if (word === 'wont') return ['will', 'not'];
  const typed = TYPED.get(word);
  if (typed !== undefined) return [typed];
  const bare = BARE_NOT.exec(word);
  if (bare !== null) return [bare[1] ?? word, 'not'];
  const at = word.indexOf("'");
  if (at < 0) return [word];
  const head = word.slice(0, at);
  const tail = word.slice(at + 1);
  if (tail === 't' && head.endsWith('n')) {
    const verb = head.slice(0, -1);
    return [head === 'can' ? 'can' : (NOT_FORMS[verb] ?? verb), 'not'];
  }
  if (tail === 's') return TAKES_IS.has(head) ? [head, 'is'] : head === 'let' ? ['let', 'us'] : [head];
  const clitic = CLITICS[tail];
  return clitic === undefined ? [word] : [head, clitic];
}

/** Words that a guard hangs on and that no other word is one letter away from. */
const RESPELT =
  'without january february september october november december monday tuesday wednesday thursday friday saturday hundred thousand million millions billion billions'.split(
    ' ',
  );
const CORRECT = new Set(RESPELT);

/** The word that was meant, when one letter of it went wrong. */
function respell(word: string): string {
  if (word.length < 6 || word.length > 10 || CORRECT.has(word)) return word;
  return (
    RESPELT.find((correct) => Math.abs(correct.length - word.length) <= 1 && isOneEditApart(word, correct)) ?? word
  );
}

function makeToken(text: string, surface: string, kind: Token['kind'], place: Place): Token {
  const key = kind === 'word' ? stem(toneKey(SHORT_FORMS.get(text) ?? text)) : text;
  // "from A to B"
  const isPlaceholder = surface === 'A' && !place.sentenceStart;
  return { text, surface, key, kind, ...place, content: kind !== 'symbol' && (isPlaceholder || !isFunctionWord(text)) };
}

/** A dash or slash counts only where it calculates: between digits or brackets. */
function isOperator(text: string, at: number): boolean {
  const before =
    text
      .slice(Math.max(0, at - 2), at)
      .trimEnd()
      .at(-1) ?? '(';
  const after = text.slice(at + 1, at + 3).trimStart()[0] ?? '';
  return /[\d(+*=^/]/.test(before) && /[\d(]/.test(after);
}

interface Place {
  readonly glued: boolean;
  readonly sentenceStart: boolean;
  readonly afterBreak: boolean;
}

/** Words, numbers and the symbols that carry meaning, in order; contractions are expanded. Linear. */
export function tokenize(cleaned: string): Token[] {
  const tokens: Token[] = [];
  let end = -1;
  let sentenceStart = true;
  let afterBreak = false;
  for (const match of cleaned.matchAll(PATTERN)) {
    const { word, number, pause } = match.groups ?? {};
    // U.S. is US.
    const surface = word === undefined ? match[0] : word.replaceAll('.', '');
    if (pause !== undefined) {
      afterBreak = true;
      if (!',;()'.includes(pause)) sentenceStart = true;
      continue;
    }
    if ('-/'.includes(surface) && !isOperator(cleaned, match.index)) {
      if (surface === '-' && match.index === end) end = match.index + 1;
      continue;
    }
    const place = { glued: match.index === end, sentenceStart, afterBreak };
    end = match.index + match[0].length;
    // "how 2 cancel"
    const isTo = number === '2' && tokens.at(-1)?.text === 'how';
    const kind = word !== undefined || isTo ? 'word' : number !== undefined ? 'number' : 'symbol';
    const text = isTo ? 'to' : /^k8s$/i.test(surface) ? 'kubernetes' : surface.toLowerCase();
    const before = tokens.at(-1);
    if (text === 't' && before !== undefined && SPLIT_NOT.has(before.text)) {
      // "isn t": the apostrophe was lost.
      tokens[tokens.length - 1] = { ...before, ...reword(before.text) };
      tokens.push(makeToken('not', surface, 'word', place));
    } else if (kind === 'word') {
      expand(respell(text)).forEach((part, i) => {
        tokens.push(
          makeToken(part, i === 0 ? surface : part, kind, i === 0 ? place : { ...place, sentenceStart: false }),
        );
      });
    } else tokens.push(makeToken(text, surface, kind, place));
    if (kind !== 'symbol') {
      sentenceStart = false;
      afterBreak = false;
    }
  }
  return tokens;
}

function reword(text: string): Pick<Token, 'text' | 'key' | 'content'> {
  const verb = expand(`${text}'t`)[0] ?? text;
  return { text: verb, key: stem(verb), content: !isFunctionWord(verb) };
}
