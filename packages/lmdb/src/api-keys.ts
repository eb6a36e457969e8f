import { type ApiKeyRecord, type KeyPage, type KeyStore, keyCursor, keyPage, type TenantRecord } from '@nearhit/core';
import { pack, unpack } from './entry-codec.ts';
import { int48, prefixRange } from './keys.ts';
import { readNumber } from './rows.ts';
import type { Table, Tables } from './tables.ts';
import type { Plan, Writer } from './writer.ts';

const REVISION = Buffer.from('keys-revision');
const recordKey = (id: string): Buffer => Buffer.from(`k${id}`);
const hashKey = (hash: string): Buffer => Buffer.from(`h${hash}`);
const tenantKey = (id: string): Buffer => Buffer.from(`t${id}`);
/** LMDB's keys end at 1978 bytes; no id that is stored is as long as this. */
const KEY_BYTES_MAX = 1900;

export class LmdbKeys implements KeyStore {
  readonly #tables: Tables;
  readonly #writer: Writer;

  constructor(tables: Tables, writer: Writer) {
    this.#tables = tables;
    this.#writer = writer;
  }

  async get(id: string): Promise<ApiKeyRecord | undefined> {
    this.#writer.assertOpen();
    return read<ApiKeyRecord>(this.#tables.access, recordKey(id));
  }

  async byHash(hash: string): Promise<ApiKeyRecord | undefined> {
    this.#writer.assertOpen();
    const id = this.#tables.access.getBinary(hashKey(hash));
    return id && read<ApiKeyRecord>(this.#tables.access, recordKey(String(id)));
  }

  async list(
    { tenant }: { readonly tenant?: string | undefined },
    { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<KeyPage> {
    this.#writer.assertOpen();
    const first = recordKey('');
    const from = cursor === undefined ? prefixRange(first, 0).end : recordKey(keyCursor(cursor));
    const keys: ApiKeyRecord[] = [];
    // Downwards, `start` included and `end` not.
    for (const { key, value } of this.#tables.access.getRange({ start: from, end: first, reverse: true })) {
      const record = key.equals(from) ? undefined : unpack<ApiKeyRecord>(value);
      if (record === undefined || (tenant !== undefined && record.tenant !== tenant)) continue;
      keys.push(record);
      if (keys.length > limit) break;
    }
    return keyPage(keys, limit);
  }

  put(record: ApiKeyRecord): Promise<boolean> {
    return this.#writer.run((plan) => {
      const { access } = this.#tables;
      const key = recordKey(record.id);
      const old = read<ApiKeyRecord>(access, key);
      if ((old?.version ?? 0) !== record.version - 1) return false;
      for (const { hash } of old?.hashes ?? []) plan.remove(access, hashKey(hash));
      for (const { hash } of record.hashes) plan.put(access, hashKey(hash), Buffer.from(record.id));
      plan.put(access, key, packed(record));
      this.#raise(plan);
      return true;
    });
  }

  delete(id: string): Promise<boolean> {
    return this.#writer.run((plan) => {
      const { access } = this.#tables;
      const old = read<ApiKeyRecord>(access, recordKey(id));
      if (old === undefined) return false;
      for (const { hash } of old.hashes) plan.remove(access, hashKey(hash));
      plan.remove(access, recordKey(id));
      this.#raise(plan);
      return true;
    });
  }

  async tenant(id: string): Promise<TenantRecord | undefined> {
    this.#writer.assertOpen();
    return read<TenantRecord>(this.#tables.access, tenantKey(id));
  }

  async tenants(): Promise<TenantRecord[]> {
    this.#writer.assertOpen();
    const all = [...this.#tables.access.getRange(prefixRange(tenantKey(''), 0))];
    return all.map(({ value }) => unpack<TenantRecord>(value)).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async putTenant(record: TenantRecord): Promise<void> {
    await this.#writer.run((plan) => {
      plan.put(this.#tables.access, tenantKey(record.id), packed(record));
      this.#raise(plan);
    });
  }

  deleteTenant(id: string): Promise<boolean> {
    return this.#writer.run((plan) => {
      if (!this.#tables.access.doesExist(tenantKey(id))) return false;
      plan.remove(this.#tables.access, tenantKey(id));
      this.#raise(plan);
      return true;
    });
  }

  async revision(): Promise<string> {
    this.#writer.assertOpen();
    return String(readNumber(this.#tables.meta, REVISION));
  }

  #raise(plan: Plan): void {
    plan.put(this.#tables.meta, REVISION, int48(readNumber(this.#tables.meta, REVISION) + 1));
  }
}

/** What came over HTTP may be longer than LMDB's keys. */
function read<T>(table: Table, key: Buffer): T | undefined {
  const bytes = key.length > KEY_BYTES_MAX ? undefined : table.getBinary(key);
  return bytes && unpack<T>(bytes);
}

/** Not a key without value: what JSON would keep. */
const packed = (record: object): Buffer => pack(JSON.parse(JSON.stringify(record)));
