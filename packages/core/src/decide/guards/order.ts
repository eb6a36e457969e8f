import { describe } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import type { Token } from '../text/tokens.ts';

const COORDINATORS = new Set('and or vs versus v & nor und et y với và hay hoặc'.split(' '));
const FRONTED = new Set(
  'in at on during for if when while because since after before until within under with without according to from into via using through trong ở tại khi nếu vì trước sau từ đến'.split(
    ' ',
  ),
);
const DETERMINERS = new Set('the a an my your his her its our their this that these those some any'.split(' '));
const PRONOUNS: ReadonlyMap<string, string> = new Map(
  Object.entries({ he: 'he', him: 'he', his: 'he', she: 'she', her: 'she', hers: 'she', i: 'i', me: 'i', you: 'you' }),
);

interface Mark {
  readonly id: string;
  /** Index of its token. */
  readonly at: number;
}

/** Words with a meaning or a role, each told from its own repetitions. */
function marksOf({ tokens }: QuestionFacts): Mark[] {
  const seen = new Map<string, number>();
  const marks: Mark[] = [];
  tokens.forEach((token, at) => {
    const id = token.content ? token.key : PRONOUNS.get(token.text);
    if (id === undefined) return;
    const n = (seen.get(id) ?? 0) + 1;
    seen.set(id, n);
    marks.push({ id: `${id}#${n}`, at });
  });
  return marks;
}

/** Skips determiners to the left: the word that governs the block starting at a token. */
function governor(tokens: readonly Token[], at: number): { word: string; afterBreak: boolean } {
  let i = at;
  while (i > 0 && tokens[i]?.afterBreak !== true && DETERMINERS.has(tokens[i - 1]?.text ?? '')) i--;
  return { word: tokens[i - 1]?.text ?? '', afterBreak: tokens[i]?.afterBreak === true };
}

interface Exchange {
  /** Marks of the stretch that changed, as the one side has them: first block, then second. */
  readonly first: readonly Mark[];
  readonly second: readonly Mark[];
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
  const [first, second] = [mid.slice(0, cut), mid.slice(cut)];
  const swapped = [...second, ...first].every(({ id }, i) => id === b[from + i]?.id);
  return swapped ? { first, second } : undefined;
}

function isCoordinated(tokens: readonly Token[], at: number): boolean {
  const { word } = governor(tokens, at);
  return COORDINATORS.has(word);
}

/** `A or B` for `B or A`, and a phrase with its own preposition moved as a whole. */
function isHarmless(a: QuestionFacts, b: QuestionFacts, marksA: readonly Mark[], marksB: readonly Mark[]): boolean {
  if (a.keys.has('respectively') || b.keys.has('respectively')) return false;
  const moved = exchange(marksA, marksB);
  if (moved === undefined) return false;
  const inB = new Map(marksB.map(({ id, at }) => [id, at]));
  const starts = [moved.first[0], moved.second[0]].map((mark) => ({
    a: mark?.at ?? 0,
    b: inB.get(mark?.id ?? '') ?? 0,
  }));
  const [first, second] = starts;
  if (first === undefined || second === undefined) return false;
  if (isCoordinated(a.tokens, second.a) && isCoordinated(b.tokens, first.b)) return true;
  return starts.some(({ a: x, b: y }) => {
    const [left, right] = [governor(a.tokens, x), governor(b.tokens, y)];
    return left.word === right.word && FRONTED.has(left.word);
  });
}

/** The agent of a passive (`was stolen by X`) as a mark id, with the index of its `by`. */
function passiveAgent(facts: QuestionFacts): { by: number; agent: string } | undefined {
  const by = facts.tokens.findIndex(
    ({ text }, i) =>
      text === 'by' && i > 1 && /(?:ed|en|wn|ne|lt|nt|ght|ld|un|ut|id|de|st)$/.test(facts.tokens[i - 1]?.text ?? ''),
  );
  if (by < 0 || !facts.tokens.slice(0, by).some(({ key }) => key === 'be')) return undefined;
  const agent = marksOf(facts).find(({ at }) => at > by);
  return agent === undefined ? undefined : { by, agent: agent.id };
}

/** One active, one passive: is who acts still who acts? Undefined when that is not the case at hand. */
function voice(active: QuestionFacts, passive: QuestionFacts): 'same' | 'swapped' | undefined {
  const agent = passiveAgent(passive);
  if (agent === undefined || passiveAgent(active) !== undefined) return undefined;
  const verb = passive.tokens[agent.by - 1]?.key;
  const marks = marksOf(active);
  const acts = marks.findIndex(({ id }) => id === agent.agent);
  const does = marks.findIndex(({ id }) => id === `${verb}#1`);
  if (acts < 0 || does < 0) return undefined;
  return acts < does ? 'same' : 'swapped';
}

/** Share of its marks that the side with more of them has in common with the other, from which order is compared. */
const SHARED_MIN = 0.75;

/** The same words in another order: who does what to whom, from where to where, which is better than which. */
export const orderGuard: Guard = {
  name: 'order',
  level: 'standard',
  differs(a, b) {
    const [allA, allB] = [marksOf(a), marksOf(b)];
    const [idsA, idsB] = [new Set(allA.map(({ id }) => id)), new Set(allB.map(({ id }) => id))];
    const marksA = allA.filter(({ id }) => idsB.has(id));
    const marksB = allB.filter(({ id }) => idsA.has(id));
    if (marksA.length < 2 || marksA.length < SHARED_MIN * Math.max(allA.length, allB.length)) return undefined;
    const turned = voice(a, b) ?? voice(b, a);
    const apart = marksA.findIndex(({ id }, i) => id !== marksB[i]?.id);
    if (apart < 0) return turned === 'swapped' ? describe(['active'], ['passive']) : undefined;
    if (turned === 'same' || isHarmless(a, b, marksA, marksB)) return undefined;
    const around = (marks: readonly Mark[]) => marks.slice(apart, apart + 3).map(({ id }) => id.replace(/#\d+$/, ''));
    return describe([around(marksA).join(' > ')], [around(marksB).join(' > ')]);
  },
};
