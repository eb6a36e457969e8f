import { lines } from '../words/lines.ts';
import { GIVEN_KINDS, WORK, WORK_ON_LETTERS, WORK_ON_WORDS } from '../words/work.ts';

/** What a request gives to be worked on: the sentence to translate, the text to sum up, the message to answer. */
export interface Given {
  /** As it stands in the text that was read, one stretch each. */
  readonly texts: readonly string[];
  /** Its letters themselves are asked about: spelling, grammar, punctuation, how many there are. */
  readonly letters: boolean;
  readonly quoted: boolean;
  /** Only set off, by quotes or behind "in this way:", as it may be in what tells. */
  readonly loose: boolean;
}

/** UTF-16 units of a sentence that says what to do with what follows. */
const HEAD_MAX = 200;
const SEPARATORS_MAX = 4;
const SEPARATOR = /:(?=\s)|[?.](?=\s)|\n/gu;
const QUOTED =
  /"([^"]+)"|(?<![\p{L}\p{N}])'((?:[^'\n]|(?<=\p{L})'(?=\p{L})){2,})'(?![\p{L}\p{N}])|(?<!`)`([^`]+)`(?!`)/gu;

const any = (list: string): string => lines(list).join('|');
const [BEGIN, END] = ['(?<![\\p{L}\\p{M}])', '(?![\\p{L}\\p{M}])'];
const beginning = (...lists: string[]): RegExp => new RegExp(`${BEGIN}(?:${lists.map(any).join('|')})`, 'iu');
const LETTERS = beginning(WORK_ON_LETTERS);
const TEXT = beginning(WORK, WORK_ON_LETTERS);
const TEXT_OR_WORD = beginning(WORK, WORK_ON_LETTERS, WORK_ON_WORDS);
const KINDS = any(GIVEN_KINDS);
/** `this sentence`, `the following short text`, `đoạn văn sau` */
const POINTS = new RegExp(
  `${BEGIN}(?:(?:this|these|following|below|above)(?: \\p{L}+){0,2} (?:${KINDS})|(?:${KINDS})(?: \\p{L}+){0,2} (?:sau|này|dưới đây|trên|below|above))${END}`,
  'iu',
);
/** `Sort these numbers:`, `tính các số sau:` */
const DEMONSTRATES = new RegExp(
  `${BEGIN}(?:this|these|those|(?:the )?following|below|as follows|sau|sau đây|dưới đây|này)(?: \\p{L}+){0,5}\\s*$`,
  'iu',
);
/** `Code:`, `here is the email:`. */
const NAMES_KIND = new RegExp(`(?:^\\s*|${BEGIN}(?:the|my|this|following) )(?:${KINDS})(?: (?:says|is))?\\s*$`, 'iu');
/** From the mark before the last sentence or line. */
const LAST_SENTENCE = /(?:[.!?:](?=\s)|\n)(?:(?![.!?:]\s|\n).)+$/su;
/** Behind what is given: "... Translate it", "... Is this correct?", "... sửa giúp mình". */
const POINTS_BACK = new RegExp(
  `^\\s*(?:(?:please|kindly|now|just|can|could|would|will|you|hãy|nhờ|xin) )*(?:(?:${[WORK, WORK_ON_LETTERS].map(any).join('|')})\\p{L}*(?: \\p{L}+){0,2} (?:this|that|it|these|above|trên|này|giúp|hộ)${END}|is (?:this|that|it) (?:\\p{L}+ ){0,2}(?:correct|right|gramma))`,
  'iu',
);
const TONGUE =
  '(?:english|french|german|spanish|italian|japanese|chinese|mandarin|korean|vietnamese|portuguese|russian|arabic|hindi|greek|turkish|thai|dutch|swedish|polish|hebrew|latin|danish|norwegian|finnish|czech|hungarian|ukrainian|indonesian|malay|tagalog|swahili|urdu|bengali|persian|farsi|irish|welsh)';
/** Given without any sign: `translate thank you into French`, `how do you say thank you in French`. */
const INLINE = [
  new RegExp(`^.{0,40}\\btranslate (.+?) (?:from ${TONGUE} )?(?:in)?to ${TONGUE}\\b`, 'iu'),
  new RegExp(`^.{0,40}\\b(?:say|spell) (.+?) in ${TONGUE}\\b`, 'iu'),
  /^.{0,20}dịch (?:câu |từ |cụm từ |chữ )?(.+?) (?:sang|ra|qua) tiếng \p{L}+/iu,
  /^(.+?) (?:trong )?tiếng \p{L}+ (?:là gì|nói (?:thế nào|như thế nào|làm sao|sao|ra sao|là gì)|viết (?:thế nào|sao))/iu,
];

/** What a request gives, undefined for one that gives nothing. Of cleaned text (`clean`), case kept; linear. */
export function readGiven(cleaned: string): Given | undefined {
  const quoted = quotedIn(cleaned);
  const found = quoted ?? followingIn(cleaned) ?? precedingIn(cleaned) ?? inlineIn(cleaned);
  if (found === undefined) return undefined;
  const { texts, head } = found;
  const isQuoted = quoted !== undefined;
  return { texts, letters: LETTERS.test(head), quoted: isQuoted, loose: isQuoted || !TEXT_OR_WORD.test(head) };
}

interface Found {
  readonly texts: readonly string[];
  /** What is to be done with it. */
  readonly head: string;
}

function quotedIn(cleaned: string): Found | undefined {
  const head = cleaned.replace(QUOTED, ' ');
  if (head === cleaned || head.length > HEAD_MAX || !TEXT_OR_WORD.test(head)) return undefined;
  const texts = [...cleaned.matchAll(QUOTED)].map(([, double, single, code]) => double ?? single ?? code ?? '');
  return { texts, head };
}

/** Does this say that what comes next is to be worked on? */
function announces(head: string, separator: string): boolean {
  if (separator === ':') return [TEXT_OR_WORD, POINTS, DEMONSTRATES, NAMES_KIND].some((pattern) => pattern.test(head));
  return TEXT.test(head) && (separator === '' || POINTS.test(head));
}

function followingIn(cleaned: string): Found | undefined {
  let separators = 0;
  for (const { 0: separator, index } of cleaned.matchAll(SEPARATOR)) {
    if (index > HEAD_MAX || ++separators > SEPARATORS_MAX) return undefined;
    const [head, rest] = [cleaned.slice(0, index), cleaned.slice(index + separator.length).trim()];
    if (rest !== '' && announces(head, separator.trim())) return { texts: [rest], head };
  }
  return undefined;
}

function precedingIn(cleaned: string): Found | undefined {
  const text = cleaned.trim();
  const from = Math.max(0, text.length - HEAD_MAX);
  const at = text.slice(from).search(LAST_SENTENCE);
  if (at < 0 || from + at === 0) return undefined;
  const [before, head] = [text.slice(0, from + at + 1).trim(), text.slice(from + at + 1)];
  if (before === '' || !TEXT.test(head) || !(POINTS.test(head) || POINTS_BACK.test(head))) return undefined;
  return { texts: [before], head };
}

function inlineIn(cleaned: string): Found | undefined {
  if (cleaned.length > HEAD_MAX) return undefined;
  for (const pattern of INLINE) {
    const given = pattern.exec(cleaned.trim())?.[1];
    if (given !== undefined) return { texts: [given], head: cleaned.replace(given, ' ') };
  }
  return undefined;
}
