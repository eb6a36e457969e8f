/** Two questions and the cosine similarity of their embeddings. Which is which makes no difference. */
export interface QuestionPair {
  readonly a: string;
  readonly b: string;
  readonly similarity: number;
}

export interface FeatureWeight {
  readonly name: string;
  readonly value: number;
  /** What it adds to the score, in logits; the sum over all features and a constant is the score. */
  readonly contribution: number;
}

export interface PairExplanation {
  /** 0..1, as `verify` answers. */
  readonly probability: number;
  /** What decided without the model, when something did: `same-text`, `too-long`. */
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
  /** Calibrated probability for each pair, in order, 0..1. The same with `a` and `b` exchanged. */
  verify(pairs: readonly QuestionPair[]): Promise<number[]>;
  explain(pair: QuestionPair): Promise<PairExplanation>;
}
