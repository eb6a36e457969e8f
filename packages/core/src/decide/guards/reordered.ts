import type { QuestionFacts } from '../facts.ts';
import { lead, type Mark, PREPOSITIONS } from '../text/marks-in-order.ts';
import type { Token } from '../text/tokens.ts';
import { membershipsOf } from '../words/siblings.ts';

const COORDINATORS = new Set('and or vs versus v & nor und et y với và hay hoặc'.split(' '));
/** `examples of cultural boundaries`: the phrase behind is the compound's first part elsewhere. */
const COMPOUND = new Set('of in for by on at about to s'.split(' '));
const RELATIVE = new Set(['who', 'which', 'that']);

/** Two neighbouring blocks that changed places, as token indices in either question. */
interface Exchange {
  readonly firstA: number;
  /** Last token of the block that comes first in `a`. */
  readonly firstEndA: number;
  readonly secondA: number;
  /** Marks in the block that comes second in `a`. */
  readonly secondSize: number;
  readonly firstB: number;
  /** Last token of the block that comes first in `b`. */
  readonly secondEndB: number;
  readonly secondB: number;
  /** The two blocks are all that both questions say. */
  readonly whole: boolean;
}

const isTurned = (mid: readonly Mark[], cut: number, other: readonly Mark[]): boolean =>
  [...mid.slice(cut), ...mid.slice(0, cut)].every(({ key }, i) => key === other[i]?.key);

/** How far a word that both blocks hold may hide where they end: `real gas and ideal gas`. */
const HIDDEN_MAX = 2;

/** The stretch between the common beginning and end, when it is two blocks that changed places. */
function exchange(a: readonly Mark[], b: readonly Mark[]): Exchange | undefined {
  if (a.length !== b.length) return undefined;
  let from = 0;
  while (from < a.length && a[from]?.key === b[from]?.key) from++;
  let to = a.length;
  while (to > from && a[to - 1]?.key === b[to - 1]?.key) to--;
  for (let more = 0; more <= HIDDEN_MAX && to + more <= a.length; more++)
    for (let less = 0; less <= HIDDEN_MAX && less <= from; less++) {
      const found = exchangeWithin(a, b, from - less, to + more);
      if (found !== undefined) return found;
    }
  return undefined;
}

function exchangeWithin(a: readonly Mark[], b: readonly Mark[], from: number, to: number): Exchange | undefined {
  const mid = a.slice(from, to);
  const other = b.slice(from, to);
  const cut = mid.findIndex((_, i) => i > 0 && isTurned(mid, i, other));
  if (cut < 0) return undefined;
  const size = mid.length - cut;
  const at = (marks: readonly Mark[], i: number) => marks[i]?.at ?? 0;
  return {
    firstA: at(a, from),
    firstEndA: at(a, from + cut - 1),
    secondA: at(a, from + cut),
    secondSize: size,
    secondB: at(b, from),
    secondEndB: at(b, from + size - 1),
    firstB: at(b, from + size),
    whole: from === 0 && to === a.length,
  };
}

/** `died in`, `won at`: what stands behind a verb is no part of a compound; `speaking in public` is. */
const isVerbForm = (token: Token | undefined) =>
  token !== undefined && token.text !== token.key && !/(?:s|e|ing)$/.test(token.text);

const isAdjoined = (tokens: readonly Token[], from: number, to: number) =>
  tokens.slice(from, to).every(({ kind, content }) => kind === 'word' && content);

/** One side says `X of Y` (or `X who is Y`), the other `Y X`. */
function isCompound(a: readonly Token[], b: readonly Token[], moved: Exchange): boolean {
  const words = lead(a, moved.secondA);
  const link = words.at(-1) ?? '';
  const described = /^(?:is|are)$/.test(words.join()) && isAdjoined(a, moved.firstA, moved.firstEndA);
  const linked =
    link === 'of' ||
    (COMPOUND.has(link) && !isVerbForm(a[moved.firstEndA])) ||
    (RELATIVE.has(words[0] ?? '') && /^(?:is|are|was|were|has|have)$/.test(link));
  if (!linked && !described) return false;
  // "What does stress lead to?", "What leads to stress?"
  if (link === 'to' && b.slice(0, moved.secondB).some(({ key }) => key === 'do')) return false;
  return isAdjoined(b, moved.secondEndB + 1, moved.firstB) && b[moved.firstB]?.afterBreak !== true;
}

const isDated = (token: Token | undefined): boolean =>
  token?.kind === 'number' || membershipsOf(token?.text ?? '').some(({ group }) => group === 'month');

/**
 * Two phrases, one of them with its own preposition, that changed places and kept the words they hang on. Where both have
 * the same one, only the place says which is which (`binding in Caen and in Paris typography`), but for a date.
 */
function isFronted(a: readonly Token[], b: readonly Token[], moved: Exchange): boolean {
  const [first, second] = [lead(a, moved.firstA).join(' '), lead(a, moved.secondA).join(' ')];
  const kept = first === lead(b, moved.firstB).join(' ') && second === lead(b, moved.secondB).join(' ');
  if (first === second && !isDated(a[moved.firstA]) && !isDated(a[moved.secondA])) return false;
  return kept && `${first} ${second}`.split(' ').some((word) => PREPOSITIONS.has(word));
}

const BE = /^(?:is|are|was|were|be|been|being|get|gets|got)$/;
const ANYONE = /^(?:i|you|we|one|they|people|someone|somebody|to)$/;

/** `How is it made?`, `How do you make it?`: a passive that names nobody, and an active whose subject is anybody. */
function isUnnamedPassive(passive: readonly Token[], active: readonly Token[], moved: Exchange): boolean {
  const verb = passive[moved.secondA];
  if (moved.secondSize !== 1 || verb === undefined || verb.text === verb.key) return false;
  if (passive.some(({ text }, at) => text === 'by' && !/^(?:when|then|now|law)$/.test(passive[at + 1]?.text ?? '')))
    return false;
  const helped = [...lead(passive, moved.firstA), ...lead(passive, moved.secondA)].some((word) => BE.test(word));
  return helped && ANYONE.test(lead(active, moved.secondB).at(-1) ?? '');
}

/** `Born in Rome, Ann ...`, `Ann was born in Rome and ...` */
function isParticiple(full: readonly Token[], fronted: readonly Token[], moved: Exchange): boolean {
  const isFirst = fronted.slice(0, moved.secondB).every(({ content }) => !content);
  const helped = lead(full, moved.secondA).some((word) => BE.test(word));
  return helped && isFirst && fronted[moved.firstB]?.afterBreak === true && isVerbPast(full[moved.secondA]);
}

const isVerbPast = (token: Token | undefined) => token !== undefined && /(?:ed|born|en|wn|ght)$/.test(token.text);

const SUFFERS = /^(?:được|bị)$/;

/** `X bị Y đánh`, `Y đánh X`: who acts stands behind the word that makes a passive, and before the verb. */
function isVietnamesePassive(passive: readonly Token[], active: readonly Token[], moved: Exchange): boolean {
  let at = moved.secondA - 1;
  while (at > 0 && passive[at]?.content === false && !SUFFERS.test(passive[at]?.text ?? '')) at--;
  const suffers = SUFFERS.test(passive[at]?.text ?? '');
  return moved.secondSize > 1 && suffers && !active.some(({ text }) => SUFFERS.test(text));
}

const CLAUSES: Readonly<Record<string, string>> = {
  nếu: 'if',
  khi: 'if',
  lúc: 'if',
  hễ: 'if',
  vì: 'because',
  do: 'because',
  bởi: 'because',
  nhờ: 'because',
};

/** `Nếu A thì B`, `B khi A`: the clause that says when or why comes first or last. */
function isVietnameseClause(a: readonly Token[], b: readonly Token[], moved: Exchange): boolean {
  const clause = (tokens: readonly Token[], at: number) =>
    lead(tokens, at)
      .map((word) => CLAUSES[word])
      .find(Boolean);
  const [first, second] = [clause(a, moved.firstA), clause(a, moved.secondA)];
  return first !== second && first === clause(b, moved.firstB) && second === clause(b, moved.secondB);
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

/** `in Rome or in Oslo`: `or` before the preposition that both have. */
const isOrBefore = (tokens: readonly Token[], at: number) =>
  /^(?:or|hay|hoặc)$/.test(
    tokens.slice(Math.max(0, at - 3), at).findLast(({ text }) => COORDINATORS.has(text))?.text ?? '',
  );

const OWN = /^(?:i|we|my|our)$/;

/** `I lost my card. How do I block it?`, `How do I block a lost card?`: what somebody tells of himself, and what he asks then. */
function isSituation(a: readonly Token[], _: readonly Token[], moved: Exchange): boolean {
  const breaks = a.flatMap(({ afterBreak }, at) => (afterBreak && at > 0 ? [at] : []));
  const [ends = 0] = breaks;
  const asks = a[ends]?.text ?? '';
  return (
    moved.whole &&
    breaks.length === 1 &&
    OWN.test(a[0]?.text ?? '') &&
    moved.firstEndA < ends &&
    ends <= moved.secondA &&
    /^(?:how|what|where|can|could|do|does|should|is|are|may|who|when)$/.test(asks)
  );
}

/** Words beside which key words are no key words: they tell who does what. */
const TELLS_WHO =
  /^(?:i|you|we|he|she|it|they|me|us|him|them|do|does|did|is|are|was|were|be|has|have|had|can|could|will|would|should|may|might|must|to|by|from|that|which|who|how|what|why|when|where)$/;

/** `How do I report a light?`, `light report`: key words need not say that who asks would do it. */
function isOwnAction(asked: readonly Token[], keyWords: readonly Token[], moved: Exchange): boolean {
  if (!moved.whole || moved.firstA !== moved.firstEndA || keyWords.some(({ text }) => TELLS_WHO.test(text)))
    return false;
  return /^(?:i|we|you|to)$/.test(lead(asked, moved.firstA).at(-1) ?? '');
}

/** Changes of order that change nothing. */
export function isHarmless(
  a: QuestionFacts,
  b: QuestionFacts,
  marksA: readonly Mark[],
  marksB: readonly Mark[],
): boolean {
  if (a.keys.has('respectively') || b.keys.has('respectively')) return false;
  if (isChoice(a.tokens, b.tokens) || isOpinion(a.tokens, b.tokens)) return true;
  const moved = exchange(marksA, marksB);
  const back = exchange(marksB, marksA);
  if (moved === undefined || back === undefined) return false;
  const coordinated = (tokens: readonly Token[], at: number) =>
    COORDINATORS.has(lead(tokens, at).at(-1) ?? '') || isOrBefore(tokens, at);
  if (coordinated(a.tokens, moved.secondA) && coordinated(b.tokens, moved.firstB)) return true;
  const either = (is: (x: readonly Token[], y: readonly Token[], moved: Exchange) => boolean) =>
    is(a.tokens, b.tokens, moved) || is(b.tokens, a.tokens, back);
  if (a.language === 'vi' && b.language === 'vi')
    return either(isVietnamesePassive) || either(isVietnameseClause) || isFronted(a.tokens, b.tokens, moved);
  return (
    either(isCompound) ||
    either(isSituation) ||
    either(isOwnAction) ||
    either(isUnnamedPassive) ||
    either(isParticiple) ||
    isFronted(a.tokens, b.tokens, moved)
  );
}
