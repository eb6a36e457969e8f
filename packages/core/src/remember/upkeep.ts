import type { EntryId } from '../ids.ts';
import type { PolicyService } from '../policy/service.ts';
import type { ChangeLog } from '../ports/change-log.ts';
import type { MemoryCache } from '../ports/memory-cache.ts';
import type { NearestIndex } from '../ports/nearest-index.ts';
import type { StoreUpkeep } from '../ports/response-store.ts';
import type { RememberDeps } from './remember.ts';

export interface UpkeepDeps extends Pick<RememberDeps, 'store' | 'feed'> {
  readonly upkeep: StoreUpkeep;
  readonly policies: PolicyService;
  readonly now: () => number;
  /** L1 of this process, where it has one. */
  readonly memory?: Pick<MemoryCache, 'delete'> | undefined;
}

const SWEEP_MAX = 1000;
/** Changes after which the index is worth a new snapshot. */
const SNAPSHOT_AFTER_CHANGES = 2000;

/** Drops what has expired and holds every namespace within its bounds. */
export async function maintain(deps: UpkeepDeps): Promise<{ expired: number; evicted: number }> {
  let expired = 0;
  for (;;) {
    const ids = await deps.upkeep.sweep(deps.now(), SWEEP_MAX);
    await tellGone(ids, 'expire', deps);
    expired += ids.length;
    if (ids.length < SWEEP_MAX) break;
  }
  let evicted = 0;
  for (const { tenant, namespace, entries, bytes } of await deps.upkeep.usage()) {
    const { maxEntries, maxBytes } = deps.policies.resolve(namespace).policy;
    if (entries <= maxEntries && bytes <= maxBytes) continue;
    const ids = await deps.upkeep.evict({ tenant, namespace, maxEntries, maxBytes });
    for (const id of ids) deps.memory?.delete(id);
    await tellGone(ids, 'delete', deps);
    evicted += ids.length;
  }
  return { expired, evicted };
}

/**
 * Upkeep removes many entries in several transactions and tells of all at the end. What has been written again since
 * has told the log of itself already, or will: heard after that, its removal would hide it.
 */
async function tellGone(
  ids: readonly EntryId[],
  kind: 'delete' | 'expire',
  { store, feed }: Pick<UpkeepDeps, 'store' | 'feed'>,
): Promise<void> {
  const now = await store.getMany(ids);
  await feed.gone(
    ids.filter((_, at) => now[at] === undefined),
    kind,
  );
}

interface Followed {
  readonly log: ChangeLog;
  readonly index: NearestIndex;
}

/** Keeps the next start short: a snapshot when the log that it would replay has grown long. For the log's only follower. */
export async function compact(followed: Followed): Promise<void> {
  const { firstSeq, lastSeq } = await followed.log.bounds();
  if (lastSeq - firstSeq + 1 >= SNAPSHOT_AFTER_CHANGES) await snapshot(followed);
}

/** Writes the index down and drops the part of the log that the snapshot stands for. */
export async function snapshot({ log, index }: Followed): Promise<void> {
  await log.trim(await index.snapshot());
}
