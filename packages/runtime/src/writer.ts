import {
  ChangeFeed,
  type Embedder,
  finishUnlogged,
  forget,
  maintain,
  type Observer,
  type PolicyService,
  reembed,
  remember,
  type Stores,
} from '@nearhit/core';
import type { Chores } from './chores.ts';

/** Held by one process at a time. */
export interface Lease {
  /** Does the work when this process holds the lease or gets it; else does nothing. */
  held(work: () => Promise<unknown>): Promise<void>;
}

export interface WriterOptions {
  readonly stores: Stores;
  readonly embedder: Embedder;
  readonly observer: Observer;
  readonly policies: PolicyService;
  readonly lease: Lease;
  readonly chores: Chores;
}

const MAINTAIN_MS = 5000;
const POLICIES_MS = 2000;
const UNLOGGED_MS = 30_000;
const TRIM_MS = 60_000;
/** Records that a replica may fall behind and still need no rebuilding. */
const LOG_KEPT = 100_000;

/**
 * What a worker does: `write` and `forget` for the queue's consumer, and upkeep of the shared store by whichever worker
 * holds the lease.
 */
export function createWriter({ stores, embedder, observer, policies, lease, chores }: WriterOptions) {
  const { responses: store, upkeep, log } = stores;
  const remembering = { store, feed: new ChangeFeed(log), embedder, observer };
  const maintaining = { ...remembering, upkeep, policies, now: Date.now };
  const keepInBounds = async (): Promise<void> => {
    // Built-in bounds instead of an operator's would evict what is to be kept.
    await policies.load();
    await maintain(maintaining);
  };
  return {
    write: (entries: Parameters<typeof remember>[0]) => remember(entries, remembering),
    forget: (ids: Parameters<typeof forget>[0]) => forget(ids, remembering),
    startUpkeep(): void {
      chores.once('policies-failed', () => policies.load());
      chores.every(POLICIES_MS, 'policies-failed', () => policies.load());
      chores.every(MAINTAIN_MS, 'maintain-failed', () => lease.held(keepInBounds));
      chores.every(MAINTAIN_MS, 'reembed-failed', () => lease.held(() => reembed(maintaining, () => chores.stopped)));
      chores.every(UNLOGGED_MS, 'finish-failed', () => lease.held(() => finishUnlogged({ store, log })));
      chores.every(TRIM_MS, 'trim-failed', () =>
        lease.held(async () => {
          const { firstSeq, lastSeq } = await log.bounds();
          if (lastSeq - firstSeq >= LOG_KEPT) await log.trim(lastSeq - LOG_KEPT);
        }),
      );
    },
  };
}
