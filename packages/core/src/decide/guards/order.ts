import { describe } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import type { Mark } from '../text/marks-in-order.ts';
import { lead, marksOf, PREPOSITIONS, sortLists } from '../text/marks-in-order.ts';
import type { Token } from '../text/tokens.ts';
import { roleOf } from './voice.ts';

const COORDINATORS = new Set('and or vs versus v & nor und et y với và hay hoặc'.split(' '));
/** `examples of cultural boundaries`: the phrase behind is the compound's first part elsewhere. */
const COMPOUND = new Set('of in for by on at about to s'.split(' '));
const RELATIVE = new Set(['who', 'which', 'that']);

/** Two neighbouring blocks that changed places, as token indices in either question. */
interface Exchange {
  readonly firstA: number;
  readonly secondA: number;
  readonly firstB: number;
  /** Last token of the block that comes first in `b`. */
  readonly secondEndB: number;
  readonly secondB: number;
}

/** The stretch between the common beginning and end, when it is two blocks that changed places. */
function exchange(a: readonly Mark[], b: readonly Mark[]): Exchange | undefined {
  let from = 0;
  while (from < a.length && a[from]?.id === b[from]?.id) from++;
  let to = a.length;
  while (to > from && a[to - 1]?.id === b[to - 1]?.id) to--;
  const mid = a.slice(from, to);
  const cut = mid.findIndex(({ id }) => id === b[from]?.id);
  if (cut <= 0) return undefined;
  const swapped = [...mid.slice(cut), ...mid.slice(0, cut)].every(({ id }, i) => id === b[from + i]?.id);
  if (!swapped) return undefined;
  const size = mid.length - cut;
  const at = (marks: readonly Mark[], i: number) => marks[i]?.at ?? 0;
  return {
    firstA: at(a, from),
    secondA: at(a, from + cut),
    secondB: at(b, from),
    secondEndB: at(b, from + size - 1),
    firstB: at(b, from + size),
  };
}

/** One side says `X of Y` (or `X who is Y`), the other `Y X`. */
function isCompound(a: readonly Token[], b: readonly Token[], moved: Exchange): boolean {
  const words = lead(a, moved.secondA);
  const linked =
    COMPOUND.has(words.at(-1) ?? '') ||
    words.join() === 'is' ||
    words.join() === 'are' ||
    (RELATIVE.has(words[0] ?? '') && /^(?:is|are|was|were|has|have)$/.test(words.at(-1) ?? ''));
  const adjacent = b.slice(moved.secondEndB + 1, moved.firstB).every(({ kind, content }) => kind === 'word' && content);
  return linked && adjacent && b[moved.firstB]?.afterBreak !== true;
}

/** Two phrases, one of them with its own preposition, that changed places and kept the words they hang on. */
function isFronted(a: readonly Token[], b: readonly Token[], moved: Exchange): boolean {
  const first = lead(a, moved.firstA);
  const second = lead(a, moved.secondA);
  const kept =
    first.join(' ') === lead(b, moved.firstB).join(' ') && second.join(' ') === lead(b, moved.secondB).join(' ');
  return kept && [...first, ...second].some((word) => PREPOSITIONS.has(word));
}

/** `what do you think is`, `according to you`. */
function isOpinion(a: readonly Token[], b: readonly Token[]): boolean {
  const thinks = (tokens: readonly Token[]) => tokens.some(({ key }) => /^(?:think|believ|consider|say)$/.test(key));
  const according = (tokens: readonly Token[]) => tokens.some(({ text }) => text === 'according');
  return (thinks(a) && according(b) && !according(a)) || (thinks(b) && according(a) && !according(b));
}

/** `Is A longer than B?`, `What is longer, B or A?` */
function isChoice(a: readonly Token[], b: readonly Token[]): boolean {
  const has = (tokens: readonly Token[], word: string) => tokens.some(({ text }) => text === word);
  const [x, y] = [has(a, 'than'), has(b, 'than')];
  return x !== y && has(x ? b : a, 'or');
}

/** Changes of order that change nothing. */
function isHarmless(a: QuestionFacts, b: QuestionFacts, marksA: readonly Mark[], marksB: readonly Mark[]): boolean {
  if (a.keys.has('respectively') || b.keys.has('respectively')) return false;
  if (isChoice(a.tokens, b.tokens) || isOpinion(a.tokens, b.tokens)) return true;
  const moved = exchange(marksA, marksB);
  const back = exchange(marksB, marksA);
  if (moved === undefined || back === undefined) return false;
  const coordinated = (tokens: readonly Token[], at: number) => COORDINATORS.has(lead(tokens, at).at(-1) ?? '');
  if (coordinated(a.tokens, moved.secondA) && coordinated(b.tokens, moved.firstB)) return true;
  return (
    isCompound(a.tokens, b.tokens, moved) ||
    isCompound(b.tokens, a.tokens, back) ||
    isFronted(a.tokens, b.tokens, moved)
  );
}

/** Share of its words that the side with more of them has in common with the other, from which order is compared. */
const SHARED_MIN = 0.75;
/** Of long texts, which a paraphrase rearranges freely, and of Vietnamese, whose words are several tokens each. */
const SHARED_MIN_LONG = 0.9;
const LONG = 36;
/** Vietnamese from this length on is left to the verifier: its sentences move their clauses freely, and a word is several tokens. */
const LONG_VIETNAMESE = 20;

/** The same words in another order: who does what to whom, from where to where, which is better than which. */
export const orderGuard: Guard = {
  name: 'order',
  level: 'standard',
  differs(a, b) {
    const vietnamese = a.language === 'vi' && b.language === 'vi';
    if (vietnamese && Math.min(a.tokens.length, b.tokens.length) >= LONG_VIETNAMESE) return undefined;
    const [allA, allB] = [marksOf(a.tokens), marksOf(b.tokens)];
    const [idsA, idsB] = [new Set(allA.map(({ id }) => id)), new Set(allB.map(({ id }) => id))];
    const marksA = allA.filter(({ id }) => idsB.has(id));
    const marksB = allB.filter(({ id }) => idsA.has(id));
    const long = Math.min(a.tokens.length, b.tokens.length) >= LONG || a.language === 'vi';
    const sharedMin = (long ? SHARED_MIN_LONG : SHARED_MIN) * Math.max(allA.length, allB.length);
    if (marksA.length < 2 || marksA.length < sharedMin) return undefined;
    const role = roleOf(a.tokens, b.tokens);
    if (role === 'same') return undefined;
    const listsB = sortLists(b.tokens, marksB);
    const apart = sortLists(a.tokens, marksA).findIndex(({ id }, i) => id !== listsB[i]?.id);
    if (apart < 0) return role === 'swapped' ? 'active and passive with the same subject' : undefined;
    if (isHarmless(a, b, marksA, marksB)) return undefined;
    const around = (facts: QuestionFacts, marks: readonly Mark[]) =>
      marks.slice(apart, apart + 3).map(({ at }) => facts.tokens[at]?.text);
    return describe([around(a, marksA).join(' > ')], [around(b, marksB).join(' > ')]);
  },
};
