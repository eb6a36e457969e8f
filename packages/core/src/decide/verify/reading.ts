import type { QuestionFacts } from '../facts.ts';
import type { Token } from '../text/tokens.ts';
import type { Lexicon } from './lexicon.ts';
import { FRAME_WORDS, frameOf } from './question-frames.ts';

export interface Word {
  readonly token: Token;
  /** Index among the question's tokens. */
  readonly at: number;
  /** In the lexicon; undefined for a word it does not know. */
  readonly id: number | undefined;
  /** How much it says, 0..1: rare words say more. */
  readonly weight: number;
}

/** What the verifier reads in a question beyond its facts. */
export interface Reading {
  readonly facts: QuestionFacts;
  readonly frame: string;
  /** Words of meaning, those of the frame left out. */
  readonly content: readonly Word[];
  readonly grammar: readonly Word[];
  /** Of `content`. */
  readonly weight: number;
  /** Sum of the content words' vectors. [dimensions] */
  readonly sum: Float64Array;
  /** Pairs and triples of letters of the whole text. */
  readonly grams: ReadonlyMap<string, number>;
}

/** Rank from which on a word counts as rare, and below which as common. */
const [RARE, COMMON] = [20_000, 30];
/** Words of languages that the lexicon does not hold: neither common nor rare. */
const UNKNOWN_LANGUAGE = 0.6;
const WEIGHT_MIN = 0.15;

function lookUp({ text, key, kind }: Token, lexicon: Lexicon): number | undefined {
  if (kind !== 'word') return undefined;
  return lexicon.idOf(text) ?? lexicon.idOf(key) ?? lexicon.idOf(`${key}e`);
}

function weigh(id: number | undefined, token: Token, facts: QuestionFacts): number {
  if (token.kind === 'number') return 1;
  if (facts.language !== undefined && facts.language !== 'en') return UNKNOWN_LANGUAGE;
  if (id === undefined) return 1;
  return Math.min(1, Math.max(WEIGHT_MIN, Math.log(1 + id / COMMON) / Math.log(1 + RARE / COMMON)));
}

/** Counts of the letter triples of a text, blanks included. */
export function gramsOf(text: string): Map<string, number> {
  const grams = new Map<string, number>();
  const padded = ` ${text} `;
  for (let i = 0; i + 3 <= padded.length; i++) {
    const gram = padded.slice(i, i + 3);
    grams.set(gram, (grams.get(gram) ?? 0) + 1);
  }
  return grams;
}

/** Texts whose letters are compared are cut here. */
const GRAMS_LENGTH_MAX = 600;

export function read(facts: QuestionFacts, lexicon: Lexicon): Reading {
  const frame = frameOf(facts.tokens);
  const content: Word[] = [];
  const grammar: Word[] = [];
  const sum = new Float64Array(lexicon.dimensions);
  let weight = 0;
  facts.tokens.forEach((token, at) => {
    const isFrame = at < frame.length && FRAME_WORDS.has(token.key);
    if (isFrame || token.kind === 'symbol') return;
    const id = lookUp(token, lexicon);
    const word: Word = { token, at, id, weight: weigh(id, token, facts) };
    if (!token.content) {
      grammar.push(word);
      return;
    }
    content.push(word);
    weight += word.weight;
    if (id !== undefined) lexicon.addTo(sum, id, word.weight);
  });
  const letters = facts.tokens.map(({ text }) => text).join(' ');
  return {
    facts,
    frame: frame.kind,
    content,
    grammar,
    weight,
    sum,
    grams: gramsOf(letters.slice(0, GRAMS_LENGTH_MAX)),
  };
}
