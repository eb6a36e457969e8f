import type { PolicyRecord, PolicyStore, StatsBucket, StatsStore } from '@nearhit/core';
import { pack, unpack } from './entry-codec.ts';
import { int48, term } from './keys.ts';
import type { Tables } from './tables.ts';
import type { Writer } from './writer.ts';

const TRIM_CHUNK = 1024;

export class LmdbPolicies implements PolicyStore {
  readonly #tables: Tables;
  readonly #writer: Writer;
  readonly #listeners = new Set<() => void>();

  constructor(tables: Tables, writer: Writer) {
    this.#tables = tables;
    this.#writer = writer;
  }

  async all(): Promise<PolicyRecord[]> {
    this.#writer.assertOpen();
    return [...this.#tables.policies.getRange({})].map(({ value }) => unpack<PolicyRecord>(value));
  }

  async put({ namespace, model, patch }: PolicyRecord): Promise<void> {
    // Not a class instance nor a key without value: what JSON would keep.
    const record = JSON.parse(JSON.stringify({ namespace, model, patch }));
    await this.#writer.run((plan) => plan.put(this.#tables.policies, policyKey(namespace, model), pack(record)));
    this.#changed();
  }

  async delete(namespace: string, model?: string): Promise<boolean> {
    const key = policyKey(namespace, model);
    const had = await this.#writer.run((plan) => {
      const present = this.#tables.policies.doesExist(key);
      if (present) plan.remove(this.#tables.policies, key);
      return present;
    });
    if (had) this.#changed();
    return had;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function policyKey(namespace: string, model?: string): Buffer {
  return model === undefined ? term('policy', namespace) : term('policy', namespace, model);
}

export class LmdbStats implements StatsStore {
  readonly #tables: Tables;
  readonly #writer: Writer;

  constructor(tables: Tables, writer: Writer) {
    this.#tables = tables;
    this.#writer = writer;
  }

  save(buckets: readonly StatsBucket[]): Promise<void> {
    return this.#writer.run((plan) => {
      for (const bucket of buckets) {
        const key = Buffer.concat([int48(bucket.minute), term('stats', bucket.namespace, bucket.model)]);
        plan.put(this.#tables.stats, key, pack(bucket));
      }
    });
  }

  async load(sinceMinute: number): Promise<StatsBucket[]> {
    this.#writer.assertOpen();
    const start = int48(Math.max(Math.ceil(sinceMinute), 0));
    return [...this.#tables.stats.getRange({ start })].map(({ value }) => unpack<StatsBucket>(value));
  }

  async trim(beforeMinute: number): Promise<void> {
    for (let left = true; left; ) {
      left = await this.#writer.run((plan) => {
        const end = int48(Math.max(Math.ceil(beforeMinute), 0));
        const keys = [...this.#tables.stats.getKeys({ end, limit: TRIM_CHUNK })];
        for (const key of keys) plan.remove(this.#tables.stats, key);
        return keys.length === TRIM_CHUNK;
      });
    }
  }
}
