import { describe } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import { countBy, pairing } from '../text/counts.ts';
import { isOneEditApart } from '../text/edit-distance.ts';
import type { Mark } from '../text/marks-in-order.ts';
import { lead, marksOf, sortLists } from '../text/marks-in-order.ts';
import { asksOfAnother } from './person.ts';
import { isHarmless } from './reordered.ts';
import { bringsAnother, didItOneself, roleOf, suffersInstead } from './voice.ts';

/** Share of its words that the side with more of them has in common with the other, from which order is compared. */
const SHARED_MIN = 0.75;
/** Of long texts, which a paraphrase rearranges freely, and of Vietnamese, whose words are several tokens each. */
const SHARED_MIN_LONG = 0.9;
const LONG = 36;
/** Vietnamese from this length on is left to the verifier: its sentences move their clauses freely, and a word is several tokens. */
const LONG_VIETNAMESE = 20;

/**
 * Share of all words, those of grammar included, that both have (Dice). Who turns round what is meant changes little else; another sentence around the same
 * words may well put them otherwise: `session with a personal trainer`, `personal trainer session`.
 */
const LIKE_MIN = 0.75;
/** Of two words that change places each is soon what the other was. */
const REWRITTEN_MARKS_MIN = 3;

const TYPO_LENGTH_MIN = 5;

const keysOf = (marks: readonly Mark[]) => new Set(marks.map(({ key }) => key));

const countsOf = (marks: readonly Mark[]) => countBy(marks, ({ key }) => key);

/** The marks of one side, a misspelt word under the key that the other side spells it by, and says more often. */
function respelt(marks: readonly Mark[], others: readonly Mark[]): Mark[] {
  const [own, theirs] = [countsOf(marks), countsOf(others)];
  const unsaid = [...theirs].flatMap(([key, n]) =>
    key.length >= TYPO_LENGTH_MIN && n > (own.get(key) ?? 0) ? [key] : [],
  );
  return marks.map((mark) => {
    if (theirs.has(mark.key) || mark.key.length < TYPO_LENGTH_MIN) return mark;
    const key = unsaid.find((other) => isOneEditApart(other, mark.key) && !areDerived(other, mark.key));
    return key === undefined ? mark : { ...mark, key };
  });
}

/** `different` and `difference` are two words of one family, which stand in other places. */
const areDerived = (x: string, y: string): boolean =>
  x.slice(0, -1) === y.slice(0, -1) && /^(?:tc|ct)$/.test(`${x.at(-1)}${y.at(-1)}`);

const PRONOUN = /^(?:he|him|his|she|her|hers|they|them|their|i|me|my|we|us|our)$/;

/** Do so few words of both, those of grammar included, agree that they are two sentences rather than one turned round? */
function isRewritten(a: QuestionFacts, b: QuestionFacts, marks: number): boolean {
  if (marks < REWRITTEN_MARKS_MIN || a.language === 'vi' || b.language === 'vi') return false;
  const kind = ({ key }: { readonly key: string }) => (PRONOUN.test(key) ? 'i' : key);
  const both = b.tokens.filter(pairing(countBy(a.tokens, kind), kind));
  return (2 * both.length) / (a.tokens.length + b.tokens.length) < LIKE_MIN;
}

function shared(marks: readonly Mark[], others: readonly Mark[]): Mark[] {
  const theirs = keysOf(others);
  return marks.filter(({ key }) => theirs.has(key));
}

/** Those that the other side says as often: what one says once more is left out. */
const paired = (marks: readonly Mark[], others: readonly Mark[]): Mark[] =>
  marks.filter(pairing(countsOf(others), ({ key }) => key));

/**
 * Does one side say the marks of the other in their order, perhaps with one of them once more? Not where that takes the
 * place of a word that the other lacks: `secular states, religious`, `religious states, religious`. `foreign`: tokens of such words.
 */
function isInOrder(a: Ordered, b: Ordered): boolean {
  const [short, long] = a.marks.length <= b.marks.length ? [a, b] : [b, a];
  let at = 0;
  for (const { key } of long.marks)
    if (key === short.marks[at]?.key) at++;
    else if (isForeignBefore(short, at)) return false;
  return at === short.marks.length;
}

interface Ordered {
  readonly marks: readonly Mark[];
  /** Tokens of the marks that the other side lacks. */
  readonly foreign: readonly number[];
}

function isForeignBefore({ marks, foreign }: Ordered, at: number): boolean {
  const from = marks[at - 1]?.at ?? -1;
  const to = marks[at]?.at ?? Number.POSITIVE_INFINITY;
  return foreign.some((token) => from < token && token < to);
}

/** The same with the lists of each side in one order; what one side says once more counts, or does not. */
function listsInOrder(a: QuestionFacts, b: QuestionFacts, marksA: readonly Mark[], marksB: readonly Mark[]): boolean {
  const sorted = ({ tokens }: QuestionFacts, marks: readonly Mark[]) => ({
    marks: sortLists(tokens, marks),
    foreign: [],
  });
  return isInOrder(sorted(a, paired(marksA, marksB)), sorted(b, paired(marksB, marksA)));
}

const DIRECTIONS = new Set('from to before after into onto từ đến tới sang trước sau'.split(' '));

const TO_FROM = new Set(['to', 'from', 'từ', 'đến', 'tới']);

const SOMEWHERE = '';
const POINTING = new Set('this that these those there here it them'.split(' '));
/** Behind them `here` and `there` are where the way ends: `get here from Rome`. */
const GOING = new Set('get go come travel drive fly walk ride move return head back over'.split(' '));

/** A direction in front of what stands for a place named before: `from those`, `to there`; `get there`. */
const pointsFrom = ({ tokens }: QuestionFacts, direction: string): boolean =>
  tokens.some(({ text }, at) => {
    const next = tokens[at + 1]?.text ?? '';
    if (direction === 'to' && GOING.has(text)) return next === 'here' || next === 'there';
    return text === direction && POINTING.has(next);
  });

/** The same words in one order, `from` and `to` exchanged: `from A to B`, `to A from B`; `from A to those`, `from those to A`; `here from A`, `to A from here`. */
function turnedRound(a: QuestionFacts, b: QuestionFacts, marksA: readonly Mark[], marksB: readonly Mark[]) {
  const behind = ({ tokens }: QuestionFacts, marks: readonly Mark[]) =>
    new Map(
      marks.flatMap(({ key, at }) => {
        const direction = lead(tokens, at).findLast((word) => DIRECTIONS.has(word));
        return direction === undefined ? [] : [[direction, key] as const];
      }),
    );
  const [x, y] = [behind(a, marksA), behind(b, marksB)];
  for (const [direction, key] of x) {
    const other = [...y].find(([, where]) => where === key)?.[0];
    if (other === undefined || other === direction) continue;
    // What stands for a place may be any of them.
    const swapped = x.get(other) ?? (pointsFrom(a, other) ? SOMEWHERE : undefined);
    const there = y.get(direction) ?? (pointsFrom(b, direction) ? SOMEWHERE : undefined);
    if (swapped === undefined || there === undefined || swapped === key) continue;
    if (swapped === there || swapped === SOMEWHERE || there === SOMEWHERE)
      return describe([`${direction} ${key}`], [`${other} ${key}`]);
  }
  return undefined;
}

/** Words that `to` and `from` both stand behind in one sense, or that go with one of them alone. */
const NO_WAY = /^(?:differ|different|difference|similar|compar|distinct|separat|vari|prevent|stop|keep|apart)$/;

/** `deliver to Oslo`, `deliver from Oslo`: one place, and the other end of the way is not told. */
function otherWay(a: QuestionFacts, b: QuestionFacts): string | undefined {
  const ends = ({ tokens }: QuestionFacts) => {
    const found = new Map<string, string>();
    for (const { key, at } of marksOf(tokens)) {
      const way = lead(tokens, at).findLast((word) => TO_FROM.has(word));
      if (way !== undefined) found.set(key, found.has(key) && found.get(key) !== way ? '' : way);
    }
    return found;
  };
  if ([a, b].some(({ tokens }) => tokens.some(({ key, text }) => NO_WAY.test(key) || NO_WAY.test(text))))
    return undefined;
  const others = ends(b);
  for (const [key, way] of ends(a)) {
    const other = others.get(key);
    if (way !== '' && other !== undefined && other !== '' && other !== way)
      return describe([`${way} ${key}`], [`${other} ${key}`]);
  }
  return undefined;
}

const INTO = new Set(['to', 'into', 'sang', 'thành']);

/** `A to B`, `B to A`, whatever else is said: each comes from where the other ends. */
function otherEnd(marksA: readonly Mark[], marksB: readonly Mark[], a: QuestionFacts, b: QuestionFacts) {
  const ends = ({ tokens }: QuestionFacts, marks: readonly Mark[]) =>
    marks.filter(({ at }) => INTO.has(lead(tokens, at).at(-1) ?? ''));
  const isBefore = (marks: readonly Mark[], key: string, end: Mark) =>
    marks.some((mark) => mark.key === key && mark.at < end.at);
  for (const left of ends(a, marksA))
    for (const right of ends(b, marksB))
      if (left.key !== right.key && isBefore(marksA, right.key, left) && isBefore(marksB, left.key, right))
        return describe([`to ${left.key}`], [`to ${right.key}`]);
  return undefined;
}

const COMPARING = /^(?:vs|versus|difference|differences|differ|compare|comparison|comparing)$/;
const COMPARED_MAX = 14;

/** What is compared may come in any order: `difference between X and Y in Java`, `java Y vs X`. */
const compares = ({ tokens }: QuestionFacts): boolean =>
  tokens.length <= COMPARED_MAX && tokens.some(({ text }) => COMPARING.test(text));

const ENDS = new Set('to from into than between and or'.split(' '));

/** The one language or system that both are about may stand anywhere: `in Python`, `python: ...`. */
function withoutTopic(a: QuestionFacts, b: QuestionFacts): (mark: Mark) => boolean {
  const [topic, ...more] = new Set([...a.tech, ...b.tech]);
  if (topic === undefined || more.length > 0) return () => true;
  const isEnd = ({ tokens }: QuestionFacts) =>
    tokens.some(
      ({ key, text }, at) => (key === topic || text === topic) && lead(tokens, at).some((word) => ENDS.has(word)),
    );
  if (isEnd(a) || isEnd(b)) return () => true;
  const keys = new Set(
    [...a.tokens, ...b.tokens].flatMap(({ key, text }) => (key === topic || text === topic ? [key] : [])),
  );
  return ({ key }) => !keys.has(key);
}

/** The same words in another order: who does what to whom, from where to where, which is better than which. */
export const orderGuard: Guard = {
  name: 'order',
  level: 'standard',
  differs(a, b) {
    const vietnamese = a.language === 'vi' && b.language === 'vi';
    if (vietnamese && Math.min(a.tokens.length, b.tokens.length) >= LONG_VIETNAMESE) return undefined;
    if (bringsAnother(a.tokens, b.tokens) || bringsAnother(b.tokens, a.tokens)) return 'who is to do it';
    if (asksOfAnother(a, b)) return 'of who asks, or of who is asked';
    if (compares(a) && compares(b)) return undefined;
    const isPlaced = withoutTopic(a, b);
    const allA = marksOf(a.tokens).filter(isPlaced);
    const allB = respelt(marksOf(b.tokens).filter(isPlaced), allA);
    const [marksA, marksB] = [shared(allA, allB), shared(allB, allA)];
    const long = Math.min(a.tokens.length, b.tokens.length) >= LONG || a.language === 'vi';
    const sharedMin = (long ? SHARED_MIN_LONG : SHARED_MIN) * Math.max(allA.length, allB.length);
    if (marksA.length < sharedMin) return otherWay(a, b);
    const turned = () =>
      turnedRound(a, b, marksA, marksB) ??
      turnedRound(b, a, marksB, marksA) ??
      otherWay(a, b) ??
      otherEnd(marksA, marksB, a, b);
    if (marksA.length < 2) return turned();
    const role = roleOf(a.tokens, b.tokens);
    if (role === 'same') return undefined;
    if (didItOneself(a.tokens, b.tokens) || didItOneself(b.tokens, a.tokens)) return 'done by who asks, or to them';
    const foreign = (all: readonly Mark[], others: readonly Mark[]) => {
      const theirs = keysOf(others);
      return all.filter(({ key }) => !theirs.has(key)).map(({ at }) => at);
    };
    const inOrder = isInOrder(
      { marks: marksA, foreign: foreign(allA, allB) },
      { marks: marksB, foreign: foreign(allB, allA) },
    );
    if (inOrder || listsInOrder(a, b, marksA, marksB)) {
      const swapped = role === 'swapped' || suffersInstead(a.tokens, b.tokens) || suffersInstead(b.tokens, a.tokens);
      if (swapped) return 'active and passive with the same subject';
      return turned();
    }
    if (isHarmless(a, b, paired(marksA, marksB), paired(marksB, marksA))) return undefined;
    if (isRewritten(a, b, marksA.length)) return turned();
    const apart = marksA.findIndex(({ key }, i) => key !== marksB[i]?.key);
    const around = (facts: QuestionFacts, marks: readonly Mark[]) =>
      marks.slice(apart, apart + 3).map(({ at }) => facts.tokens[at]?.text);
    return describe([around(a, marksA).join(' > ')], [around(b, marksB).join(' > ')]);
  },
};
