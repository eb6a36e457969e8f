import type { QuestionFacts } from '../facts.ts';
import { isOneEditApart } from '../text/edit-distance.ts';
import type { Token } from '../text/tokens.ts';
import { words } from '../words/lines.ts';

const NEGATORS = new Set(
  words(`
not no non never none nobody nothing nowhere neither nor without unable incapable impossible against
except excepting exclude excludes excluded excluding prevent prevents prevented preventing avoid avoids avoided avoiding
absence immune barred forbidden barely scarcely fail fails failed failing lack lacks lacking lacked refuse refuses refused hardly
không chẳng chả chưa đừng chớ khong tránh cấm
`),
);
/** Words that deny where the other side has a denial, and are no denial by themselves: `stop`, `hết` for `không còn`. */
const MAY_DENY = new Set(
  words(`
stop stops stopped stopping quit quits quitting cease ceases ceased deter deters deterred halt overcome protect combat
hết thôi ngừng dừng khó thiếu hiếm mất né ngăn ngừa phòng chống
`),
);
/** Vietnamese words of two syllables in which `không` or `chẳng` denies nothing: air, space, aviation, for example. */
const AFTER_KHONG = new Set('gian khí quân trung phận vận khi lực tưởng may lẽ hạn'.split(' '));
/** `không ít` is many, `không ngừng` without end: the word is denied only beside the word alone. */
const LITOTES = new Set('ít nhỏ hiếm kém thua ngừng khỏi ngờ chỉ'.split(' '));
/** Of `không những ... mà còn`, as of `không chỉ`. */
const NOT_ONLY = new Set('những riêng'.split(' '));
/** Syllables of a Vietnamese verb phrase that stand between the denial and what is denied. */
const LIGHT = new Set('thể hề cần còn từng'.split(' '));

export interface Negation {
  /** Key of the word it denies. */
  readonly head: string | undefined;
  /** Behind the verb of a question (`why can't penguins fly`), where the subject comes before what is denied. */
  readonly inverted: boolean;
  /** A way to say much or not only: counts only beside a text that says the denied word alone. */
  readonly litotes: boolean;
  /** `stop smoking`: counts only beside a text that says `smoke` and no word that may deny. */
  readonly ceases?: boolean;
  /** For people. */
  readonly label: string;
}

export const isNegator = (text: string): boolean => NEGATORS.has(text);

/** May this word stand for a denial that the other side has? */
export const mayDeny = ({ text, glued }: Token): boolean => MAY_DENY.has(text) || (text === 'free' && glued);

const isLast = (next: Token | undefined): boolean => next === undefined || next.afterBreak;

/** `không thể không`, `không phải không có`: two denials that affirm. */
const isDouble = (tokens: readonly Token[], i: number): boolean =>
  tokens[i]?.text === 'không' && /^(?:thể|phải)$/.test(tokens[i + 1]?.text ?? '') && tokens[i + 2]?.text === 'không';

function deniesVietnamese({ tokens }: QuestionFacts, i: number): boolean {
  const text = tokens[i]?.text ?? '';
  const next = tokens[i + 1];
  if (text === 'chưa') return !isLast(next);
  // `không may mắn` is a denial, `không may` a misfortune.
  if (AFTER_KHONG.has(next?.text ?? '') && tokens[i + 2]?.text !== 'mắn') return false;
  if (isDouble(tokens, i) || isDouble(tokens, i - 2)) return false;
  if (text === 'chẳng' || text === 'chả') return true;
  // `hàng không`: aviation
  return !isLast(next) && tokens[i - 1]?.text !== 'hàng';
}

/** `exist or not exist`, `whether or not`: both are asked about. */
function isAlternative({ tokens }: QuestionFacts, i: number): boolean {
  if (tokens[i - 1]?.text !== 'or') return false;
  const denied = tokens[i + 1];
  if (isLast(denied) || tokens[i - 2]?.text === 'whether') return true;
  return tokens.slice(0, i).some(({ key, content }) => content && key === denied?.key);
}

/** `insured against theft`, `appeal against a fine`: no denial. */
const TAKES_AGAINST =
  /^(?:insur|insuranc|cover|protect|appeal|complain|complaint|vaccinat|vaccination|guard|secur|claim|object|win|lose|play|leak|discrimin|hedg)$/;
const AGAINST_WITHIN = 4;

function denies(facts: QuestionFacts, i: number): boolean {
  const { tokens, language } = facts;
  const text = tokens[i]?.text ?? '';
  const next = tokens[i + 1];
  const before = tokens[i - 1]?.text ?? '';
  if (text === 'yet' && next?.text === 'to') return true;
  // "with out"
  if (text === 'out' && before === 'with' && !isLast(next)) return true;
  if (!NEGATORS.has(text) || (text === 'no' && (language === 'vi' || next?.text === 'of'))) return false;
  if (/^(?:không|khong|chưa|chẳng|chả)$/.test(text)) return deniesVietnamese(facts, i);
  if (/^(?:not?|non)$/.test(text) && isAlternative(facts, i)) return false;
  if (text === 'against')
    return !tokens.slice(Math.max(0, i - AGAINST_WITHIN), i).some(({ key }) => TAKES_AGAINST.test(key));
  // "If not, why?"
  if (text === 'not') return !(before === 'if' && isLast(next));
  if (text === 'no')
    return next?.kind !== 'number' && before !== 'yes' && !/^(?:matter|doubt|wonder)$/.test(next?.text ?? '');
  return true;
}

const ASKS = /^(?:why|how|what|when|where|who|which)$/;

function negationAt({ tokens, language }: QuestionFacts, i: number): Negation {
  const text = tokens[i]?.text ?? '';
  const next = tokens[i + 1]?.text ?? '';
  // `không phải là điều dễ` denies all that follows.
  const inverted = (i > 0 && (i === 1 || ASKS.test(tokens[i - 2]?.text ?? ''))) || next === 'phải';
  const made = (head: string | undefined, litotes: boolean, said: string) => ({
    head,
    inverted,
    litotes,
    label: `${text} ${said}`.trim(),
  });
  if (text === 'not' && next === 'only') return made('only', true, next);
  if (text === 'không' || text === 'chẳng') {
    if (NOT_ONLY.has(next)) return made('chỉ', true, next);
    // `không hề nhỏ`, `không thể thiếu`
    const at = LIGHT.has(next) || next === 'phải' ? i + 2 : i + 1;
    const said = tokens[at];
    if (said !== undefined && (LITOTES.has(said.text) || (next === 'thể' && said.text === 'thiếu')))
      return made(said.key, true, said.text);
  }
  const isLight = ({ text: word }: Token) => language === 'vi' && LIGHT.has(word);
  const head = tokens.slice(i + 1, i + 5).find((token) => token.content && !isLight(token));
  return made(head?.key, false, head?.text ?? '');
}

const CEASES = /^(?:stop|quit|ceas)$/;
/** How far behind `stop` the verb may be: `stop my dog from biting`. */
const CEASED_WITHIN = 4;

function cessationAt({ tokens }: QuestionFacts, i: number): Negation | undefined {
  if (!CEASES.test(tokens[i]?.key ?? '')) return undefined;
  const verb = tokens
    .slice(i + 1, i + 1 + CEASED_WITHIN)
    .find(({ text, key, content }) => content && text.endsWith('ing') && text !== key);
  if (verb === undefined) return undefined;
  return { head: verb.key, inverted: false, litotes: true, ceases: true, label: `stop ${verb.text}` };
}

/** Does the text speak of an end in words of its own: `quit`, `keep ... from`, or `stop` misspelt? */
export function mayCease({ tokens }: QuestionFacts): boolean {
  const keep = tokens.findIndex(({ key }) => key === 'keep');
  if (keep >= 0 && tokens.some(({ text }, i) => i > keep && text === 'from')) return true;
  return tokens.some((token) => mayDeny(token) || isOneEditApart(token.text, 'stop'));
}

/** What a question denies, in order. */
export function negationsOf(facts: QuestionFacts): Negation[] {
  return [...facts.tokens.keys()].flatMap((i) =>
    denies(facts, i) ? [negationAt(facts, i)] : (cessationAt(facts, i) ?? []),
  );
}
