import { type Embedder, type Embedding, type EmbeddingModel, NearhitError, type UnitVector } from '@nearhit/core';

const DIMENSIONS = 64;
const CHARS_PER_TOKEN_MAX = 32;
const STOP_WORDS = new Set('a an the is are do does how what which way to of my i through into'.split(' '));

/** A bag of words: same words, same vector; no word in common, nearly at right angles. Answers in a later turn of the event loop. */
export class WordEmbedder implements Embedder {
  readonly model: EmbeddingModel;
  /** Texts of each call so far. */
  readonly calls: (readonly string[])[] = [];
  #closed = false;

  constructor(version = 'words-1') {
    this.model = { id: 'word-embedder', version, dimensions: DIMENSIONS, tokensMax: 64 };
  }

  async embed(texts: readonly string[], { deadlineMs = Number.POSITIVE_INFINITY } = {}): Promise<Embedding[]> {
    this.#assertOpen();
    if (!(Date.now() < deadlineMs)) throw new NearhitError('EMBEDDER_BUSY', 'The deadline has passed.');
    this.calls.push(texts);
    await new Promise(setImmediate);
    this.#assertOpen();
    return texts.map((text) => this.#embedOne(text));
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #assertOpen(): void {
    if (this.#closed) throw new NearhitError('SHUTTING_DOWN', 'The embedder is closed.');
  }

  #embedOne(text: string): Embedding {
    const { tokensMax } = this.model;
    const charsMax = tokensMax * CHARS_PER_TOKEN_MAX;
    const words =
      text
        .slice(0, charsMax)
        .toLowerCase()
        .match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];
    const seen = words.slice(0, tokensMax - 2);
    const vector = new Float32Array(DIMENSIONS);
    for (const word of ['', ...seen.filter((one) => /[\p{L}\p{N}]/u.test(one) && !STOP_WORDS.has(one))])
      add(vector, word);
    const length = Math.hypot(...vector);
    return {
      vector: vector.map((value) => value / length) as UnitVector,
      tokens: seen.length + 2,
      truncated: words.length > seen.length || text.length > charsMax,
    };
  }
}

/** Adds the word's own direction; that of no word is short. */
function add(vector: Float32Array, word: string): void {
  let state = 2_166_136_261;
  for (const char of word) state = Math.imul(state ^ (char.codePointAt(0) as number), 16_777_619);
  const weight = word === '' ? 0.1 : 1;
  for (let i = 0; i < vector.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    vector[i] = (vector[i] as number) + weight * (state / 2 ** 31 - 1);
  }
}
