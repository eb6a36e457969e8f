import {
  type ApiKeyRecord,
  type KeyPage,
  type KeyStore,
  type LimitStore,
  NearhitError,
  type Observer,
  type SubjectUse,
  type TenantRecord,
} from '@nearhit/core';
import { keySubject, tenantSubject } from '../limits/subjects.ts';
import { type Keyring, sealContext } from './keyring.ts';
import type { Seal } from './seal.ts';
import { hashOfSecret, hintOf, makeKeyId, makeSecret } from './secret.ts';
import { type FileTenant, settingsOf, type TenantSettings } from './tenant-settings.ts';

export interface KeyAdminOptions {
  readonly store: KeyStore;
  readonly limits: Pick<LimitStore, 'use'>;
  readonly keyring: Pick<Keyring, 'refresh'>;
  readonly seal: Seal;
  readonly tenants: () => readonly FileTenant[];
  readonly observer: Pick<Observer, 'incident'>;
  readonly now?: (() => number) | undefined;
}

type Settable = Pick<
  ApiKeyRecord,
  'name' | 'grants' | 'limits' | 'thresholdFloor' | 'routing' | 'expiresAtMs' | 'revokedAtMs'
>;
/** By provider id, open; null takes one away. */
type UpstreamKeys = Readonly<Record<string, string | null>>;

export type NewKey = Omit<Settable, 'revokedAtMs'> & {
  readonly tenant: string;
  readonly upstreamKeys?: UpstreamKeys | undefined;
};
export type KeyChange = Partial<Settable> & { readonly upstreamKeys?: UpstreamKeys | undefined };
/** The only time that a secret is seen. */
export interface MadeKey {
  readonly record: ApiKeyRecord;
  readonly secret: string;
}

export interface TenantView extends TenantSettings {
  readonly id: string;
  /** Set over the admin plane. */
  readonly own: TenantRecord | undefined;
}

const TRIES_MAX = 5;

/** API keys and tenants for an operator. Changes are in force here at once, at other replicas within a second. */
export class KeyAdmin {
  readonly #options: KeyAdminOptions;
  readonly #store: KeyStore;
  readonly #now: () => number;

  constructor(options: KeyAdminOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#now = options.now ?? Date.now;
  }

  list(
    filter: { tenant?: string | undefined },
    page: { cursor?: string | undefined; limit: number },
  ): Promise<KeyPage> {
    return this.#store.list(filter, page);
  }

  /** Throws NOT_FOUND. */
  async get(id: string): Promise<ApiKeyRecord> {
    const record = await this.#store.get(id);
    if (record === undefined) throw new NearhitError('NOT_FOUND', `There is no API key ${id}.`, { param: 'id' });
    return record;
  }

  async create({ upstreamKeys, ...settings }: NewKey): Promise<MadeKey> {
    const secret = makeSecret();
    const nowMs = this.#now();
    const id = makeKeyId(nowMs);
    const record: ApiKeyRecord = {
      ...{ id, version: 1, hint: hintOf(secret), hashes: [{ hash: hashOfSecret(secret) }], createdAtMs: nowMs },
      ...settings,
      ...(upstreamKeys !== undefined && { upstreamKeys: this.#sealed(id, {}, upstreamKeys) }),
    };
    if (!(await this.#store.put(record))) throw conflict(id);
    await this.#changed();
    return { record, secret };
  }

  /** `change` is told how the key is now. A revoked one stays revoked. */
  async change(id: string, change: (record: ApiKeyRecord) => KeyChange): Promise<ApiKeyRecord> {
    return this.#replace(id, (record) => {
      const { upstreamKeys, ...settings } = change(record);
      const revokedAtMs = record.revokedAtMs ?? settings.revokedAtMs;
      const sealed = upstreamKeys && this.#sealed(id, record.upstreamKeys ?? {}, upstreamKeys);
      return { ...record, ...settings, revokedAtMs, ...(sealed && { upstreamKeys: sealed }) };
    });
  }

  /** A new secret; the one before goes on opening for `graceSeconds`. Throws INVALID_REQUEST for a revoked key. */
  async rotate(id: string, graceSeconds: number): Promise<MadeKey> {
    const secret = makeSecret();
    const record = await this.#replace(id, (before) => {
      if (before.revokedAtMs !== undefined)
        throw new NearhitError('INVALID_REQUEST', `The API key ${id} has been revoked: make a new one.`, {
          param: 'id',
        });
      const nowMs = this.#now();
      const untilMs = nowMs + graceSeconds * 1000;
      const older = before.hashes
        .map(({ hash, validUntilMs = Number.POSITIVE_INFINITY }) => ({
          hash,
          validUntilMs: Math.min(validUntilMs, untilMs),
        }))
        .filter(({ validUntilMs }) => validUntilMs > nowMs);
      return { ...before, hint: hintOf(secret), hashes: [{ hash: hashOfSecret(secret) }, ...older] };
    });
    return { record, secret };
  }

  /** Throws NOT_FOUND. */
  async delete(id: string): Promise<void> {
    if (!(await this.#store.delete(id))) await this.get(id);
    await this.#changed();
  }

  /** What each key has used, in their order; undefined while nobody can say. */
  async uses(records: readonly ApiKeyRecord[]): Promise<(SubjectUse | undefined)[]> {
    const tenants = [...new Set(records.map(({ tenant }) => tenant))];
    const found = new Map<string, SubjectUse>();
    for (const tenant of tenants) {
      const ids = records.filter((record) => record.tenant === tenant).map(({ id }) => id);
      const uses = await this.#used(tenant, ids.map(keySubject));
      for (const [at, id] of ids.entries()) if (uses?.[at] !== undefined) found.set(id, uses[at]);
    }
    return records.map(({ id }) => found.get(id));
  }

  /** Those of the file and those that were set over the admin plane, by id. */
  async tenants(): Promise<TenantView[]> {
    const file = this.#options.tenants();
    const set = await this.#store.tenants();
    const ids = new Set([...file, ...set].map(({ id }) => id));
    return [...ids].sort().map((id) =>
      this.#view(
        id,
        set.find((one) => one.id === id),
      ),
    );
  }

  async tenant(id: string): Promise<TenantView> {
    return this.#view(id, await this.#store.tenant(id));
  }

  async tenantUse(id: string): Promise<SubjectUse | undefined> {
    return (await this.#used(id, [tenantSubject(id)]))?.[0];
  }

  async putTenant(record: TenantRecord): Promise<TenantView> {
    await this.#store.putTenant(record);
    await this.#changed();
    return this.#view(record.id, record);
  }

  /** True when the admin plane had set something. */
  async deleteTenant(id: string): Promise<boolean> {
    const had = await this.#store.deleteTenant(id);
    await this.#changed();
    return had;
  }

  #view(id: string, own: TenantRecord | undefined): TenantView {
    return { id, ...settingsOf(id, this.#options.tenants(), own), own };
  }

  async #used(tenant: string, subjects: readonly string[]): Promise<SubjectUse[] | undefined> {
    try {
      return await this.#options.limits.use(tenant, subjects);
    } catch (error) {
      this.#options.observer.incident('limits-unavailable', error);
      return undefined;
    }
  }

  /** Of two changes at once neither is lost: who comes second looks again. */
  async #replace(id: string, next: (record: ApiKeyRecord) => ApiKeyRecord): Promise<ApiKeyRecord> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const before = await this.get(id);
      const record = { ...next(before), version: before.version + 1 };
      if (!(await this.#store.put(record))) continue;
      await this.#changed();
      return record;
    }
    throw conflict(id);
  }

  #sealed(id: string, before: Readonly<Record<string, string>>, changes: UpstreamKeys): Record<string, string> {
    const sealed = { ...before };
    for (const [provider, credential] of Object.entries(changes)) {
      if (credential === null) delete sealed[provider];
      else sealed[provider] = this.#options.seal.seal(credential, sealContext(id, provider));
    }
    return sealed;
  }

  /** It is stored; should the store be away now, the keyring hears of it when that is back. */
  async #changed(): Promise<void> {
    await this.#options.keyring.refresh().catch(() => undefined);
  }
}

const conflict = (id: string): NearhitError =>
  new NearhitError('STORE_UNAVAILABLE', `The API key ${id} is being changed by others at the same time. Try again.`);
