import type { EntryId } from '../ids.ts';
import type { PolicyService } from '../policy/service.ts';
import type { MemoryCache } from '../ports/memory-cache.ts';
import type { StoreUpkeep } from '../ports/response-store.ts';
import type { RememberDeps } from './remember.ts';

export interface UpkeepDeps extends RememberDeps {
  readonly upkeep: StoreUpkeep;
  readonly memory: MemoryCache;
  readonly policies: PolicyService;
  readonly now: () => number;
}

const SWEEP_MAX = 1000;
/** Changes after which the index is worth a new snapshot. */
const SNAPSHOT_AFTER_CHANGES = 2000;

/** Drops what has expired, holds every namespace within its bounds, and keeps the next start short. */
export async function maintain(deps: UpkeepDeps): Promise<{ expired: number; evicted: number }> {
  let expired = 0;
  for (;;) {
    const ids = await deps.upkeep.sweep(deps.now(), SWEEP_MAX);
    await tellGone(ids, deps);
    expired += ids.length;
    if (ids.length < SWEEP_MAX) break;
  }
  let evicted = 0;
  for (const { tenant, namespace, entries, bytes } of await deps.upkeep.usage()) {
    const { maxEntries, maxBytes } = deps.policies.resolve(namespace).policy;
    if (entries <= maxEntries && bytes <= maxBytes) continue;
    const ids = await deps.upkeep.evict({ tenant, namespace, maxEntries, maxBytes });
    for (const id of ids) deps.memory.delete(id);
    await tellGone(ids, deps);
    evicted += ids.length;
  }
  const { firstSeq, lastSeq } = await deps.log.bounds();
  if (lastSeq - firstSeq + 1 >= SNAPSHOT_AFTER_CHANGES) await snapshot(deps);
  return { expired, evicted };
}

/**
 * Upkeep removes many entries in several transactions and tells of all at the end. What has been written again since
 * has told the log of itself already, or will: heard after that, its removal would hide it.
 */
async function tellGone(ids: readonly EntryId[], { store, feed }: RememberDeps): Promise<void> {
  const now = await store.getMany(ids);
  await feed.deleted(ids.filter((_, at) => now[at] === undefined));
}

/** Writes the index down and drops the part of the log that the snapshot stands for. */
export async function snapshot(deps: RememberDeps): Promise<void> {
  await deps.log.trim(await deps.index.snapshot());
}
