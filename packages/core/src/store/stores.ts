import type { ChangeLog } from '../ports/change-log.ts';
import type { KeyStore } from '../ports/key-store.ts';
import type { LimitStore } from '../ports/limit-store.ts';
import type { PairStore } from '../ports/pair-store.ts';
import type { PolicyStore } from '../ports/policy-store.ts';
import type { ResponseStore, StoreUpkeep } from '../ports/response-store.ts';
import type { SampleStore } from '../ports/sample-store.ts';
import type { StatsStore } from '../ports/stats-store.ts';
import type { UsageStore } from '../ports/usage-store.ts';

/** The storage ports over one medium: `put` and `append` share transactions, so they cannot be opened apart. */
export interface Stores {
  readonly responses: ResponseStore;
  readonly upkeep: StoreUpkeep;
  readonly log: ChangeLog;
  readonly policies: PolicyStore;
  readonly stats: StatsStore;
  readonly usage: UsageStore;
  readonly keys: KeyStore;
  readonly limits: LimitStore;
  readonly pairs: PairStore;
  readonly samples: SampleStore;
  /** Writes what is pending and lets go of the medium. Safe to call twice; `responses.close` is the same call. */
  close(): Promise<void>;
}
