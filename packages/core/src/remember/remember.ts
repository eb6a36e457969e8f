import type { Entry } from '../entry.ts';
import type { EntryId } from '../ids.ts';
import { partitionOf } from '../key/fingerprint.ts';
import { type Change, type EntryChange, isEntryChange } from '../ports/change-log.ts';
import type { Embedder, Embedding } from '../ports/embedder.ts';
import type { IndexChange } from '../ports/nearest-index.ts';
import type { Observer } from '../ports/observer.ts';
import type { ResponseStore } from '../ports/response-store.ts';
import type { ChangeFeed } from './change-feed.ts';

export interface RememberDeps {
  readonly store: ResponseStore;
  readonly feed: ChangeFeed;
  readonly embedder: Embedder;
  readonly observer: Observer;
}

/**
 * Writes answers: store, then log, then index; what lacks a vector is embedded afterwards and told of again, so that an
 * embedder that is slow or away keeps no answer from its exact repeats. Whatever the step at which the process dies, a
 * stored answer stays and is found again: `recover` and `reembed` finish the steps that are missing.
 */
export async function remember(entries: readonly Entry[], deps: RememberDeps): Promise<void> {
  await deps.store.put(entries);
  await tellAdded(entries, deps);
  await addVectors(entries, deps);
}

/**
 * Embeds what lacks a vector of the present model, and writes it over the entries that are still the same. Answers how
 * many could not be embedded; they keep being found by their exact key.
 */
export async function addVectors(entries: readonly Entry[], deps: RememberDeps): Promise<number> {
  const { version } = deps.embedder.model;
  // A model of another process may not be known yet: then a vector that is there is taken for one of it.
  const lacking = entries.filter(
    ({ semantic, vector, embeddingModel }) =>
      semantic && (vector === undefined || (version !== '' && embeddingModel !== version)),
  );
  if (lacking.length === 0) return 0;
  const embedded = await withVectors(lacking, deps);
  if (embedded === undefined) return lacking.length;
  const kept = new Set(await deps.store.update(embedded));
  await tellAdded(
    embedded.filter(({ id }) => kept.has(id)),
    deps,
  );
  return 0;
}

/** Removes answers: store, then log, then index. Answers the ids that were there. */
export async function forget(ids: readonly EntryId[], deps: Pick<RememberDeps, 'store' | 'feed'>): Promise<EntryId[]> {
  const gone = await deps.store.delete(ids);
  await deps.feed.gone(gone, 'delete');
  return gone;
}

/** What an index makes of the log's records; `entries` are those that the records name, as they are now. */
export function indexChanges(
  changes: readonly Change[],
  entries: readonly (Entry | undefined)[],
  modelVersion: string,
): IndexChange[] {
  const byId = new Map(entries.flatMap((entry) => (entry === undefined ? [] : [[entry.id, entry] as const])));
  return changes.flatMap((change): IndexChange[] => {
    if (!isEntryChange(change)) return [];
    const entry = byId.get(change.id);
    // One that is not to be found by meaning leaves the index, in case an older one under its id was in it.
    if (entry?.vector === undefined || !entry.semantic || entry.embeddingModel !== modelVersion)
      return [{ kind: 'remove', id: change.id }];
    return [
      {
        kind: 'add',
        id: entry.id,
        partition: partitionOf(entry.scope, modelVersion),
        fingerprint: entry.fingerprint,
        vector: entry.vector,
      },
    ];
  });
}

function tellAdded(entries: readonly Entry[], { feed, embedder }: RememberDeps): Promise<void> {
  if (entries.length === 0) return Promise.resolve();
  const changes = entries.map(({ id, createdAtMs }): EntryChange => ({ kind: 'add', id, createdAtMs }));
  return feed.publish(changes, indexChanges(changes, entries, embedder.model.version));
}

/** In one call, which gives way to look-ups. A text too long for the model makes its entry exact only. */
async function withVectors(lacking: readonly Entry[], deps: RememberDeps): Promise<Entry[] | undefined> {
  try {
    const embeddings = await deps.embedder.embed(lacking.map(({ query }) => query));
    // Read after the call: a model of another process is known by its first answer at the latest.
    const { version } = deps.embedder.model;
    return lacking.map((entry, at) => {
      const { vector, truncated } = embeddings[at] as Embedding;
      return truncated
        ? { ...entry, vector: undefined, embeddingModel: undefined, semantic: false, identity: undefined }
        : { ...entry, vector, embeddingModel: version };
    });
  } catch (error) {
    deps.observer.incident('embed-on-write-failed', error);
    return undefined;
  }
}
