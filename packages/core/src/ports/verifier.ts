import type { EmbedOptions } from './embedder.ts';

/** Why a network was not heard: `sure` without it, a `script` that it can't read, a text too `long` for it, `late`, `failed`, `absent`. */
export type NetworkSilence = 'sure' | 'script' | 'long' | 'late' | 'failed' | 'absent';

/** What a network said of a pair, the greater the likelier the same; or why it did not count. */
export type NetworkWord = { readonly logit: number } | { readonly silent: NetworkSilence };

/** Two questions and the cosine similarity of their embeddings. Which is which makes no difference. */
export interface QuestionPair {
  readonly a: string;
  readonly b: string;
  readonly similarity: number;
  /** The network's word of before, for a judgement that is made once more: it is not asked again. */
  readonly heard?: NetworkWord | undefined;
}

export interface PairJudgement {
  /** Calibrated, that serving is right: 0..1. */
  readonly probability: number;
  /** Absent where there is no network, or a rule decided. */
  readonly network?: NetworkWord | undefined;
}

export interface FeatureWeight {
  readonly name: string;
  readonly value: number;
  /** What it adds to the score, in logits; the sum over all features and a constant is the score. */
  readonly contribution: number;
}

export interface PairExplanation extends PairJudgement {
  /** What decided without the model, when something did: `same-text`, `too-far`, `no-words`, `too-long`. */
  readonly rule?: string | undefined;
  /** The strongest first. Empty where a rule decided. */
  readonly features: readonly FeatureWeight[];
}

/**
 * A learned judgement: may the stored answer to one question be served for the other? It knows nothing of scopes, guards'
 * policy or thresholds. Whoever asks keeps a deadline and treats a rejection as no judgement: guards and the strict
 * threshold decide then, never the loose one.
 */
export interface Verifier {
  /** Changes whenever a probability may. A decision records it. */
  readonly version: string;
  /** Serve from this probability on, where nobody set a threshold or an error budget. Chosen with the model, by what was left out. */
  readonly bar: number;
  /**
   * A judgement of each pair, in order, the same with `a` and `b` exchanged. `options`: for a network, where there is one; what
   * that has not said by `deadlineMs` is done without.
   */
  verify(pairs: readonly QuestionPair[], options?: EmbedOptions): Promise<PairJudgement[]>;
  explain(pair: QuestionPair, options?: EmbedOptions): Promise<PairExplanation>;
}
