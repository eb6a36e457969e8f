import type { Entry } from '../entry.ts';
import { type Change, type ChangeLog, type EntryChange, isEntryChange } from '../ports/change-log.ts';
import type { NearestIndex } from '../ports/nearest-index.ts';
import type { ResponseStore, StoreUpkeep } from '../ports/response-store.ts';
import { addVectors, indexChanges, type RememberDeps } from './remember.ts';

export interface RecoverDeps {
  readonly store: Pick<ResponseStore, 'getMany' | 'list' | 'unlogged'>;
  readonly log: ChangeLog;
  readonly index: NearestIndex;
  /** Whose vectors the index holds. */
  readonly modelVersion: () => string;
}

const PAGE = 500;

/** How the index was brought up to date at start. */
export interface Recovery {
  readonly kind: 'replayed' | 'rebuilt';
  /** Log records replayed, or entries indexed anew. */
  readonly changes: number;
  /** Entries whose write had been cut short, now finished. */
  readonly finished: number;
}

/** Before the first request: finishes writes that were cut short, then brings the index to the end of the log. */
export async function recover(deps: RecoverDeps): Promise<Recovery> {
  const finished = await finishUnlogged(deps);
  const { firstSeq, lastSeq } = await deps.log.bounds();
  const position = await deps.index.position();
  const known = position <= lastSeq && position >= firstSeq - 1 && (position > 0 || firstSeq <= 1);
  const changes = known ? await replay(position, deps) : await rebuild(lastSeq, deps);
  return { kind: known ? 'replayed' : 'rebuilt', changes, finished };
}

/** Tells the log of what it has not heard of; whoever follows it hears afterwards. Answers how many. */
export async function finishUnlogged({ store, log }: Pick<RecoverDeps, 'store' | 'log'>): Promise<number> {
  const ids = await store.unlogged();
  for (let at = 0; at < ids.length; at += PAGE) {
    const page = ids.slice(at, at + PAGE);
    const entries = await store.getMany(page);
    await log.append(
      page.map((id, i): EntryChange => {
        const entry = entries[i];
        return entry === undefined ? { kind: 'delete', id } : { kind: 'add', id, createdAtMs: entry.createdAtMs };
      }),
    );
  }
  return ids.length;
}

async function replay(position: number, deps: RecoverDeps): Promise<number> {
  let seq = position;
  let changes = 0;
  for (;;) {
    const records = await deps.log.read(seq, PAGE);
    const last = records.at(-1);
    if (last === undefined) return changes;
    await applyRecords(
      records.map(({ change }) => change),
      last.seq,
      deps,
    );
    seq = last.seq;
    changes += records.length;
  }
}

/**
 * The log's records into the index. Of several changes to one entry only the last state is in the store, and it is all
 * that the index needs.
 */
export async function applyRecords(
  changes: readonly Change[],
  seq: number,
  { store, index, modelVersion }: Pick<RecoverDeps, 'store' | 'index' | 'modelVersion'>,
): Promise<void> {
  const ids = new Set(changes.flatMap((change) => (isEntryChange(change) ? [change.id] : [])));
  const entries = ids.size === 0 ? [] : await store.getMany([...ids]);
  await index.apply(indexChanges(changes, entries, modelVersion()), seq);
}

/** The index anew, from everything in the store; it then stands at `lastSeq`, read before. Answers how many entries. Rejects when aborted. */
export async function rebuild(lastSeq: number, deps: Omit<RecoverDeps, 'log'>, signal?: AbortSignal): Promise<number> {
  await deps.index.clear();
  let cursor: string | undefined;
  let changes = 0;
  do {
    signal?.throwIfAborted();
    const page = await deps.store.list({}, { cursor, limit: PAGE });
    const adds = page.entries.map(({ id }): Change => ({ kind: 'add', id }));
    // Not yet at the log's end: a snapshot of a half-built index must not pass for a whole one.
    await applyRecords(adds, 0, deps);
    changes += page.entries.length;
    cursor = page.cursor;
  } while (cursor !== undefined);
  await deps.index.apply([], lastSeq);
  return changes;
}

/**
 * Gives entries of another (or no) embedding model a vector of the present one, a few at a time. Exact hits go on
 * meanwhile. Stops when `stopped` says so or the embedder fails; answers how many were embedded.
 */
export async function reembed(
  deps: RememberDeps & { readonly upkeep: Pick<StoreUpkeep, 'unembedded'> },
  stopped: () => boolean,
): Promise<number> {
  let done = 0;
  let before: readonly Entry[] = [];
  for (;;) {
    const { version } = deps.embedder.model;
    // Not known yet: an embedder of another process that has not been reached.
    if (version === '' || stopped()) return done;
    const entries = await deps.upkeep.unembedded(version, 16);
    if (entries.length === 0) return done;
    // The same ones again: nothing could be written over them, and trying for ever would help nobody.
    if (entries.every(({ id }, at) => id === before[at]?.id)) return done;
    if ((await addVectors(entries, deps)) > 0) return done;
    done += entries.length;
    before = entries;
  }
}
