import { beforeEach } from '@jest/globals';
import type { Entry } from '../entry.ts';
import type { EntryId, Fingerprint, TenantId, UnitVector } from '../ids.ts';
import { partitionOf } from '../key/fingerprint.ts';
import type { Embedder } from '../ports/embedder.ts';
import type { NearestIndex } from '../ports/nearest-index.ts';
import { ChangeFeed } from '../remember/change-feed.ts';
import { MemoryNearestIndex } from '../store/memory-nearest-index.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import type { Stores } from '../store/stores.ts';

export const scope = { tenant: 'default' as TenantId, namespace: 'n', model: 'm' };
export const fingerprint = 'f'.repeat(64) as Fingerprint;
export const DIMENSIONS = 4;

/** One axis per first letter: equal letters have cosine 1. */
export function vectorOf(text: string): UnitVector {
  const vector = new Float32Array(DIMENSIONS);
  vector[text.charCodeAt(0) % DIMENSIONS] = 1;
  return vector as UnitVector;
}

export class LetterEmbedder implements Embedder {
  readonly model;
  calls: (readonly string[])[] = [];
  broken = false;

  constructor(version = 'v1') {
    this.model = { id: 'letters', version, dimensions: DIMENSIONS, tokensMax: 10 };
  }

  async embed(texts: readonly string[]) {
    if (this.broken) throw new Error('the embedder is down');
    this.calls.push(texts);
    return texts.map((text) => ({ vector: vectorOf(text), tokens: text.length, truncated: text.length > 10 }));
  }

  async close() {}
}

/** Entry ids are 64 hex digits; tests speak in short names. */
export const idOf = (name: string) => Buffer.from(name).toString('hex').padEnd(64, '0') as EntryId;
export const nameOf = (id: EntryId) => Buffer.from(id.replace(/(00)+$/, ''), 'hex').toString();

export const entry = (id: string, query: string, more: Partial<Entry> = {}): Entry => ({
  id: idOf(id),
  scope,
  fingerprint,
  query,
  semantic: true,
  answer: Buffer.from('{}'),
  tags: [],
  context: [],
  provider: 'p',
  upstreamModel: 'm',
  attempts: 1,
  costUsd: 0,
  usage: { promptTokens: 1, completionTokens: 1 },
  createdAtMs: 1000,
  expiresAtMs: 2000,
  staleUntilMs: 2000,
  ...more,
});

export const embedded = (id: string, query: string, version = 'v1'): Entry =>
  entry(id, query, { vector: vectorOf(query), embeddingModel: version });

/** Memory stores, an exact index and an embedder by first letters; anew for each test. */
export class Room {
  stores: Stores = createMemoryStore();
  index: NearestIndex = new MemoryNearestIndex({ dimensions: DIMENSIONS });
  embedder = new LetterEmbedder();
  readonly incidents: string[] = [];
  readonly observer = { record() {}, incident: (name: string) => void this.incidents.push(name) };

  static perTest(): { readonly room: Room } {
    const held = { room: new Room() };
    beforeEach(() => {
      held.room = new Room();
    });
    return held;
  }

  deps(index = this.index) {
    const { stores, embedder, observer } = this;
    return {
      store: stores.responses,
      log: stores.log,
      index,
      embedder,
      observer,
      feed: new ChangeFeed(stores.log, index),
      modelVersion: () => embedder.model.version,
    };
  }

  /** Names of what is found by meaning. */
  async found(query: string, version = 'v1', index = this.index): Promise<string[]> {
    const partition = partitionOf(scope, version);
    const neighbours = await index.nearest({ partition, fingerprint, vector: vectorOf(query), k: 10 });
    return neighbours
      .filter(({ similarity }) => similarity > 0.9)
      .map(({ id }) => nameOf(id))
      .sort();
  }
}
