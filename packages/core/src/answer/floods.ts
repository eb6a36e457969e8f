import { RecentMap } from '../recent-map.ts';

export interface FloodOptions {
  /** Answers to questions this near to one another count as one neighbourhood: cosine similarity. */
  readonly similarityMin?: number;
  /** So many new ones by one writer in a window are a flood. */
  readonly entriesMax?: number;
  readonly windowMs?: number;
  /** How long after the last one the neighbourhood stays closed to its writer. */
  readonly holdMs?: number;
  /** Questions and neighbourhoods remembered: the last ones. */
  readonly trackedMax?: number;
}

export interface NewAnswer {
  /** Whose answers count together: a key, or the tenant where there are no keys; and the scope. */
  readonly writer: string;
  readonly id: string;
  /** The nearest stored question, as the look-up has found it. */
  readonly nearest?: { readonly id: string; readonly similarity: number } | undefined;
}

interface Neighbourhood {
  /** When its answers were written, within the window, oldest first. */
  readonly writtenAtMs: number[];
  closedUntilMs: number;
}

/** `begins`: the first one over the measure. */
export type FloodVerdict = 'calm' | 'begins' | 'flood';

/**
 * Many new answers to nearly the same question by one writer in a short time: somebody fills the surroundings of a
 * question, so that what honest people ask falls on what they have planted. A question belongs to the neighbourhood of
 * its nearest stored one, so that the look-up's own result is all that is needed. Bounded memory; one process counts for
 * itself.
 */
export class Floods {
  readonly #options: Required<FloodOptions>;
  /** Writer and entry id -> the entry that its neighbourhood began with. */
  readonly #origins: RecentMap<string>;
  readonly #neighbourhoods: RecentMap<Neighbourhood>;

  constructor(options: FloodOptions = {}) {
    this.#options = {
      ...{ similarityMin: 0.9, entriesMax: 30, windowMs: 600_000, holdMs: 1_800_000, trackedMax: 20_000 },
      ...options,
    };
    this.#origins = new RecentMap(this.#options.trackedMax);
    this.#neighbourhoods = new RecentMap(this.#options.trackedMax);
  }

  /** To be called once for each answer that is about to be made. */
  check({ writer, id, nearest }: NewAnswer, nowMs: number): FloodVerdict {
    const { similarityMin } = this.#options;
    if (nearest === undefined || nearest.id === id || !(nearest.similarity >= similarityMin)) return 'calm';
    const origin = this.#origins.get(`${writer} ${nearest.id}`) ?? nearest.id;
    this.#origins.set(`${writer} ${id}`, origin);
    const name = `${writer} ${origin}`;
    const there = this.#neighbourhoods.get(name) ?? { writtenAtMs: [], closedUntilMs: 0 };
    this.#neighbourhoods.set(name, there);
    return this.#count(there, nowMs);
  }

  #count(there: Neighbourhood, nowMs: number): FloodVerdict {
    const { entriesMax, windowMs, holdMs } = this.#options;
    if (nowMs < there.closedUntilMs) {
      there.closedUntilMs = nowMs + holdMs;
      return 'flood';
    }
    const { writtenAtMs } = there;
    while (writtenAtMs[0] !== undefined && writtenAtMs[0] <= nowMs - windowMs) writtenAtMs.shift();
    writtenAtMs.push(nowMs);
    if (writtenAtMs.length <= entriesMax) return 'calm';
    writtenAtMs.length = 0;
    there.closedUntilMs = nowMs + holdMs;
    return 'begins';
  }
}
