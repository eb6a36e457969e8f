import { membershipsOf } from '../words/siblings.ts';
import type { Token } from './tokens.ts';

/** A word whose place among the others says who does what. */
export interface Mark {
  /** Forms of one word share it. */
  readonly key: string;
  /** Key, with a number that tells repetitions apart. */
  readonly id: string;
  /** Index of its token. */
  readonly at: number;
}

const DETERMINERS = new Set('the a an my your his her its our their this that these those some any'.split(' '));
const THIRD: Readonly<Record<string, string>> = { he: 'he', him: 'he', his: 'he', she: 'she', her: 'she', hers: 'she' };
const FIRST_SECOND: Readonly<Record<string, string>> = { i: 'i', me: 'i', you: 'you' };
/** Words that may stand in several places and mean the same. */
const MOVABLE = new Set(
  'best better good great most more least less many however out up off down away back usually often always sometimes please ever again later earlier sooner soon early now today difference differences differ different mean means meaning explain explanation compare comparison example examples today tomorrow yesterday tonight already yet still just instead together online myself yourself cũng đã đang sẽ còn rất nhất hơn để bị lại nữa mới'.split(
    ' ',
  ),
);

/** `this month's bill`, `my bill this month`: which month is for the guard of dates. */
const PERIOD = /^(?:day|week|weekend|month|quarter|semester|season|year|morning|evening)$/;
const WHICH = /^(?:this|last|next)$/;

/** `Japanese citizens` and `citizens in Japan` hold one place. */
const countryOf = ({ text }: Token) => membershipsOf(text).find(({ group }) => group === 'country')?.member;

function markOf(
  token: Token,
  before: Token | undefined,
  next: Token | undefined,
  persons: boolean,
): string | undefined {
  const pronoun = THIRD[token.text] ?? (persons ? FIRST_SECOND[token.text] : undefined);
  if (pronoun !== undefined) return pronoun;
  const country = token.text === 'us' && token.surface !== 'US' ? undefined : countryOf(token);
  if (country !== undefined) return country;
  if (!token.content || MOVABLE.has(token.text)) return undefined;
  if (PERIOD.test(token.text) && WHICH.test(before?.text ?? '')) return undefined;
  // "Holly was", but not "Historically, it was".
  const isNamed = token.surface !== token.text && next?.afterBreak !== true;
  return token.text.length > 4 && token.text.endsWith('ly') && !isNamed ? undefined : token.key;
}

const isDatePart = (token: Token | undefined) =>
  token?.kind === 'number' || membershipsOf(token?.text ?? '').some(({ group }) => group === 'month');

/** The marks of a question in order; the parts of a date always in one order, whichever the country's habit. */
export function marksOf(tokens: readonly Token[]): Mark[] {
  const words = new Set(tokens.map(({ text }) => text));
  const persons = (words.has('i') || words.has('me')) && words.has('you');
  const seen = new Map<string, number>();
  const marks: Mark[] = [];
  tokens.forEach((token, at) => {
    const key = markOf(token, tokens[at - 1], tokens[at + 1], persons);
    if (key === undefined) return;
    const n = (seen.get(key) ?? 0) + 1;
    seen.set(key, n);
    marks.push({ key, id: `${key}#${n}`, at });
  });
  return sortDates(tokens, marks);
}

function sortRuns(
  marks: readonly Mark[],
  isRun: (from: number, to: number) => boolean,
  joins: (i: number) => boolean,
): Mark[] {
  const sorted: Mark[] = [];
  for (let from = 0; from < marks.length; ) {
    let to = from + 1;
    while (to < marks.length && joins(to)) to++;
    const run = marks.slice(from, to);
    sorted.push(...(to - from > 1 && isRun(from, to) ? run.sort((x, y) => (x.id < y.id ? -1 : 1)) : run));
    from = to;
  }
  return sorted;
}

function sortDates(tokens: readonly Token[], marks: readonly Mark[]): Mark[] {
  const part = (i: number) => isDatePart(tokens[marks[i]?.at ?? -1]);
  const joins = (i: number) => part(i) && part(i - 1) && (marks[i]?.at ?? 0) - (marks[i - 1]?.at ?? 0) === 1;
  const isRun = (from: number, to: number) =>
    marks.slice(from, to).some(({ at }) => tokens[at]?.kind === 'word') && to - from <= 3;
  return sortRuns(marks, isRun, joins);
}

const LIST = new Set(['and', 'or', '&', 'và', 'hay', 'hoặc']);

/** Lists of single words (`a, b and c`) that stand free on both sides say the same in any order. */
export function sortLists(tokens: readonly Token[], marks: readonly Mark[]): Mark[] {
  const at = (i: number) => marks[i]?.at ?? -1;
  const joins = (i: number) => {
    const between = tokens.slice(at(i - 1) + 1, at(i));
    return between.length === 0
      ? tokens[at(i)]?.afterBreak === true && at(i) === at(i - 1) + 1
      : between.every(({ text }) => LIST.has(text) || DETERMINERS.has(text)) &&
          between.some(({ text }) => LIST.has(text));
  };
  const isFree = (from: number, to: number) => {
    const [before, first, after] = [tokens[at(from) - 1], tokens[at(from)], tokens[at(to - 1) + 1]];
    const openLeft = before === undefined || !before.content || first?.afterBreak === true;
    return openLeft && (after === undefined || !after.content || after.afterBreak);
  };
  const isRun = (from: number, to: number) =>
    isFree(from, to) && tokens.slice(at(from), at(to - 1)).some(({ text }) => LIST.has(text));
  return sortRuns(marks, isRun, joins);
}

/** Words that a phrase may begin with wherever in the sentence it stands. */
export const PREPOSITIONS = new Set(
  'in at on during for if when while because since after before until within under with without to from into via using through trong ở tại khi nếu vì trước sau từ đến'.split(
    ' ',
  ),
);

const isLight = (token: Token | undefined) => token !== undefined && (!token.content || MOVABLE.has(token.text));

/** The function words right before a block, determiners left out: `if i` for "if I forgot". */
export function lead(tokens: readonly Token[], at: number): string[] {
  const found: string[] = [];
  for (let i = at; i > 0 && tokens[i]?.afterBreak !== true && isLight(tokens[i - 1]); i--) {
    const { text } = tokens[i - 1] as Token;
    if (!DETERMINERS.has(text) && !MOVABLE.has(text)) found.unshift(text);
  }
  const own = found.findLastIndex((word) => PREPOSITIONS.has(word));
  return own > 0 ? found.slice(own) : found;
}
