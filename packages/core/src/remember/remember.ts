import type { Entry } from '../entry.ts';
import type { EntryId } from '../ids.ts';
import { partitionOf } from '../key/fingerprint.ts';
import type { Change, ChangeLog } from '../ports/change-log.ts';
import type { Embedder, Embedding } from '../ports/embedder.ts';
import type { IndexChange, NearestIndex } from '../ports/nearest-index.ts';
import type { Observer } from '../ports/observer.ts';
import type { ResponseStore } from '../ports/response-store.ts';
import type { ChangeFeed } from './change-feed.ts';

export interface RememberDeps {
  readonly store: ResponseStore;
  readonly log: ChangeLog;
  readonly index: NearestIndex;
  readonly feed: ChangeFeed;
  readonly embedder: Embedder;
  readonly observer: Observer;
}

/**
 * Writes answers: embed what lacks a vector, then store, then log, then index. Whatever the step at which the process
 * dies, a stored answer stays and is found again: `recover` finishes the steps that are missing.
 */
export async function remember(entries: readonly Entry[], deps: RememberDeps): Promise<void> {
  const embedded = await withVectors(entries, deps);
  await deps.store.put(embedded);
  const changes = embedded.map(({ id }): Change => ({ kind: 'add', id }));
  await deps.feed.publish(changes, indexChanges(changes, embedded, deps.embedder.model.version));
}

/** Removes answers: store, then log, then index. Answers the ids that were there. */
export async function forget(ids: readonly EntryId[], deps: RememberDeps): Promise<EntryId[]> {
  const gone = await deps.store.delete(ids);
  await deps.feed.deleted(gone);
  return gone;
}

/** An entry that is not to be found by meaning leaves the index, in case an older one under its id was in it. */
export function indexChanges(
  changes: readonly Change[],
  entries: readonly (Entry | undefined)[],
  modelVersion: string,
): IndexChange[] {
  const byId = new Map(entries.flatMap((entry) => (entry === undefined ? [] : [[entry.id, entry] as const])));
  return changes.map(({ kind, id }) => {
    const entry = kind === 'add' ? byId.get(id) : undefined;
    if (entry?.vector === undefined || !entry.semantic || entry.embeddingModel !== modelVersion)
      return { kind: 'remove', id };
    return {
      kind: 'add',
      id,
      partition: partitionOf(entry.scope, modelVersion),
      fingerprint: entry.fingerprint,
      vector: entry.vector,
    };
  });
}

/**
 * Vectors for those that lack one, in one call that gives way to look-ups. Embedding may fail or find a text too long:
 * the answer is stored all the same, for exact repeats.
 */
export async function withVectors(entries: readonly Entry[], deps: RememberDeps): Promise<Entry[]> {
  const { version } = deps.embedder.model;
  const lacking = entries.filter(
    (entry) => entry.semantic && (entry.vector === undefined || entry.embeddingModel !== version),
  );
  if (lacking.length === 0) return [...entries];
  const embedded = new Map<Entry, Entry>();
  try {
    const embeddings = await deps.embedder.embed(lacking.map(({ query }) => query));
    lacking.forEach((entry, at) => {
      const { vector, truncated } = embeddings[at] as Embedding;
      embedded.set(
        entry,
        truncated ? { ...unembedded(entry), semantic: false } : { ...entry, vector, embeddingModel: version },
      );
    });
  } catch (error) {
    deps.observer.incident('embed-on-write-failed', error);
    for (const entry of lacking) embedded.set(entry, unembedded(entry));
  }
  return entries.map((entry) => embedded.get(entry) ?? entry);
}

const unembedded = (entry: Entry): Entry => ({ ...entry, vector: undefined, embeddingModel: undefined });
