import { type ApiKeyRecord, NearhitError, type SubjectUse, type TenantRecord } from '@nearhit/core';
import type { KeysAdmin, TenantView } from '../src/admin/ports.ts';

const USE: SubjectUse = {
  ...{ milliRequests: 1500, tokens: 7, window: 1, resetMs: 5, inFlight: 2 },
  ...{ spentDay: 250_000_000, spentMonth: 1e9, reserved: 0 },
};
const FILE_LIMITS = { rpm: 100, tpm: 50 };

/** API keys in an array; their secrets are numbered. Every tenant has the same limits in its file. */
export class KeyCabinet implements KeysAdmin {
  records: ApiKeyRecord[] = [];
  #secrets = 0;
  readonly #nowMs: number;
  readonly #tenants = new Map<string, TenantRecord>();

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  async list({ tenant }: { tenant?: string | undefined }, page: { cursor?: string | undefined; limit: number }) {
    const all = this.records.filter((one) => tenant === undefined || one.tenant === tenant).reverse();
    const from = page.cursor === undefined ? 0 : Number(page.cursor);
    const keys = all.slice(from, from + page.limit);
    return from + page.limit < all.length ? { keys, cursor: String(from + page.limit) } : { keys };
  }

  async get(id: string): Promise<ApiKeyRecord> {
    const found = this.records.find((one) => one.id === id);
    if (found === undefined) throw new NearhitError('NOT_FOUND', `There is no API key ${id}.`);
    return found;
  }

  async create({ upstreamKeys, ...settings }: Parameters<KeysAdmin['create']>[0]) {
    const id = `key_${this.records.length + 1}`;
    const sealed = upstreamKeys && Object.fromEntries(Object.keys(upstreamKeys).map((name) => [name, 'sealed']));
    const record: ApiKeyRecord = {
      ...{ id, version: 1, hint: 'nh_...', hashes: [{ hash: 'h' }], createdAtMs: this.#nowMs },
      ...{ ...settings, upstreamKeys: sealed },
    };
    this.records.push(record);
    return { record, secret: this.#secret() };
  }

  async change(id: string, change: Parameters<KeysAdmin['change']>[1]): Promise<ApiKeyRecord> {
    const { upstreamKeys: _, ...changed } = change(await this.get(id));
    return this.#replace(id, changed);
  }

  async rotate(id: string, graceSeconds: number) {
    const older = graceSeconds === 0 ? [] : [{ hash: 'old', validUntilMs: this.#nowMs + graceSeconds * 1000 }];
    return { record: await this.#replace(id, { hashes: [{ hash: 'h' }, ...older] }), secret: this.#secret() };
  }

  async delete(id: string): Promise<void> {
    await this.get(id);
    this.records = this.records.filter((one) => one.id !== id);
  }

  async uses(records: readonly ApiKeyRecord[]) {
    return records.map(() => USE);
  }

  async tenants(): Promise<TenantView[]> {
    return Promise.all([...this.#tenants.keys()].map((id) => this.tenant(id)));
  }

  async tenant(id: string): Promise<TenantView> {
    const own = this.#tenants.get(id);
    const limits = Object.entries({ ...FILE_LIMITS, ...own?.limits }).filter(([, limit]) => limit !== null);
    return { id, limits: Object.fromEntries(limits), routing: own?.routing, own };
  }

  async tenantUse() {
    return undefined;
  }

  async putTenant(record: TenantRecord): Promise<TenantView> {
    this.#tenants.set(record.id, record);
    return this.tenant(record.id);
  }

  async deleteTenant(id: string): Promise<boolean> {
    return this.#tenants.delete(id);
  }

  #secret(): string {
    this.#secrets += 1;
    return `nh_secret${this.#secrets}`;
  }

  async #replace(id: string, changes: Partial<ApiKeyRecord>): Promise<ApiKeyRecord> {
    const record = { ...(await this.get(id)), ...changes };
    this.records = this.records.map((one) => (one.id === id ? record : one));
    return record;
  }
}
