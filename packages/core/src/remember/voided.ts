import type { Entry } from '../entry.ts';
import type { EntryId } from '../ids.ts';
import type { Invalidation, Invalidations } from '../ports/invalidations.ts';
import { entryMatches } from '../store/entry-filter.ts';

/** An answer on its way to the store. */
export interface PendingWrite {
  readonly entry: Entry;
  /** When its upstream call began. */
  readonly askedAtMs: number;
  /** W3C trace context of the request that it is an answer to. */
  readonly traceparent?: string | undefined;
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

/**
 * Writes those that are not void, of several under one id the newest. What is void is taken back: an earlier try may
 * have written it and failed after that. Throws what `write` and `forget` throw.
 */
export async function writeUnlessVoid(pending: readonly PendingWrite[], deps: WriteDeps): Promise<void> {
  const valid = await unlessVoid(pending, deps.invalidations);
  const written = newest(valid);
  if (written.length > 0) await deps.write(written.map(({ entry }) => entry));
  if (deps.forget === undefined) return;
  const still = new Set((await unlessVoid(written, deps.invalidations)).map(({ entry }) => entry.id));
  const ids = new Set([...without(pending, valid), ...written].map(({ entry }) => entry.id));
  const gone = [...ids].filter((id) => !still.has(id));
  if (gone.length > 0) await deps.forget(gone);
}

function without(pending: readonly PendingWrite[], some: readonly PendingWrite[]): readonly PendingWrite[] {
  const left = new Set(some);
  return pending.filter((one) => !left.has(one));
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
