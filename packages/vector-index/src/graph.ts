import type { EntryId } from '@nearhit/core';
import hnswlib from 'hnswlib-node';
import type { TopK } from './top-k.ts';

export interface HnswOptions {
  readonly m: number;
  readonly efConstruction: number;
  readonly efSearch: number;
}

const CAPACITY_MIN = 1024;
/** Room that was not written to costs no memory, only addresses; growing keeps queries waiting for 1 ms at 20,000. */
const GROWTH = 1.25;

/**
 * One HNSW graph (Malkov & Yashunin, 2018, arXiv 1603.09320) over the members of a group. Labels count up and are never used twice: hnswlib
 * takes 19 times an insert to overwrite a deleted one.
 */
export class Graph<Member extends { readonly id: EntryId }> {
  readonly options: HnswOptions;
  readonly #dimensions: number;
  readonly #hnsw: hnswlib.HierarchicalNSW;
  /** By label; undefined where deleted. */
  readonly members: (Member | undefined)[];
  live: number;
  /** No label above it is live. */
  #top: number;
  /** Where it was last written; undefined when it has changed since. */
  file: { readonly name: string; readonly bytes: number; readonly crc32: number } | undefined;

  /** With `members`, the native graph has been read from a file and has one label for each of them. */
  constructor(
    dimensions: number,
    options: HnswOptions,
    loaded?: { hnsw: hnswlib.HierarchicalNSW; members: (Member | undefined)[] },
  ) {
    this.options = options;
    this.#dimensions = dimensions;
    this.members = loaded?.members ?? [];
    this.live = this.members.reduce((sum, member) => sum + (member ? 1 : 0), 0);
    this.#top = this.members.length - 1;
    if (loaded) this.#hnsw = loaded.hnsw;
    else {
      this.#hnsw = new hnswlib.HierarchicalNSW('ip', dimensions);
      this.#hnsw.initIndex(CAPACITY_MIN, options.m, options.efConstruction);
    }
    // A graph read from a file has forgotten it.
    this.#hnsw.setEf(options.efSearch);
  }

  get deleted(): number {
    return this.members.length - this.live;
  }

  /** As computed from hnswlib's layout; what it holds per point outside of it is near 100 bytes. */
  get bytes(): number {
    const { m } = this.options;
    const layer0 = this.#dimensions * 4 + (2 * m + 1) * 4 + 8;
    const upper = ((m + 1) * 4) / (m - 1);
    return Math.round(this.members.length * (layer0 + upper + 100));
  }

  /** Takes about 1 ms at 20,000. */
  add(member: Member, vector: number[]): void {
    const label = this.members.length;
    if (label >= this.#hnsw.getMaxElements()) this.#hnsw.resizeIndex(Math.ceil(label * GROWTH));
    this.#hnsw.addPoint(vector, label);
    this.members.push(member);
    this.#top = label;
    this.live++;
    this.file = undefined;
  }

  remove(label: number): void {
    this.#hnsw.markDelete(label);
    this.members[label] = undefined;
    this.live--;
    this.file = undefined;
  }

  /** The highest label in use, -1 when there is none. */
  lastLive(): number {
    while (this.#top >= 0 && !this.members[this.#top]) this.#top--;
    return this.#top;
  }

  /** The stored vector. Throws on a deleted label. */
  vector(label: number): number[] {
    return this.#hnsw.getPoint(label);
  }

  search(query: number[], k: number, top: TopK): void {
    if (this.live === 0) return;
    const { neighbors, distances } = this.#hnsw.searchKnn(query, Math.min(k, this.live));
    for (let i = 0; i < neighbors.length; i++) {
      const member = this.members[neighbors[i] as number];
      if (member) top.offer(member, 1 - (distances[i] as number));
    }
  }

  /**
   * Frees the native memory now. V8 sees only a small object and may take hours to collect it; hnswlib-node has no call for it, but lets go of the
   * old graph when it makes a new one. Nothing else may be called afterwards.
   */
  dispose(): void {
    this.#hnsw.initIndex(1);
  }

  /** Writes on a thread of libuv's pool. Searching meanwhile is safe, changing is not. */
  async write(path: string): Promise<void> {
    await this.#hnsw.writeIndex(path);
  }
}

/** Throws on a file that hnswlib cannot read or that does not hold `labels` points. */
export async function readHnsw(path: string, dimensions: number, labels: number): Promise<hnswlib.HierarchicalNSW> {
  const hnsw = new hnswlib.HierarchicalNSW('ip', dimensions);
  await hnsw.readIndex(path);
  if (hnsw.getCurrentCount() !== labels) {
    throw new Error(`a graph of ${hnsw.getCurrentCount()} points where ${labels} were expected`);
  }
  return hnsw;
}
