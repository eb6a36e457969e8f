import { type BatchRecord, type BatchStore, hasEnded, Leases, type LineResult } from '@nearhit/core';
import { pack, unpack } from './entry-codec.ts';
import { int48, prefixRange, term } from './keys.ts';
import { NOTHING } from './rows.ts';
import type { Tables } from './tables.ts';
import type { Writer } from './writer.ts';

const LIST_TAIL_BYTES = 6 + 72;
const DROP_CHUNK = 500;

const idKey = (id: string): Buffer => term('batch', id);
const tenantKey = (tenant: string): Buffer => term('batches-of', tenant);
const listKey = ({ tenant, createdAtMs, id }: BatchRecord): Buffer =>
  Buffer.concat([tenantKey(tenant), int48(createdAtMs), Buffer.from(id)]);
const resultKey = (id: string, line: number): Buffer => Buffer.concat([idKey(id), int48(line)]);

/** Leases are this process's own: the folder has no other, and a new one need not wait for those of the last. */
export class LmdbBatches implements BatchStore {
  readonly #tables: Tables;
  readonly #writer: Writer;
  readonly #leases = new Leases(Date.now);
  /** Asked for every second. Absent: not looked for yet. */
  #unfinished: Set<string> | undefined;

  constructor(tables: Tables, writer: Writer) {
    this.#tables = tables;
    this.#writer = writer;
  }

  async create(record: BatchRecord): Promise<void> {
    const { batches, batchLists } = this.#tables;
    await this.#writer.run((plan) => {
      if (batches.doesExist(idKey(record.id))) throw new TypeError(`there is a batch ${record.id} already`);
      plan.put(batches, idKey(record.id), pack(plain(record)));
      plan.put(batchLists, listKey(record), NOTHING);
    });
    this.#note(record);
  }

  async get(id: string): Promise<BatchRecord | undefined> {
    this.#writer.assertOpen();
    const bytes = this.#tables.batches.getBinary(idKey(id));
    return bytes && unpack<BatchRecord>(bytes);
  }

  async replace(record: BatchRecord): Promise<boolean> {
    const { batches } = this.#tables;
    const replaced = await this.#writer.run((plan) => {
      const bytes = batches.getBinary(idKey(record.id));
      if (bytes === undefined || unpack<BatchRecord>(bytes).version !== record.version - 1) return false;
      plan.put(batches, idKey(record.id), pack(plain(record)));
      return true;
    });
    if (replaced) this.#note(record);
    return replaced;
  }

  async list(tenant: string, { after, limit }: { after?: string | undefined; limit: number }): Promise<BatchRecord[]> {
    const { start, end } = prefixRange(tenantKey(tenant), LIST_TAIL_BYTES);
    const from = after === undefined ? undefined : await this.get(after);
    const begin = from === undefined ? end : listKey(from);
    const found: BatchRecord[] = [];
    for (const key of this.#tables.batchLists.getKeys({ start: begin, end: start, reverse: true })) {
      if (found.length === limit) break;
      const record = await this.get(key.toString('utf8', 22));
      if (record !== undefined && record.id !== after) found.push(record);
    }
    return found;
  }

  async unfinished(): Promise<BatchRecord[]> {
    this.#writer.assertOpen();
    this.#unfinished ??= new Set(this.#all().flatMap((record) => (hasEnded(record) ? [] : record.id)));
    const records = await Promise.all([...this.#unfinished].map((id) => this.get(id)));
    return records
      .flatMap((record) => record ?? [])
      .sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1));
  }

  async claim(id: string, holder: string, leaseMs: number): Promise<boolean> {
    return this.#leases.claim(id, holder, leaseMs);
  }

  async release(id: string, holder: string): Promise<void> {
    this.#leases.release(id, holder);
  }

  async putResults(id: string, results: readonly LineResult[]): Promise<void> {
    const { batchResults } = this.#tables;
    await this.#writer.run((plan) => {
      const planned = new Set<number>();
      for (const { line, ok, text } of results) {
        const key = resultKey(id, line);
        if (planned.has(line) || batchResults.doesExist(key)) continue;
        planned.add(line);
        plan.put(batchResults, key, pack([ok, text]));
      }
    });
  }

  async results(id: string, fromLine: number, toLine: number): Promise<LineResult[]> {
    this.#writer.assertOpen();
    const rows = this.#tables.batchResults.getRange({ start: resultKey(id, fromLine), end: resultKey(id, toLine + 1) });
    return [...rows].map(({ key, value }) => {
      const [ok, text] = unpack<[boolean, string]>(value);
      return { line: key.readUIntBE(16, 6), ok, text };
    });
  }

  async dropResults(id: string): Promise<void> {
    const { batchResults } = this.#tables;
    for (let left = true; left; ) {
      left = await this.#writer.run((plan) => {
        const { start, end } = prefixRange(idKey(id), 6);
        const keys = [...batchResults.getKeys({ start, end, limit: DROP_CHUNK })];
        for (const key of keys) plan.remove(batchResults, key);
        return keys.length === DROP_CHUNK;
      });
    }
  }

  async sweep(beforeMs: number): Promise<number> {
    this.#writer.assertOpen();
    const old = this.#all().filter((record) => hasEnded(record) && record.createdAtMs < beforeMs);
    for (const record of old) {
      await this.dropResults(record.id);
      await this.#writer.run((plan) => {
        plan.remove(this.#tables.batches, idKey(record.id));
        plan.remove(this.#tables.batchLists, listKey(record));
      });
    }
    return old.length;
  }

  #all(): BatchRecord[] {
    return [...this.#tables.batches.getRange({})].map(({ value }) => unpack<BatchRecord>(value));
  }

  #note(record: BatchRecord): void {
    if (hasEnded(record)) this.#unfinished?.delete(record.id);
    else this.#unfinished?.add(record.id);
  }
}

/** Without keys that have no value: what JSON would keep. */
const plain = (record: BatchRecord): BatchRecord => JSON.parse(JSON.stringify(record));
