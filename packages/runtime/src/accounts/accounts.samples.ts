import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore, type DecisionRecord, groupUsage, type UsageRecord, type UsageStore } from '@nearhit/core';
import { Chores } from '../chores.ts';
import { type Accounts, type AccountsOptions, openAccounts } from './accounts.ts';

export const NOON_MS = Date.UTC(2026, 10, 30, 12);

/** A store that can be away, and counts what it is sent. */
export class FlakyStore {
  readonly real = createMemoryStore().usage;
  away = false;
  sent = 0;

  readonly port: UsageStore = {
    append: async (records) => {
      await new Promise(setImmediate);
      if (this.away) throw new Error('the store is away');
      this.sent += records.length;
      await this.real.append(records);
    },
    rollups: (filter) => this.real.rollups(filter),
    records: (filter, page) => this.real.records(filter, page),
    trim: (bounds) => this.real.trim(bounds),
  };

  async totals() {
    return groupUsage(await this.real.rollups({}), [])[0]?.totals;
  }

  async all(): Promise<UsageRecord[]> {
    return (await this.real.records({}, { limit: 1e6 })).records;
  }
}

/** A folder of its own, and the accounts that are kept there. */
export class Ledgers {
  readonly dir = mkdtempSync(join(tmpdir(), 'nearhit-accounts-'));
  readonly #opened: Accounts[] = [];

  open(store: UsageStore, more: Partial<AccountsOptions> = {}) {
    const incidents: string[] = [];
    const observer = { incident: (name: string) => void incidents.push(name) };
    const { dir } = this;
    const accounts = openAccounts({ dir, store, observer, now: Date.now, prompts: () => false, ...more });
    this.#opened.push(accounts);
    return { accounts, incidents, observer };
  }

  journals(): string[] {
    return readdirSync(this.dir).filter((name) => name.endsWith('.journal'));
  }

  async close(): Promise<void> {
    for (const one of this.#opened.splice(0).reverse()) await one.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Lets it hand on what others have left. */
export async function replay(accounts: Accounts, observer: { incident: (name: string) => void }): Promise<void> {
  const chores = new Chores(observer);
  accounts.start(chores);
  await chores.close();
}

export function decision(n: number, changes: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    ...{ id: `d-${n}`, requestId: `r-${n}`, atMs: NOON_MS + n, tenant: 'acme', namespace: 'default', model: 'gpt-4o' },
    ...{ outcome: 'miss', threshold: 0.9, query: 'a secret question', stream: false, status: 200, provider: 'main' },
    ...{ usage: { promptTokens: n, completionTokens: 2 }, costUsd: 0.001, savedUsd: 0 },
    ...{ latencyMs: 10.123456, firstByteMs: 5, overheadMs: 0.5 },
    ...changes,
  } as DecisionRecord;
}

export const beginOf = (id: string): UsageRecord => ({
  ...{ id, requestId: id, atMs: NOON_MS, tenant: 'acme', keyId: '', namespace: 'n', endpoint: 'chat', model: 'm' },
  ...{ provider: '', upstreamModel: '', attempts: 1, outcome: 'interrupted', status: 0, estimated: true },
  ...{ promptTokens: 10, cachedPromptTokens: 0, completionTokens: 256, costUsd: 0.5, savedUsd: 0, savedTokens: 0 },
  ...{ latencyMs: 0, firstByteMs: 0, overheadMs: 0 },
});
