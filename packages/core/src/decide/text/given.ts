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
const SEPARATOR = /:(?=\s)|[?.](?=\s)|\n/g;
const QUOTED =
  /"([^"]+)"|(?<![\p{L}\p{N}])'((?:[^'\n]|(?<=\p{L})'(?=\p{L})){2,})'(?![\p{L}\p{N}])|(?<!`)`([^`]+)`(?!`)/gu;

// Of text in small letters, without flags `i` and `u`: with them the first question would wait a tenth of a second for these to be compiled.
const any = (list: string): string => lines(list).join('|');
const [BEGIN, END] = ['(?<=^|[\\s"\'(\\[{/,;:.!?-])', '(?=$|[\\s"\')\\]},;:.!?/-])'];
const WORD = '[^\\s.,;:!?"\'()]+';
const [ON_TEXT, ON_LETTERS, ON_WORDS] = [WORK, WORK_ON_LETTERS, WORK_ON_WORDS].map(
  (list) => new RegExp(`${BEGIN}(?:${any(list)})`),
) as [RegExp, RegExp, RegExp];
const worksOnText = (head: string): boolean => ON_TEXT.test(head) || ON_LETTERS.test(head);
const KINDS = any(GIVEN_KINDS);
/** `this sentence`, `the following short text`, `đoạn văn sau` */
const POINTS = new RegExp(
  `${BEGIN}(?:(?:this|these|following|below|above)(?: ${WORD}){0,2} (?:${KINDS})|(?:${KINDS})(?: ${WORD}){0,2} (?:sau|này|dưới đây|trên|below|above))${END}`,
);
/** `Sort these numbers:`, `tính các số sau:` */
const DEMONSTRATES = new RegExp(
  `${BEGIN}(?:this|these|those|(?:the )?following|below|as follows|sau|sau đây|dưới đây|này)(?: ${WORD}){0,5}\\s*$`,
);
/** `Code:`, `here is the email:`. */
const NAMES_KIND = new RegExp(`(?:^\\s*|${BEGIN}(?:the|my|this|following) )(?:${KINDS})(?: (?:says|is))?\\s*$`);
/** From the mark before the last sentence or line. */
const LAST_SENTENCE = /(?:[.!?:](?=\s)|\n)(?:(?![.!?:]\s|\n)[\s\S])+$/;
const ASKING = /^\s*(?:(?:please|kindly|now|just|can|could|would|will|you|hãy|nhờ|xin) )*/;
/** Behind the order, what it is for: `... translate it`, `... sửa giúp mình`. */
const BACK = new RegExp(`^\\S*(?: ${WORD}){0,2} (?:this|that|it|these|above|trên|này|giúp|hộ)${END}`);
const IS_IT = new RegExp(`^is (?:this|that|it) (?:${WORD} ){0,2}(?:correct|right|gramma)`);
const TONGUE =
  '(?:english|french|german|spanish|italian|japanese|chinese|mandarin|korean|vietnamese|portuguese|russian|arabic|hindi|greek|turkish|thai|dutch|swedish|polish|hebrew|latin|danish|norwegian|finnish|czech|hungarian|ukrainian|indonesian|malay|tagalog|swahili|urdu|bengali|persian|farsi|irish|welsh)';
/** Given without any sign: `translate thank you into French`, `how do you say thank you in French`. */
const INLINE = [
  new RegExp(`^.{0,40}\\btranslate (.+?) (?:from ${TONGUE} )?(?:in)?to ${TONGUE}\\b`),
  new RegExp(`^.{0,40}\\b(?:say|spell) (.+?) in ${TONGUE}\\b`),
  /^.{0,20}dịch (?:câu |từ |cụm từ |chữ )?(.+?) (?:sang|ra|qua) tiếng \S+/,
  /^(.+?) (?:trong )?tiếng \S+ (?:là gì|nói (?:thế nào|như thế nào|làm sao|sao|ra sao|là gì)|viết (?:thế nào|sao))/,
];

/** What a request gives, undefined for one that gives nothing. Of cleaned text (`clean`), case kept; linear. */
export function readGiven(cleaned: string): Given | undefined {
  const quoted = quotedIn(cleaned);
  const found = quoted ?? followingIn(cleaned) ?? precedingIn(cleaned) ?? inlineIn(cleaned);
  if (found === undefined) return undefined;
  const { texts, head } = found;
  const isQuoted = quoted !== undefined;
  const loose = isQuoted || !(worksOnText(head) || ON_WORDS.test(head));
  return { texts, letters: ON_LETTERS.test(head), quoted: isQuoted, loose };
}

interface Found {
  readonly texts: readonly string[];
  /** What is to be done with it, in small letters. */
  readonly head: string;
}

function quotedIn(cleaned: string): Found | undefined {
  if (!/["'`]/.test(cleaned)) return undefined;
  const head = cleaned.replace(QUOTED, ' ').toLowerCase();
  if (head.length === cleaned.length || head.length > HEAD_MAX) return undefined;
  if (!worksOnText(head) && !ON_WORDS.test(head)) return undefined;
  const texts = [...cleaned.matchAll(QUOTED)].map(([, double, single, code]) => double ?? single ?? code ?? '');
  return texts.length === 0 ? undefined : { texts, head };
}

/** Does this say that what comes next is to be worked on? */
function announces(head: string, separator: string): boolean {
  if (separator === ':')
    return worksOnText(head) || [ON_WORDS, POINTS, DEMONSTRATES, NAMES_KIND].some((pattern) => pattern.test(head));
  return worksOnText(head) && (separator === '' || POINTS.test(head));
}

function followingIn(cleaned: string): Found | undefined {
  let separators = 0;
  for (const { 0: separator, index } of cleaned.matchAll(SEPARATOR)) {
    if (index > HEAD_MAX || ++separators > SEPARATORS_MAX) return undefined;
    const rest = cleaned.slice(index + separator.length).trim();
    if (rest === '') return undefined;
    const head = cleaned.slice(0, index).toLowerCase();
    if (announces(head, separator.trim())) return { texts: [rest], head };
  }
  return undefined;
}

/** An order that points back. */
function pointsBack(head: string): boolean {
  const order = head.replace(ASKING, '');
  if (IS_IT.test(order)) return true;
  return [ON_TEXT, ON_LETTERS].some((work) => {
    const found = work.exec(order);
    return found?.index === 0 && BACK.test(order.slice(found[0].length));
  });
}

function precedingIn(cleaned: string): Found | undefined {
  const text = cleaned.trim();
  const from = Math.max(0, text.length - HEAD_MAX);
  const at = text.slice(from).search(LAST_SENTENCE);
  if (at < 0 || from + at === 0) return undefined;
  const [before, head] = [text.slice(0, from + at + 1).trim(), text.slice(from + at + 1).toLowerCase()];
  if (before === '' || !worksOnText(head) || !(POINTS.test(head) || pointsBack(head))) return undefined;
  return { texts: [before], head };
}

function inlineIn(cleaned: string): Found | undefined {
  if (cleaned.length > HEAD_MAX) return undefined;
  const text = cleaned.toLowerCase().trim();
  for (const pattern of INLINE) {
    const given = pattern.exec(text)?.[1];
    // In small letters: what stands in the midst of a request is folded when it is compared, or is spelt out.
    if (given !== undefined) return { texts: [given], head: text.replace(given, ' ') };
  }
  return undefined;
}
