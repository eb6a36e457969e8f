import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  newCallId,
  type Observer,
  oneAtATime,
  thisProcess,
  type UsageRecord,
  type UsageStore,
  usageRecordOf,
  within,
} from '@nearhit/core';
import type { Chores } from '../chores.ts';
import { Journal, ownerName } from './journal.ts';
import { shipLegacies } from './legacy.ts';
import { ship } from './shipping.ts';

export interface AccountsOptions {
  /** For the journal; made when missing. Several processes may share it. */
  readonly dir: string;
  readonly store: UsageStore;
  /** Hears of what failed and was survived. */
  readonly observer: Pick<Observer, 'incident'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Questions are kept with the records. */
  readonly prompts: () => boolean;
  readonly segmentBytes?: number | undefined;
  readonly heldMax?: number | undefined;
}

/** Every request becomes one record in the store, exactly once: see docs/usage.md. */
export interface Accounts extends Observer {
  /** A call goes upstream. Should nothing more be heard of it, `record` is what is accounted. */
  begin(record: UsageRecord): void;
  /** Resolves when everything that was recorded before the call is in the store. Rejects while the store is away. */
  flush(): Promise<void>;
  /** Begins to hand on: what this process records, and what processes that are gone have left. */
  start(chores: Chores): void;
  /** The store, as of now where it can be reached in time. */
  readonly reader: Pick<UsageStore, 'rollups' | 'records'>;
  /** Hands on what it can; the rest waits in the folder for the next process. */
  close(): Promise<void>;
}

const SHIP_MS = 1000;
const LEGACY_MS = 30_000;
const FLUSH_MS = 2000;
const CLOSE_MS = 5000;
const SEGMENT_BYTES = 4_194_304;
const HELD_MAX = 10_000;
/** No call takes longer: something has forgotten to tell of its end. */
const OPEN_MS_MAX = 86_400_000;

/** Does not wait for the store, and works without a disk: then records wait in memory only. */
export function openAccounts(options: AccountsOptions): Accounts {
  return new JournaledAccounts(options);
}

class JournaledAccounts implements Accounts {
  readonly flush: () => Promise<void>;
  readonly reader: Accounts['reader'];
  readonly #options: AccountsOptions;
  readonly #id = randomUUID();
  readonly #ownerFile: string;
  readonly #journal: Journal;
  #closed = false;

  constructor(options: AccountsOptions) {
    const { dir, store, observer, segmentBytes = SEGMENT_BYTES, heldMax = HELD_MAX } = options;
    this.#options = options;
    this.#ownerFile = join(dir, ownerName(this.#id));
    this.#journal = new Journal({ dir, id: this.#id, observer, segmentBytes, heldMax });
    this.flush = oneAtATime(() => ship(this.#journal, store));
    this.reader = {
      rollups: async (filter) => {
        await this.#upToNow();
        return store.rollups(filter);
      },
      records: async (filter, page) => {
        await this.#upToNow();
        return store.records(filter, page);
      },
    };
    this.#own();
  }

  record(decision: Parameters<Observer['record']>[0]): void {
    if (this.#closed) return;
    const id = decision.id ?? newCallId();
    this.#journal.end(usageRecordOf(decision, id, { prompts: this.#options.prompts() }));
  }

  incident(): void {}

  begin(record: UsageRecord): void {
    if (!this.#closed) this.#journal.begin(record);
  }

  start(chores: Chores): void {
    const { dir, store, observer, now } = this.#options;
    const legacies = async () => {
      await shipLegacies({ dir, store, observer, now, ownId: this.#id });
    };
    chores.once('usage-replay-failed', legacies);
    chores.every(LEGACY_MS, 'usage-replay-failed', legacies);
    chores.every(SHIP_MS, 'usage-ship-failed', () => {
      this.#beat();
      this.#endForgotten();
      return this.flush();
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#endOpen(Number.POSITIVE_INFINITY);
    this.#closed = true;
    const late = () => new Error('the store did not answer in time');
    const done = await within(this.flush(), CLOSE_MS, late).then(
      () => true,
      (error: unknown) => {
        this.#options.observer.incident('usage-ship-failed', error);
        return false;
      },
    );
    if (done) for (const segment of [...this.#journal.segments()]) this.#journal.drop(segment);
    this.#journal.close();
    if (done) this.#disown();
  }

  async #upToNow(): Promise<void> {
    await within(this.flush(), FLUSH_MS, () => new Error('late')).catch(() => undefined);
  }

  #endForgotten(): void {
    this.#endOpen(this.#options.now() - OPEN_MS_MAX);
  }

  /** Calls that began before and of whose end nobody told: they are accounted as what they began with. */
  #endOpen(beforeMs: number): void {
    for (const record of this.#journal.open()) {
      if (record.atMs >= beforeMs) break;
      this.#journal.end(record);
    }
  }

  /** Before the first line, so that nobody takes it for that of a process that is gone. */
  #own(): void {
    try {
      mkdirSync(this.#options.dir, { recursive: true, mode: 0o700 });
      writeFileSync(this.#ownerFile, JSON.stringify(thisProcess()), { mode: 0o600 });
    } catch (error) {
      this.#options.observer.incident('usage-journal-failed', error);
    }
  }

  #disown(): void {
    try {
      rmSync(this.#ownerFile, { force: true });
    } catch {
      // There is no such folder: nothing was owned.
    }
  }

  #beat(): void {
    try {
      const now = new Date();
      utimesSync(this.#ownerFile, now, now);
    } catch {
      this.#own();
    }
  }
}
