import { setImmediate as turn } from 'node:timers/promises';
import type { Entry } from '../entry.ts';
import type { EntryId, Fingerprint, PartitionKey, UnitVector } from '../ids.ts';
import { partitionOf } from '../key/fingerprint.ts';
import type { Embedder } from '../ports/embedder.ts';
import type { NearestIndex } from '../ports/nearest-index.ts';
import type { EntryFilter, ResponseStore } from '../ports/response-store.ts';
import { entryMatches } from '../store/entry-filter.ts';
import { dot } from '../unit-vector.ts';

export interface SearchDeps {
  readonly store: Pick<ResponseStore, 'list' | 'getMany'>;
  readonly embedder: Embedder;
  readonly index: Pick<NearestIndex, 'nearest'>;
}

export interface FoundEntry {
  readonly entry: Entry;
  /** Cosine. */
  readonly similarity: number;
}

export interface FoundEntries {
  /** By falling similarity. */
  readonly found: readonly FoundEntry[];
  /** Every entry that matches the filter was compared. */
  readonly complete: boolean;
}

/** Compared one by one up to so many; of more, the newest say in which parts of the index to search. */
const COMPARED_MAX = 2000;
const PAGE = 250;
const PARTS_MAX = 50;
/** Of each part: a filter may refuse most of them. */
const NEIGHBOURS_PER_PART = 200;

/**
 * Stored questions that mean about the same as a text, whatever they were asked with. For operators: nothing is served by
 * it. Entries without a vector of the present model are not found. Throws EMBEDDER_BUSY.
 */
export async function searchByMeaning(
  text: string,
  filter: EntryFilter,
  limit: number,
  deps: SearchDeps,
): Promise<FoundEntries> {
  const [embedding] = await deps.embedder.embed([text]);
  if (embedding === undefined) return { found: [], complete: true };
  const { vector } = embedding;
  const { entries, complete } = await newest(filter, deps.store);
  const found = complete ? await compared(entries, vector, deps) : await inIndex(entries, vector, filter, deps);
  return { found: found.sort((a, b) => b.similarity - a.similarity).slice(0, limit), complete };
}

async function newest(filter: EntryFilter, store: SearchDeps['store']) {
  const entries: Entry[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list(filter, { cursor, limit: PAGE });
    entries.push(...page.entries);
    cursor = page.cursor;
  } while (cursor !== undefined && entries.length < COMPARED_MAX);
  return { entries, complete: cursor === undefined };
}

async function compared(entries: readonly Entry[], vector: UnitVector, { store, embedder }: SearchDeps) {
  const found: FoundEntry[] = [];
  for (let at = 0; at < entries.length; at += PAGE) {
    const some = entries.slice(at, at + PAGE).filter(({ embeddingModel }) => embeddingModel === embedder.model.version);
    for (const whole of await store.getMany(some.map(({ id }) => id))) {
      if (whole?.vector !== undefined && whole.embeddingModel === embedder.model.version)
        found.push({ entry: whole, similarity: dot(whole.vector, vector) });
    }
    await turn();
  }
  return found;
}

async function inIndex(entries: readonly Entry[], vector: UnitVector, filter: EntryFilter, deps: SearchDeps) {
  const parts = new Map<string, { partition: PartitionKey; fingerprint: Fingerprint }>();
  for (const { scope, fingerprint } of entries) {
    const partition = partitionOf(scope, deps.embedder.model.version);
    if (parts.size < PARTS_MAX) parts.set(`${partition} ${fingerprint}`, { partition, fingerprint });
  }
  const similarities = new Map<EntryId, number>();
  for (const part of parts.values()) {
    const near = await deps.index.nearest({ ...part, vector, k: NEIGHBOURS_PER_PART });
    for (const { id, similarity } of near) similarities.set(id, similarity);
  }
  const ids = [...similarities].sort(([, a], [, b]) => b - a).map(([id]) => id);
  const found: FoundEntry[] = [];
  for (let at = 0; at < Math.min(ids.length, COMPARED_MAX); at += PAGE) {
    for (const entry of await deps.store.getMany(ids.slice(at, at + PAGE))) {
      if (entry !== undefined && entryMatches(entry, filter))
        found.push({ entry, similarity: similarities.get(entry.id) ?? 0 });
    }
  }
  return found;
}
