import { NearhitError } from '../errors.ts';
import type { ApiKeyRecord, KeyPage, KeyStore, TenantRecord } from '../ports/key-store.ts';

/** Keys that end with the process. */
export class MemoryKeys implements KeyStore {
  readonly #keys = new Map<string, ApiKeyRecord>();
  readonly #tenants = new Map<string, TenantRecord>();
  readonly #assertOpen: () => void;
  #revision = 0;

  constructor(assertOpen: () => void = () => {}) {
    this.#assertOpen = assertOpen;
  }

  async get(id: string): Promise<ApiKeyRecord | undefined> {
    this.#assertOpen();
    return structuredClone(this.#keys.get(id));
  }

  async byHash(wanted: string): Promise<ApiKeyRecord | undefined> {
    this.#assertOpen();
    for (const record of this.#keys.values())
      if (record.hashes.some(({ hash }) => hash === wanted)) return structuredClone(record);
    return undefined;
  }

  async list(
    { tenant }: { readonly tenant?: string | undefined },
    { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<KeyPage> {
    this.#assertOpen();
    const below = cursor === undefined ? undefined : keyCursor(cursor);
    const keys = [...this.#keys.values()]
      .filter((record) => tenant === undefined || record.tenant === tenant)
      .filter(({ id }) => below === undefined || id < below)
      .sort((a, b) => (a.id < b.id ? 1 : -1));
    return keyPage(structuredClone(keys.slice(0, limit + 1)), limit);
  }

  async put(record: ApiKeyRecord): Promise<boolean> {
    this.#assertOpen();
    if ((this.#keys.get(record.id)?.version ?? 0) !== record.version - 1) return false;
    this.#keys.set(record.id, jsonClone(record));
    this.#revision += 1;
    return true;
  }

  async delete(id: string): Promise<boolean> {
    this.#assertOpen();
    return this.#changed(this.#keys.delete(id));
  }

  async tenant(id: string): Promise<TenantRecord | undefined> {
    this.#assertOpen();
    return structuredClone(this.#tenants.get(id));
  }

  async tenants(): Promise<TenantRecord[]> {
    this.#assertOpen();
    return [...this.#tenants.values()].map((one) => structuredClone(one)).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async putTenant(record: TenantRecord): Promise<void> {
    this.#assertOpen();
    this.#tenants.set(record.id, jsonClone(record));
    this.#revision += 1;
  }

  async deleteTenant(id: string): Promise<boolean> {
    this.#assertOpen();
    return this.#changed(this.#tenants.delete(id));
  }

  async revision(): Promise<string> {
    this.#assertOpen();
    return String(this.#revision);
  }

  #changed(did: boolean): boolean {
    if (did) this.#revision += 1;
    return did;
  }
}

/** Not a key without value: what a durable store would keep. */
const jsonClone = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const KEY_ID = /^[A-Za-z0-9_]{1,64}$/;

/** The id after which a page goes on. Throws INVALID_REQUEST on a cursor that `keyPage` did not make. */
export function keyCursor(cursor: string): string {
  if (KEY_ID.test(cursor)) return cursor;
  throw new NearhitError('INVALID_REQUEST', "Invalid request: 'cursor': not one that a page before has answered.", {
    param: 'cursor',
  });
}

/** `keys`: one more than the page may hold, when there is more. */
export function keyPage(keys: ApiKeyRecord[], limit: number): KeyPage {
  if (keys.length <= limit) return { keys };
  const page = keys.slice(0, limit);
  return { keys: page, cursor: (page.at(-1) as ApiKeyRecord).id };
}
