import { timingSafeEqual } from 'node:crypto';
import {
  ANYONE,
  type ApiKeyRecord,
  type Caller,
  DEFAULT_TENANT,
  type KeyStore,
  NearhitError,
  type Observer,
  type TenantId,
  within,
} from '@nearhit/core';
import { LRUCache } from 'lru-cache';
import type { Seal } from './seal.ts';
import { hashOfSecret, isWellFormed, KEY_PREFIX } from './secret.ts';
import { type FileTenant, settingsOf, type TenantSettings } from './tenant-settings.ts';

export interface KeyringOptions {
  readonly store: Pick<KeyStore, 'get' | 'byHash' | 'tenant' | 'revision'>;
  readonly seal: Seal;
  /** As the configuration file has them now. */
  readonly tenants: () => readonly FileTenant[];
  readonly observer: Pick<Observer, 'incident'>;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
  /** How often the store is asked whether anything has changed. */
  readonly refreshMs?: number | undefined;
  /** A store that answers later than this is away. */
  readonly timeoutMs?: number | undefined;
  /** Keys known at once, right and wrong ones each. */
  readonly entriesMax?: number | undefined;
}

const REFRESH_MS = 400;
const TIMEOUT_MS = 1_000;
const ENTRIES_MAX = 10_000;
/** So long what is known is used, after the store could not be asked, before it is asked again. */
const PAUSE_MS = 500;

interface Known {
  readonly record: ApiKeyRecord | undefined;
  readonly caller: Caller | undefined;
  generation: number;
  /** The store was away: not before. */
  retryAtMs: number;
}

/** Whose key it is. What is known is used as long as nothing has changed, and while the store is away. */
export class Keyring {
  readonly #options: KeyringOptions;
  readonly #now: () => number;
  readonly #known: LRUCache<string, Known>;
  /** Apart, so that wrong keys can't drive out the right ones. */
  readonly #unknown: LRUCache<string, Known>;
  readonly #loading = new Map<string, Promise<Known>>();
  readonly #timer: NodeJS.Timeout;
  #generation = 1;
  #revision: string | undefined;
  #anyone: { readonly caller: Caller; readonly generation: number; readonly retryAtMs: number } | undefined;

  constructor(options: KeyringOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const max = options.entriesMax ?? ENTRIES_MAX;
    this.#known = new LRUCache({ max });
    this.#unknown = new LRUCache({ max });
    this.#timer = setInterval(() => void this.refresh().catch(() => undefined), options.refreshMs ?? REFRESH_MS);
    this.#timer.unref();
  }

  /** Looks whether anything has changed. Called by itself again and again; rejects while the store is away. */
  async refresh(): Promise<void> {
    try {
      const revision = await this.#asked(this.#options.store.revision());
      if (this.#revision !== undefined && revision !== this.#revision) this.forget();
      this.#revision = revision;
    } catch (error) {
      this.#options.observer.incident('keys-unavailable', error);
      throw error;
    }
  }

  /** What is known is looked up again before it is used, unless the store is away. */
  forget(): void {
    this.#generation += 1;
  }

  /** It was one when it was looked up last. */
  recognises(secret: string): boolean {
    return this.#known.has(hashOfSecret(secret));
  }

  /**
   * Who calls with a key of the house. Throws, or rejects with, UNAUTHORIZED when it is none, is expired or revoked;
   * STORE_UNAVAILABLE when it is not known and can't be looked up.
   */
  caller(secret: string): Caller | Promise<Caller> {
    const hash = hashOfSecret(secret);
    const known = this.#known.get(hash) ?? this.#unknown.get(hash);
    if (known !== undefined && this.#isFresh(known)) return this.#opened(known, hash);
    if (!isWellFormed(secret)) {
      const hint = secret.startsWith(KEY_PREFIX) ? ' It is mistyped or cut: check that all of it was copied.' : '';
      throw invalidKey(`The API key is not valid here.${hint}`);
    }
    return this.#load(hash, known).then((loaded) => this.#opened(loaded, hash));
  }

  /** Who calls without a key of the house: the default tenant, with what is set for it. */
  anyone(credential: string | undefined): Caller | Promise<Caller> {
    const anyone = this.#anyone;
    if (anyone !== undefined && (anyone.generation === this.#generation || this.#now() < anyone.retryAtMs))
      return withCredential(anyone.caller, credential);
    return this.#loadAnyone().then((caller) => withCredential(caller, credential));
  }

  /**
   * As a caller of before may act now: for work that goes on after its request. Rejects with UNAUTHORIZED when the key is
   * gone, revoked or expired, STORE_UNAVAILABLE when nobody can say.
   */
  async renew({ keyId, credential }: Caller): Promise<Caller> {
    if (keyId === undefined) return this.anyone(credential);
    let record: ApiKeyRecord | undefined;
    let settings: TenantSettings | undefined;
    try {
      record = await this.#asked(this.#options.store.get(keyId));
      settings = record && (await this.#settingsOf(record.tenant));
    } catch (error) {
      this.#options.observer.incident('keys-unavailable', error);
      throw unavailable();
    }
    if (record === undefined || settings === undefined) throw invalidKey('This API key is gone.');
    this.#assertAlive(record);
    const caller = this.#callerOf(record, settings);
    if (caller === undefined) throw unreadable(record.id);
    return caller;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #isFresh(known: Known): boolean {
    return known.generation === this.#generation || this.#now() < known.retryAtMs;
  }

  #opened({ record, caller }: Known, hash: string): Caller {
    const nowMs = this.#now();
    const own = record?.hashes.find((one) => timingSafeEqual(Buffer.from(one.hash), Buffer.from(hash)));
    if (record === undefined || own === undefined) throw invalidKey('The API key is not valid here.');
    if (own.validUntilMs !== undefined && own.validUntilMs <= nowMs)
      throw invalidKey('This API key has been replaced by a new one, and its time is over.');
    this.#assertAlive(record);
    if (caller === undefined) throw unreadable(record.id);
    return caller;
  }

  #assertAlive({ revokedAtMs, expiresAtMs }: ApiKeyRecord): void {
    if (revokedAtMs !== undefined) throw invalidKey('This API key has been revoked.');
    if (expiresAtMs !== undefined && expiresAtMs <= this.#now())
      throw invalidKey(`This API key has expired (${new Date(expiresAtMs).toISOString()}).`);
  }

  /** Of several who ask for the same key at once one looks it up. */
  #load(hash: string, before: Known | undefined): Promise<Known> {
    const running = this.#loading.get(hash);
    if (running !== undefined) return running;
    const loading = this.#lookUp(hash, before).finally(() => this.#loading.delete(hash));
    this.#loading.set(hash, loading);
    return loading;
  }

  async #lookUp(hash: string, before: Known | undefined): Promise<Known> {
    const generation = this.#generation;
    try {
      const record = await this.#asked(this.#options.store.byHash(hash));
      const settings = record && (await this.#settingsOf(record.tenant));
      const caller = record && settings && this.#callerOf(record, settings);
      const known: Known = { record, caller, generation, retryAtMs: 0 };
      (record === undefined ? this.#known : this.#unknown).delete(hash);
      (record === undefined ? this.#unknown : this.#known).set(hash, known);
      return known;
    } catch (error) {
      this.#options.observer.incident('keys-unavailable', error);
      if (before === undefined) throw unavailable();
      before.retryAtMs = this.#now() + PAUSE_MS;
      return before;
    }
  }

  async #loadAnyone(): Promise<Caller> {
    const generation = this.#generation;
    let retryAtMs = 0;
    let settings: TenantSettings;
    try {
      settings = await this.#settingsOf(DEFAULT_TENANT);
    } catch (error) {
      this.#options.observer.incident('keys-unavailable', error);
      retryAtMs = this.#now() + PAUSE_MS;
      if (this.#anyone !== undefined) {
        this.#anyone = { ...this.#anyone, retryAtMs };
        return this.#anyone.caller;
      }
      settings = settingsOf(DEFAULT_TENANT, this.#options.tenants(), undefined);
    }
    const { limits: tenantLimits, routing } = settings;
    const isPlain = Object.keys(tenantLimits).length === 0 && routing === undefined;
    const caller = isPlain ? ANYONE : { ...ANYONE, tenantLimits, routing };
    this.#anyone = { caller, generation: retryAtMs === 0 ? generation : 0, retryAtMs };
    return caller;
  }

  async #settingsOf(tenant: string): Promise<TenantSettings> {
    return settingsOf(tenant, this.#options.tenants(), await this.#asked(this.#options.store.tenant(tenant)));
  }

  /** Undefined when its upstream credentials can't be read. */
  #callerOf(record: ApiKeyRecord, tenant: TenantSettings): Caller | undefined {
    const { id, grants, limits, thresholdFloor, upstreamKeys } = record;
    const opened: Record<string, string> = {};
    for (const [provider, sealed] of Object.entries(upstreamKeys ?? {})) {
      const credential = this.#options.seal.open(sealed, sealContext(id, provider));
      if (credential === undefined) return undefined;
      opened[provider] = credential;
    }
    const routing =
      tenant.routing === undefined && record.routing === undefined
        ? undefined
        : { ...tenant.routing, ...record.routing };
    return {
      tenant: record.tenant as TenantId,
      ...{ keyId: id, grants, keyLimits: limits, tenantLimits: tenant.limits, thresholdFloor, routing },
      ...(upstreamKeys !== undefined && { upstreamKeys: opened }),
    };
  }

  #asked<T>(asking: Promise<T>): Promise<T> {
    return within(
      asking,
      this.#options.timeoutMs ?? TIMEOUT_MS,
      () => new Error('the key store did not answer in time'),
    );
  }
}

/** A credential is sealed for one provider of one key. */
export const sealContext = (keyId: string, provider: string): string => `${keyId}/${provider}`;

const withCredential = (caller: Caller, credential: string | undefined): Caller =>
  credential === undefined ? caller : { ...caller, credential };

const invalidKey = (message: string): NearhitError => new NearhitError('UNAUTHORIZED', message);

const unavailable = (): NearhitError =>
  new NearhitError('STORE_UNAVAILABLE', 'API keys can’t be looked up at the moment. Try again in a moment.');

function unreadable(id: string): NearhitError {
  return new NearhitError(
    'INTERNAL',
    'The upstream credentials of this API key can’t be read: ask the operator to set them again.',
    { detail: `upstream credentials of ${id} were sealed with another secret: NEARHIT_SECRET or its file has changed` },
  );
}
