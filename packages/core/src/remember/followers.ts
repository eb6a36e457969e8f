import type { PendingAnswers } from '../answer/pending-answers.ts';
import type { Calibration } from '../calibrate/service.ts';
import type { LinkMemory } from '../evidence/links.ts';
import type { PolicyService } from '../policy/service.ts';
import { type Change, isEntryChange, type LoggedChange } from '../ports/change-log.ts';
import type { Invalidations } from '../ports/invalidations.ts';
import type { MemoryCache } from '../ports/memory-cache.ts';
import type { SharedFlights } from '../ports/shared-flights.ts';
import { LogFollower, type LogFollowerOptions } from './log-follower.ts';
import { applyRecords, type RecoverDeps, rebuild } from './recover.ts';

type Following = Pick<LogFollowerOptions, 'log' | 'observer' | 'from' | 'pollMs'>;

export interface IndexFollowerOptions extends Following, Omit<RecoverDeps, 'log'> {
  /** The index is about to be emptied and built anew. */
  readonly onRebuild?: (() => void) | undefined;
  /** The index was built anew from the store, and stands for records of this epoch from now on. */
  readonly onRebuilt?: ((epoch: string, entries: number) => void) | undefined;
}

/** Keeps an index in step with a log that others write. */
export function followWithIndex(options: IndexFollowerOptions): LogFollower {
  return new LogFollower({
    ...options,
    apply: (records) =>
      applyRecords(
        records.map(({ change }) => change),
        records.at(-1)?.seq ?? 0,
        options,
      ),
    reset: async ({ epoch, lastSeq }, signal) => {
      options.onRebuild?.();
      const entries = await rebuild(lastSeq, options, signal);
      options.onRebuilt?.(epoch, entries);
    },
  });
}

export interface MemoryFollowerOptions extends Following {
  readonly memory: MemoryCache;
  readonly pending: PendingAnswers;
  readonly policies: Pick<PolicyService, 'load'>;
  readonly links?: Pick<LinkMemory, 'load' | 'refresh'> | undefined;
  readonly calibration?: Pick<Calibration, 'load' | 'refresh'> | undefined;
  /** What the log can't tell any more after a gap. */
  readonly invalidations?: Pick<Invalidations, 'since'> | undefined;
  readonly sharedFlights?: Pick<SharedFlights, 'forget'> | undefined;
  readonly now: () => number;
}

/** Keeps what a process holds for itself in step with what others do: L1, answers being made, policies, what was judged. */
export function followWithMemory(options: MemoryFollowerOptions): LogFollower {
  const { memory, policies, links, calibration } = options;
  return new LogFollower({
    ...options,
    apply: async (records) => {
      for (const { change } of records) take(change, options);
      await takeKept(records, options);
    },
    // What was deleted in between is not known: everything may be what was deleted.
    reset: async () => {
      // First, so that no answer of before comes into the emptied memory.
      await voidMissed(options);
      memory.clear();
      await policies.load();
      await links?.load();
      await calibration?.load();
    },
  });
}

/** What stands in the store, and has to be read from there. */
async function takeKept(records: readonly LoggedChange[], options: MemoryFollowerOptions): Promise<void> {
  const { policies, links, calibration } = options;
  const tells = (kind: Change['kind']) => records.some(({ change }) => change.kind === kind);
  if (tells('policy')) await policies.load();
  const judged = new Set(records.flatMap(({ change }) => (change.kind === 'pair' ? [change.id] : [])));
  if (judged.size > 0) await links?.refresh([...judged]);
  if (tells('samples')) await calibration?.refresh();
}

/** A reply can be joined for so long after its end. */
const JOINED_MS = 60_000;

async function voidMissed({ pending, invalidations, sharedFlights, now }: MemoryFollowerOptions): Promise<void> {
  const sinceMs = Math.min(pending.sinceMs ?? Number.POSITIVE_INFINITY, now() - JOINED_MS);
  const missed = (await invalidations?.since(sinceMs)) ?? [];
  for (const { filter, atMs } of missed) pending.invalidate(filter, atMs);
  if (missed.length > 0) sharedFlights?.forget();
}

function take(change: Change, { memory, pending, sharedFlights, now }: MemoryFollowerOptions): void {
  if (change.kind === 'invalidate') {
    pending.invalidate(change.filter, change.atMs);
    sharedFlights?.forget();
    // An answer whose write has failed is in L1 only, where no other filter finds it.
    if (change.filter.ids === undefined) memory.clear();
    else for (const id of change.filter.ids) memory.delete(id);
    return;
  }
  if (!isEntryChange(change)) return;
  if (change.kind === 'add') {
    // An answer that was made here is in L1 before the log tells of it: only an older one has to go.
    const held = memory.get(change.id, now());
    if (held === undefined || held.entry.createdAtMs >= (change.createdAtMs ?? 0)) return;
  }
  memory.delete(change.id);
}
