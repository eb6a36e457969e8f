import type { Change } from '../ports/change-log.ts';
import type { StoreUpkeep } from '../ports/response-store.ts';
import { indexChanges, type RememberDeps, remember, withVectors } from './remember.ts';

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
export async function recover(deps: RememberDeps): Promise<Recovery> {
  const finished = await finishUnlogged(deps);
  const { firstSeq, lastSeq } = await deps.log.bounds();
  const position = await deps.index.position();
  const known = position <= lastSeq && position >= firstSeq - 1 && (position > 0 || firstSeq <= 1);
  const changes = known ? await replay(position, deps) : await rebuild(lastSeq, deps);
  return { kind: known ? 'replayed' : 'rebuilt', changes, finished };
}

/** Only the log hears of them here; the index follows the log afterwards. */
async function finishUnlogged(deps: RememberDeps): Promise<number> {
  const ids = await deps.store.unlogged();
  for (let at = 0; at < ids.length; at += PAGE) {
    const page = ids.slice(at, at + PAGE);
    const entries = await deps.store.getMany(page);
    await deps.log.append(page.map((id, i): Change => ({ kind: entries[i] === undefined ? 'delete' : 'add', id })));
  }
  return ids.length;
}

async function replay(position: number, deps: RememberDeps): Promise<number> {
  let seq = position;
  let changes = 0;
  for (;;) {
    const records = await deps.log.read(seq, PAGE);
    const last = records.at(-1);
    if (last === undefined) return changes;
    // Of several changes to one entry only the last state is in the store, and it is all that the index needs.
    const ids = [...new Set(records.filter(({ change }) => change.kind === 'add').map(({ change }) => change.id))];
    const entries = await deps.store.getMany(ids);
    await deps.index.apply(
      indexChanges(
        records.map(({ change }) => change),
        entries,
        deps.embedder.model.version,
      ),
      last.seq,
    );
    seq = last.seq;
    changes += records.length;
  }
}

async function rebuild(lastSeq: number, deps: RememberDeps): Promise<number> {
  await deps.index.clear();
  let cursor: string | undefined;
  let changes = 0;
  do {
    const page = await deps.store.list({}, { cursor, limit: PAGE });
    const entries = await deps.store.getMany(page.entries.map(({ id }) => id));
    const adds = page.entries.map(({ id }): Change => ({ kind: 'add', id }));
    await deps.index.apply(indexChanges(adds, entries, deps.embedder.model.version), lastSeq);
    changes += page.entries.length;
    cursor = page.cursor;
  } while (cursor !== undefined);
  if (changes === 0) await deps.index.apply([], lastSeq);
  return changes;
}

/**
 * Gives entries of another (or no) embedding model a vector of the present one, a few at a time. Exact hits go on
 * meanwhile. Stops when `stopped` says so; answers how many were embedded.
 */
export async function reembed(
  deps: RememberDeps & { readonly upkeep: Pick<StoreUpkeep, 'unembedded'> },
  stopped: () => boolean,
): Promise<number> {
  const { version } = deps.embedder.model;
  let done = 0;
  for (;;) {
    const entries = await deps.upkeep.unembedded(version, 16);
    if (entries.length === 0 || stopped()) return done;
    // Embedded first, then read again: what was deleted meanwhile must not come back.
    const embedded = await withVectors(entries, deps);
    const now = await deps.store.getMany(embedded.map(({ id }) => id));
    const alive = embedded.filter(({ createdAtMs }, at) => now[at]?.createdAtMs === createdAtMs);
    if (alive.length > 0) await remember(alive, deps);
    // The embedder is down: the next start tries again.
    if (embedded.some((entry) => entry.semantic && entry.embeddingModel !== version)) return done;
    done += entries.length;
  }
}
