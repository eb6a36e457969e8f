import { type Embedder, type Embedding, type EmbeddingModel, NearhitError, type UnitVector } from '@nearhit/core';
import { LRUCache } from 'lru-cache';

/** Longer texts are rarely asked twice, and would fill the memo with their keys. */
const CHARS_MAX = 8192;

interface Known {
  readonly embedding: Embedding;
  /** `EmbeddingModel.version` that made it: an embedder elsewhere may come back with another model. */
  readonly version: string;
}

interface InFlight {
  readonly deadlineMs: number;
  readonly promise: Promise<Embedding>;
}

/**
 * Remembers the embeddings of the last `entriesMax` texts (about 2 KB each; default 5000), and lets equal texts asked at the same time share
 * one run. Each caller gets a vector of its own. Closing it closes the embedder it wraps.
 */
export function memoizeEmbedder(embedder: Embedder, options: { entriesMax?: number } = {}): Embedder {
  return new MemoEmbedder(embedder, options.entriesMax ?? 5000);
}

class MemoEmbedder implements Embedder {
  readonly #embedder: Embedder;
  readonly #known: LRUCache<string, Known>;
  readonly #inFlight = new Map<string, InFlight>();
  #closed = false;

  constructor(embedder: Embedder, entriesMax: number) {
    this.#embedder = embedder;
    this.#known = new LRUCache({ max: entriesMax });
  }

  get model(): EmbeddingModel {
    return this.#embedder.model;
  }

  async embed(texts: readonly string[], options: { deadlineMs?: number } = {}): Promise<Embedding[]> {
    if (this.#closed) throw new NearhitError('SHUTTING_DOWN', 'The embedder is closed.');
    const deadlineMs = options.deadlineMs ?? Number.POSITIVE_INFINITY;
    const missing = new Set<string>();
    const found = new Map<string, Promise<Embedding> | Embedding>();
    for (const text of texts) {
      const hit = this.#remembered(text) ?? this.#join(text, options, deadlineMs);
      if (hit) found.set(text, hit);
      else missing.add(text);
    }
    this.#start([...missing], options, deadlineMs, found);
    // Of several that fail, the first is thrown; all are awaited here, so that none goes unhandled.
    return Promise.all(texts.map(async (text) => copy(await (found.get(text) as Promise<Embedding> | Embedding))));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#known.clear();
    await this.#embedder.close();
  }

  #remembered(text: string): Embedding | undefined {
    const known = this.#known.get(text);
    return known?.version === this.model.version ? known.embedding : undefined;
  }

  /** Only a run that is due no later than ours is worth waiting for; when it fails, ours is still to be had. */
  #join(text: string, options: { deadlineMs?: number }, deadlineMs: number): Promise<Embedding> | undefined {
    const running = this.#inFlight.get(text);
    if (!running || !(running.deadlineMs <= deadlineMs)) return undefined;
    return running.promise.catch(() => this.#embedder.embed([text], options).then(first));
  }

  #start(
    texts: string[],
    options: { deadlineMs?: number },
    deadlineMs: number,
    found: Map<string, Promise<Embedding> | Embedding>,
  ): void {
    if (texts.length === 0) return;
    const run = this.#embedder.embed(texts, options);
    texts.forEach((text, i) => {
      const promise = run.then((results) => results[i] as Embedding);
      found.set(text, promise);
      if (text.length > CHARS_MAX) return;
      const entry: InFlight = { deadlineMs, promise };
      this.#inFlight.set(text, entry);
      const forget = () => {
        if (this.#inFlight.get(text) === entry) this.#inFlight.delete(text);
      };
      promise.then((result) => {
        if (!this.#closed) this.#known.set(text, { embedding: copy(result), version: this.model.version });
        forget();
      }, forget);
    });
  }
}

const first = (results: Embedding[]) => results[0] as Embedding;

/** Vectors may be handed over to another thread, which empties them for everyone else. */
const copy = (embedding: Embedding): Embedding => ({ ...embedding, vector: embedding.vector.slice() as UnitVector });
