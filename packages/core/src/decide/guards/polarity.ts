import { describe, missingIn } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import type { Token } from '../text/tokens.ts';
import { areOpposites } from '../words/antonyms.ts';

const NEGATORS = new Set(
  'not no non never none nobody nothing nowhere neither nor without unable incapable impossible against exclude excludes excluded excluding prevent prevents prevented preventing avoid avoids avoided avoiding absence immune barred forbidden barely scarcely fail fails failed failing lack lacks lacking lacked refuse refuses refused hardly không chẳng chả chưa đừng chớ khong'.split(
    ' ',
  ),
);
/** Vietnamese words of two syllables in which `không` denies nothing: air, space, aviation. */
const AFTER_KHONG = new Set('gian khí quân trung phận vận khi lực tưởng'.split(' '));
const BEFORE_KHONG = new Set('hàng hay hoặc trên số được có phải'.split(' '));

interface Negation {
  /** Key of the word it denies. */
  readonly head: string | undefined;
  /** Behind the verb of a question (`why can't penguins fly`), where the subject comes before what is denied. */
  readonly inverted: boolean;
  /** For people. */
  readonly label: string;
}

function denies({ tokens, language }: QuestionFacts, i: number): boolean {
  const { text } = tokens[i] ?? { text: '' };
  const next = tokens[i + 1];
  const before = tokens[i - 1]?.text ?? '';
  if (!NEGATORS.has(text) || (text === 'no' && (language === 'vi' || next?.text === 'of'))) return false;
  if (text === 'không' || text === 'khong') {
    const last = next === undefined || next.afterBreak;
    return !last && !AFTER_KHONG.has(next.text) && !(BEFORE_KHONG.has(before) && (last || before === 'hàng'));
  }
  if (text === 'chưa') return next !== undefined && !next.afterBreak;
  if (text === 'no' && next?.kind === 'number') return false;
  if (text === 'not') return next?.text !== 'only' && !(before === 'or' && (next === undefined || next.afterBreak));
  if (text === 'no') return !(before === 'or' && (next === undefined || next.afterBreak)) && before !== 'yes';
  return true;
}

const ASKS = /^(?:why|how|what|when|where|who|which)$/;

function negationsOf(facts: QuestionFacts): Negation[] {
  const found: Negation[] = [];
  facts.tokens.forEach((token, i) => {
    if (!denies(facts, i)) return;
    const head = facts.tokens.slice(i + 1, i + 5).find(({ content }) => content);
    const inverted = i > 0 && (i === 1 || ASKS.test(facts.tokens[i - 2]?.text ?? ''));
    found.push({ head: head?.key, inverted, label: `${token.text} ${head?.text ?? ''}`.trim() });
  });
  return found;
}

const opposed = (x: Token, y: Token) => areOpposites(x.text, y.text) || areOpposites(x.key, y.key);
const isForm = (x: Token, y: Token) => {
  const [short, long] = x.text.length <= y.text.length ? [x.text, y.text] : [y.text, x.text];
  return /^.?(?:e?r|e?st)$/.test(long.slice(short.length)) && long.startsWith(short);
};

/** The words of one side that may find their opposite on the other. */
function candidates(a: QuestionFacts, b: QuestionFacts): Token[] {
  return missingIn(a, b).filter(({ text, kind }) => kind === 'word' && !NEGATORS.has(text));
}

/** Pairs of opposite words, one on each side. */
function oppositesBetween(a: QuestionFacts, b: QuestionFacts): [string, string][] {
  const [left, right] = [candidates(a, b), candidates(b, a)];
  // `bigger` answers to `big` first, whatever opposite stands beside it.
  const open = right.filter((y) => !left.some((x) => isForm(x, y)));
  const pairs: [string, string][] = [];
  for (const x of left) {
    if (right.some((y) => isForm(x, y))) continue;
    const at = open.findIndex((y) => opposed(x, y));
    if (at >= 0) pairs.push([x.text, open.splice(at, 1)[0]?.text ?? '']);
  }
  return pairs;
}

/** From this many tokens on both sides, a denial counts only when the other side affirms the very word. */
const LONG = 28;
/** Vietnamese says `không` in many phrases that deny nothing (`không ít`: many), and long sentences are reworded around them. */
const LONG_VIETNAMESE = 14;

function affirms(facts: QuestionFacts, denied: Negation, own: readonly Negation[]): boolean {
  return denied.head === undefined || (facts.keys.has(denied.head) && !own.some(({ head }) => head === denied.head));
}

/** As many denials on both sides, but each of a word that the other affirms: `not asked how to vote`, `asked how not to`. */
function movedDenial(
  a: QuestionFacts,
  b: QuestionFacts,
  left: readonly Negation[],
  right: readonly Negation[],
): string | undefined {
  const moved = (n: Negation, facts: QuestionFacts, own: readonly Negation[]) =>
    n.head !== undefined && !n.inverted && affirms(facts, n, own);
  const [here, there] = [left.find((n) => moved(n, b, right)), right.find((n) => moved(n, a, left))];
  return here === undefined || there === undefined ? undefined : describe([here.label], [there.label]);
}

/** One question denies what the other does not. A denial with an opposite word (`not negative`, `positive`) is none. */
export const negationGuard: Guard = {
  name: 'negation',
  level: 'standard',
  differs(a, b) {
    const left = negationsOf(a);
    const right = negationsOf(b);
    if (left.length === right.length) return movedDenial(a, b, left, right);
    if (Math.abs(left.length - right.length) === 1 && oppositesBetween(a, b).length === 1) return undefined;
    const vietnamese = a.language === 'vi' && b.language === 'vi';
    const long = Math.min(a.tokens.length, b.tokens.length) >= (vietnamese ? LONG_VIETNAMESE : LONG);
    const clash = left.some((n) => affirms(b, n, right)) || right.some((n) => affirms(a, n, left));
    if (long && !clash) return undefined;
    return describe(
      left.map(({ label }) => label),
      right.map(({ label }) => label),
    );
  },
};

/** Opposite words: best and worst, buy and sell, legal and illegal, before and after. */
export const antonymGuard: Guard = {
  name: 'antonym',
  level: 'standard',
  differs(a, b) {
    const pairs = oppositesBetween(a, b);
    if (pairs.length === 0) return undefined;
    if (pairs.length === 1 && Math.abs(negationsOf(a).length - negationsOf(b).length) === 1) return undefined;
    return describe(
      pairs.map(([x]) => x),
      pairs.map(([, y]) => y),
    );
  },
};
