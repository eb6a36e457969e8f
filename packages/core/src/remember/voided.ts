import type { Entry } from '../entry.ts';
import type { EntryId } from '../ids.ts';
import type { Invalidation, Invalidations } from '../ports/invalidations.ts';
import { entryMatches } from '../store/entry-filter.ts';

/** An answer on its way to the store. */
export interface PendingWrite {
  readonly entry: Entry;
  /** When its upstream call began. */
  readonly askedAtMs: number;
}

export interface WriteDeps {
  /** All or none as far as the caller can tell: it is called again with what it failed on. */
  readonly write: (entries: readonly Entry[]) => Promise<void>;
  readonly invalidations?: Pick<Invalidations, 'since'> | undefined;
  /** Takes back what was invalidated while it was being written. */
  readonly forget?: ((ids: readonly EntryId[]) => Promise<unknown>) | undefined;
}

/** What it rests on was invalidated after it was asked for: it may be outdated. */
export function isVoid({ entry, askedAtMs }: PendingWrite, invalidations: readonly Invalidation[]): boolean {
  return invalidations.some(({ filter, atMs }) => askedAtMs <= atMs && entryMatches(entry, filter));
}

/** Writes those that are not void, of several under one id the newest. Throws what `write` throws. */
export async function writeUnlessVoid(pending: readonly PendingWrite[], deps: WriteDeps): Promise<void> {
  const valid = newest(await unlessVoid(pending, deps.invalidations));
  if (valid.length === 0) return;
  await deps.write(valid.map(({ entry }) => entry));
  if (deps.forget === undefined) return;
  const still = new Set(await unlessVoid(valid, deps.invalidations));
  const gone = valid.filter((one) => !still.has(one)).map(({ entry }) => entry.id);
  if (gone.length > 0) await deps.forget(gone);
}

async function unlessVoid(
  pending: readonly PendingWrite[],
  invalidations: WriteDeps['invalidations'],
): Promise<readonly PendingWrite[]> {
  if (invalidations === undefined || pending.length === 0) return pending;
  const since = await invalidations.since(Math.min(...pending.map(({ askedAtMs }) => askedAtMs)));
  return since.length === 0 ? pending : pending.filter((one) => !isVoid(one, since));
}

function newest(pending: readonly PendingWrite[]): PendingWrite[] {
  const byId = new Map<EntryId, PendingWrite>();
  for (const one of pending) {
    const known = byId.get(one.entry.id);
    if (known === undefined || known.entry.createdAtMs <= one.entry.createdAtMs) byId.set(one.entry.id, one);
  }
  return [...byId.values()];
}
