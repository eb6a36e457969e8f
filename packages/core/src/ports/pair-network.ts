import type { EmbedOptions } from './embedder.ts';

/** Two texts; which is which makes no difference. */
export interface TextPair {
  readonly a: string;
  readonly b: string;
}

/**
 * A network that reads two questions together, where the embedder's model is: a second opinion on whether they mean the
 * same, for whoever has reason to doubt the first. It knows no probabilities: what a logit is worth, its reader knows.
 */
export interface PairNetwork {
  /** Of the weights that answer now. Undefined: there is no network, or it can't be reached; asking it fails at once. */
  readonly version: string | undefined;
  /**
   * A logit for each pair, in order, the greater the likelier the same: bit for bit the same with `a` and `b` exchanged, and
   * whatever is asked beside it. Undefined: a text of the pair is longer than the network reads. Options as of `Embedder.embed`.
   * Throws NearhitError EMBEDDER_BUSY when it can't be done by the deadline, or there is no network.
   */
  score(pairs: readonly TextPair[], options?: EmbedOptions): Promise<(number | undefined)[]>;
}
