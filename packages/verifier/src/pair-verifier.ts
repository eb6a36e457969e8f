import {
  type EmbedOptions,
  factsOf,
  isSameText,
  type Lexicon,
  type NetworkWord,
  PAIR_FEATURES,
  type PairExplanation,
  type PairJudgement,
  pairFeaturesOf,
  type QuestionFacts,
  type QuestionPair,
  type Verifier,
} from '@nearhit/core';
import { sigmoid } from './joint.ts';
import { NEVER_ASKED, type NetworkCounts, type SecondOpinion } from './second-opinion.ts';
import type { Trees } from './trees.ts';

/** What differs only in form is the same question; not 1, which no judgement is worth. */
const SAME_TEXT = 0.999;
/** Longer questions hold too much for these features to weigh. */
export const TOKENS_MAX = 64;
/** Pairs less similar than this were not learned from. */
export const SIMILARITY_MIN = 0.65;

interface Rule {
  readonly name: string;
  readonly probability: number;
}

function ruleFor(a: QuestionFacts, b: QuestionFacts, similarity: number): Rule | undefined {
  if (isSameText(a, b)) return { name: 'same-text', probability: SAME_TEXT };
  // Written so that NaN fails.
  if (!(similarity >= SIMILARITY_MIN)) return { name: 'too-far', probability: 0 };
  const isEmpty = ({ tokens }: QuestionFacts) => !tokens.some(({ content }) => content);
  if (isEmpty(a) || isEmpty(b)) return { name: 'no-words', probability: 0 };
  const long = a.tooLong || b.tooLong || Math.max(a.tokens.length, b.tokens.length) > TOKENS_MAX;
  return long ? { name: 'too-long', probability: 0 } : undefined;
}

/** By rule, or by the trees. */
type First =
  | { readonly rule: Rule; readonly probability: number }
  | { readonly rule?: undefined; readonly probability: number; readonly logit: number; readonly values: Float64Array };

/**
 * The verifier on features of both texts and trees, about a quarter of a millisecond a pair; where these are in doubt, and
 * there is a network that reads both texts together, with its word besides.
 */
export class PairVerifier implements Verifier {
  readonly version: string;
  /** By the out-of-fold table of MODEL_CARD.md: more right hits than guards with cosine 0.90, and fewer wrong ones, on most kinds. */
  readonly bar = 0.75;
  readonly #trees: Trees;
  readonly #lexicon: Lexicon;
  readonly #second: SecondOpinion | undefined;

  constructor(trees: Trees, lexicon: Lexicon, second?: SecondOpinion) {
    this.version = `${trees.version}+${lexicon.version}${second === undefined ? '' : `+${second.version}`}`;
    this.#trees = trees;
    this.#lexicon = lexicon;
    this.#second = second;
  }

  /** Of the pairs that no rule decided; zeros where there is no network to ask. */
  get networkCounts(): NetworkCounts {
    return this.#second?.counts ?? NEVER_ASKED;
  }

  async verify(pairs: readonly QuestionPair[], options: EmbedOptions = {}): Promise<PairJudgement[]> {
    const firsts = pairs.map((pair) => this.#first(pair));
    const words = await this.#words(pairs, firsts, options);
    return firsts.map((first, at) => this.#verdict(first, words[at]));
  }

  /** Without the network: pure, for those who can't wait. */
  probability(pair: QuestionPair): number {
    return this.#first(pair).probability;
  }

  async explain(pair: QuestionPair, options: EmbedOptions = {}): Promise<PairExplanation> {
    const first = this.#first(pair);
    if (first.rule !== undefined) return { probability: first.probability, rule: first.rule.name, features: [] };
    const [word] = await this.#words([pair], [first], options);
    const contributions = this.#trees.contributions(first.values);
    const features = PAIR_FEATURES.map(({ name }, i) => ({
      name,
      value: first.values[i] as number,
      contribution: contributions[i] as number,
    })).filter(({ contribution }) => contribution !== 0);
    features.sort((p, q) => Math.abs(q.contribution) - Math.abs(p.contribution));
    return { ...this.#verdict(first, word), features };
  }

  #first({ a, b, similarity }: QuestionPair): First {
    const [x, y] = [factsOf(a), factsOf(b)];
    const rule = ruleFor(x, y, similarity);
    if (rule !== undefined) return { rule, probability: rule.probability };
    const values = pairFeaturesOf(x, y, similarity, this.#lexicon);
    const logit = this.#trees.logit(values);
    return { values, logit, probability: sigmoid(logit) };
  }

  /** The network's for each pair, asked in one call about all that need it; undefined where a rule decided. */
  async #words(pairs: readonly QuestionPair[], firsts: readonly First[], options: EmbedOptions) {
    const second = this.#second;
    if (second === undefined) return [];
    const known = pairs.map((pair, at) => knownWord(pair, firsts[at] as First, second));
    const open = pairs.filter((_, at) => known[at] === 'ask');
    const heard = (await second.hear(open, options)).values();
    const words = known.map((word) => (word === 'ask' ? (heard.next().value as NetworkWord) : word));
    for (const word of words) if (word !== undefined) second.count(word);
    return words;
  }

  #verdict(first: First, network: NetworkWord | undefined): PairJudgement {
    const { probability } = first;
    if (network === undefined) return { probability };
    if (first.rule !== undefined || this.#second === undefined || 'silent' in network) return { probability, network };
    const isAsked = this.#trees.isAsked(first.values);
    return { probability: this.#second.probability(first.logit, network.logit, isAsked), network };
  }
}

function knownWord(pair: QuestionPair, first: First, second: SecondOpinion): NetworkWord | undefined | 'ask' {
  if (first.rule !== undefined) return undefined;
  const silent = second.silenceFor(pair, first.probability);
  return silent === undefined ? (pair.heard ?? 'ask') : { silent };
}
