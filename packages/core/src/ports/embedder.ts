import type { UnitVector } from '../ids.ts';

export interface EmbeddingModel {
  /** The name clients ask for at /v1/embeddings, for example `all-MiniLM-L6-v2`. */
  readonly id: string;
  /**
   * Changes whenever the vectors do: model, file variant, pooling. Vectors of two versions never meet. Empty while an
   * embedder in another process has not been reached.
   */
  readonly version: string;
  readonly dimensions: number;
  /** Longest input in tokens, special tokens included; what is longer is cut. */
  readonly tokensMax: number;
}

export interface Embedding {
  /** [dimensions], length 1. */
  readonly vector: UnitVector;
  readonly tokens: number;
  /** The text did not fit into `tokensMax`: the vector speaks for its beginning only. */
  readonly truncated: boolean;
}

export interface EmbedOptions {
  readonly deadlineMs?: number | undefined;
  readonly requestId?: string | undefined;
  readonly traceparent?: string | undefined;
}

/** Text to vector. The vector of a text depends on nothing but the text. */
export interface Embedder {
  readonly model: EmbeddingModel;
  /**
   * One embedding per text, in order. `deadlineMs` is an absolute time on the `Date.now()` clock; `requestId` and
   * `traceparent` (W3C) name, for the log and the traces of an embedder in another process, whose texts they are.
   * Throws NearhitError EMBEDDER_BUSY at once when the queue can't be done by the deadline, and when the deadline passes.
   */
  embed(texts: readonly string[], options?: EmbedOptions): Promise<Embedding[]>;
  close(): Promise<void>;
}
