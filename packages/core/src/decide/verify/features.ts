/** What the verifier weighs: numbers that say how two questions differ. Pure, symmetric; the same code in training and serving. */
import type { QuestionFacts } from '../facts.ts';
import { GUARDS } from '../guards/index.ts';
import { unmatchedNumbers } from '../guards/number.ts';
import { type Alignment, align, letterSimilarity, type Substitution, type SubstitutionKind } from './align.ts';
import { GRAMMAR_CLASSES, grammarDifferences } from './grammar.ts';
import type { Lexicon } from './lexicon.ts';
import { type Reading, read, type Word } from './reading.ts';
import { sequenceOf } from './sequence.ts';

/** The guards whose verdicts the verifier was trained on, in the order of its features; a guard of later is only a veto. */
const WEIGHED = [
  'length',
  'script',
  'language',
  'picture',
  'instruction',
  'version',
  'date',
  'money',
  'unit',
  'number',
  'code',
  'negation',
  'antonym',
  'entity',
  'name',
  'quoted',
  'question',
  'tense',
  'diacritics',
  'order',
  'modifier',
  'modal',
  'content',
  'addition',
] as const;
const WEIGHED_GUARDS = WEIGHED.map((name) => {
  const guard = GUARDS.find((one) => one.name === name);
  if (guard === undefined) throw new Error(`the verifier weighs a guard '${name}' that is no more`);
  return guard;
});

export interface PairFeature {
  readonly name: string;
  /** By meaning: 1 where more of it can only speak for the pair, -1 against it, 0 where neither is sure. */
  readonly monotone: -1 | 0 | 1;
}

const KINDS: readonly SubstitutionKind[] = [
  'form',
  'typo',
  'known-typo',
  'synonym',
  'kind',
  'sibling',
  'opposite',
  'other',
];
/** Kinds of substitution that leave the meaning as it was more often than not. */
const MILD = new Set<SubstitutionKind>(['form', 'typo', 'synonym']);

const spec = (monotone: PairFeature['monotone'], ...names: string[]): PairFeature[] =>
  names.map((name) => ({ name, monotone }));

export const PAIR_FEATURES: readonly PairFeature[] = Object.freeze([
  ...spec(1, 'cosine', 'coverage', 'softCoverage', 'letters', 'sumCosine', 'restCosine', 'worstCosine'),
  ...spec(0, 'wordsMin', 'wordsRatio', 'contentMin', 'sharedWeight', 'sharedCount', 'joined'),
  ...spec(-1, 'restMin', 'restMax', 'restWeightMin', 'restWeightMax', 'restHeaviest', 'restShare', 'novelty'),
  ...spec(-1, 'insertedMin', 'insertedMax', 'insertedHeaviest', 'insertedBeside', 'insertedBehind', 'insertedName'),
  ...KINDS.flatMap((kind) => spec(MILD.has(kind) ? 0 : -1, `sub:${kind}`)),
  ...spec(-1, 'substitutedHeaviest', 'substitutionLoss'),
  ...spec(1, 'lcs', 'lcsContent', 'kept', 'affix', 'first', 'last'),
  ...spec(-1, 'inversions', 'reversed', 'leads', 'leadsCount'),
  ...GRAMMAR_CLASSES.flatMap((name) => spec(name === 'article' || name === 'particle' ? 0 : -1, `grammar:${name}`)),
  ...spec(1, 'frameSame', 'answersSame'),
  ...spec(-1, 'answersDiffer', 'frameDiffer', 'frameClash', 'polar', 'numbersDiffer', 'sentencesDiffer'),
  ...spec(0, 'asked', 'vietnamese'),
  ...WEIGHED_GUARDS.flatMap(({ name }) => spec(-1, `guard:${name}`)),
  ...spec(-1, 'vetoes'),
]);

const weightOf = (words: readonly Word[]) => words.reduce((sum, { weight }) => sum + weight, 0);
const heaviest = (words: readonly Word[]) => words.reduce((most, { weight }) => Math.max(most, weight), 0);

function cosineOf(x: Float64Array, y: Float64Array): number {
  let [dot, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [p, q] = [x[i] as number, y[i] as number];
    dot += p * q;
    xx += p * p;
    yy += q * q;
  }
  return xx === 0 || yy === 0 ? 0 : dot / Math.sqrt(xx * yy);
}

function sumOf(words: readonly Word[], lexicon: Lexicon): Float64Array {
  const sum = new Float64Array(lexicon.dimensions);
  for (const { id, weight } of words) if (id !== undefined) lexicon.addTo(sum, id, weight);
  return sum;
}

/** How little of the other question each inserted word reminds of, weighed. */
function noveltyOf(inserted: readonly Word[], other: Reading, lexicon: Lexicon): number {
  let novelty = 0;
  for (const { id, weight } of inserted.slice(0, 16)) {
    let best = 0;
    if (id !== undefined)
      for (const word of other.content.slice(0, 48))
        if (word.id !== undefined) best = Math.max(best, lexicon.similarity(id, word.id));
    novelty += weight * (1 - best);
  }
  return novelty;
}

const isName = ({ token }: Word) => !token.sentenceStart && /^\p{Lu}/u.test(token.surface);

/** Inserted words right before (`fake actor`) and behind (`in India`) one that both questions have. */
function places(inserted: readonly Word[], facts: QuestionFacts, shared: ReadonlySet<number>): [number, number] {
  const before = inserted.filter(({ at }) => shared.has(at + 1) && facts.tokens[at + 1]?.afterBreak !== true).length;
  const behind = inserted.filter(({ at }) => {
    for (let i = at - 1; i >= 0; i--) if (facts.tokens[i]?.content === true) return shared.has(i);
    return false;
  }).length;
  return [before, behind];
}

function substitutionFeatures(substitutions: readonly Substitution[], total: number): number[] {
  const hard = substitutions.filter(({ kind }) => !MILD.has(kind));
  const loss = substitutions.reduce((sum, s) => sum + (s.left.weight + s.right.weight) * (1 - s.similarity), 0);
  return [
    ...KINDS.map(
      (kind) => weightOf(substitutions.filter((s) => s.kind === kind).flatMap((s) => [s.left, s.right])) / 2,
    ),
    heaviest(hard.flatMap(({ left, right }) => [left, right])),
    loss / Math.max(1e-9, total),
  ];
}

function restFeatures(a: Reading, b: Reading, found: Alignment): { rest: number[]; inserted: number[] } {
  const { substitutions: subs, left, right, same } = found;
  const restA = [...left, ...subs.map((s) => s.left)];
  const restB = [...right, ...subs.map((s) => s.right)];
  const [weightA, weightB] = [weightOf(restA), weightOf(restB)];
  const [beforeA, behindA] = places(left, a.facts, new Set(same.map(([x]) => x.at)));
  const [beforeB, behindB] = places(right, b.facts, new Set(same.map(([, y]) => y.at)));
  return {
    rest: [
      Math.min(restA.length, restB.length),
      Math.max(restA.length, restB.length),
      Math.min(weightA, weightB),
      Math.max(weightA, weightB),
      heaviest([...restA, ...restB]),
      (weightA + weightB) / Math.max(1e-9, a.weight + b.weight),
    ],
    inserted: [
      Math.min(weightOf(left), weightOf(right)),
      Math.max(weightOf(left), weightOf(right)),
      heaviest([...left, ...right]),
      beforeA + beforeB,
      behindA + behindB,
      left.filter(isName).length + right.filter(isName).length,
    ],
  };
}

/** Frames that ask for one kind of answer, unlike `what`, `how` and `list`. */
const SPECIFIC = new Set(['count', 'amount', 'why', 'when', 'where', 'who', 'yes-no']);

const sentencesOf = ({ tokens }: QuestionFacts) => tokens.filter(({ sentenceStart }) => sentenceStart).length;

function askingFeatures(a: Reading, b: Reading): { same: number[]; differ: number[]; style: number[] } {
  const [x, y] = [a.facts.answers, b.facts.answers];
  const common = [...x].some((answer) => y.has(answer));
  const differ = a.frame !== b.frame && a.frame !== 'none' && b.frame !== 'none';
  const [numbersA, numbersB] = unmatchedNumbers(a.facts, b.facts);
  return {
    same: [a.frame === b.frame ? 1 : 0, common || x.size + y.size === 0 ? 1 : 0],
    differ: [
      x.size > 0 && y.size > 0 && !common ? 1 : 0,
      differ ? 1 : 0,
      differ && (SPECIFIC.has(a.frame) || SPECIFIC.has(b.frame)) ? 1 : 0,
      differ && (a.frame === 'yes-no' || b.frame === 'yes-no') ? 1 : 0,
      numbersA.length + numbersB.length,
      Math.abs(sentencesOf(a.facts) - sentencesOf(b.facts)),
    ],
    style: [
      a.frame === 'none' && b.frame === 'none' ? 0 : 1,
      a.facts.language === 'vi' && b.facts.language === 'vi' ? 1 : 0,
    ],
  };
}

/** How alike the texts and their words are, and how much there is to compare. */
function likeness(a: Reading, b: Reading, similarity: number, found: Alignment, lexicon: Lexicon): number[] {
  const { same, substitutions: subs, left, right, joined } = found;
  const total = a.weight + b.weight;
  const shared = weightOf(same.flat());
  const soft = subs.reduce((sum, s) => sum + (s.left.weight + s.right.weight) * s.similarity, shared);
  const restA = sumOf([...left, ...subs.map((s) => s.left)], lexicon);
  const restB = sumOf([...right, ...subs.map((s) => s.right)], lexicon);
  const hard = subs.filter(({ kind }) => !MILD.has(kind));
  const [wordsA, wordsB] = [a.facts.tokens.length, b.facts.tokens.length];
  return [
    similarity,
    total === 0 ? 1 : shared / total,
    total === 0 ? 1 : soft / total,
    letterSimilarity(a, b),
    cosineOf(a.sum, b.sum),
    left.length + right.length + subs.length === 0 ? 1 : cosineOf(restA, restB),
    hard.reduce((worst, s) => Math.min(worst, s.similarity), 1),
    Math.min(wordsA, wordsB),
    Math.min(wordsA, wordsB) / Math.max(1, wordsA, wordsB),
    Math.min(a.content.length, b.content.length),
    shared / 2,
    same.length,
    joined,
  ];
}

function compute(a: Reading, b: Reading, similarity: number, lexicon: Lexicon): number[] {
  const found = align(a, b, lexicon);
  const { rest, inserted } = restFeatures(a, b, found);
  const { same, differ, style } = askingFeatures(a, b);
  const order = sequenceOf(a, b, found);
  const guards = WEIGHED_GUARDS.map((guard): number => (guard.differs(a.facts, b.facts) === undefined ? 0 : 1));
  return [
    ...likeness(a, b, similarity, found, lexicon),
    ...rest,
    noveltyOf(found.left, b, lexicon) + noveltyOf(found.right, a, lexicon),
    ...inserted,
    ...substitutionFeatures(found.substitutions, a.weight + b.weight),
    order.lcs,
    order.lcsContent,
    order.kept,
    order.affix,
    order.first,
    order.last,
    order.inversions,
    order.reversed,
    order.leads,
    order.leadsCount,
    ...grammarDifferences(a, b),
    ...same,
    ...differ,
    ...style,
    ...guards,
    guards.reduce((sum, veto) => sum + veto, 0),
  ];
}

/** Facts are memoised by their text, so that a stored question is read once. */
const readings = new WeakMap<QuestionFacts, { lexicon: Lexicon; reading: Reading }>();

function readingOf(facts: QuestionFacts, lexicon: Lexicon): Reading {
  const known = readings.get(facts);
  if (known?.lexicon === lexicon) return known.reading;
  const reading = read(facts, lexicon);
  readings.set(facts, { lexicon, reading });
  return reading;
}

/** Values in the order of `PAIR_FEATURES`, never NaN. The same whichever question comes first. `similarity`: cosine; NaN counts as -1. */
export function pairFeaturesOf(a: QuestionFacts, b: QuestionFacts, similarity: number, lexicon: Lexicon): Float64Array {
  const [first, second] = a.text <= b.text ? [a, b] : [b, a];
  const near = similarity >= -1 ? Math.min(1, similarity) : -1;
  return Float64Array.from(compute(readingOf(first, lexicon), readingOf(second, lexicon), near, lexicon));
}
