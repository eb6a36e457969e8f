import type { Grants, LimitSettings } from '../caller.ts';
import type { RoutingPreference } from './upstream.ts';

/** One secret that opens a key. Several while a rotation's grace lasts; the newest first. */
export interface KeyHash {
  /** SHA-256 of the whole secret, 64 hex digits. */
  readonly hash: string;
  /** From then on it opens nothing. Absent: as long as the key is valid. */
  readonly validUntilMs?: number | undefined;
}

/** An API key as it is kept: never its secret. */
export interface ApiKeyRecord {
  /** Begins with the time of its making, so that ids sort as keys were made. */
  readonly id: string;
  /** 1 when new; every `put` raises it by one. */
  readonly version: number;
  readonly name: string;
  /** Of a key it never changes: what the tenant has stored is the tenant's. */
  readonly tenant: string;
  /** The secret's beginning and end, to recognise it by: `nh_4fTq...9dKw`. */
  readonly hint: string;
  readonly hashes: readonly KeyHash[];
  readonly grants: Grants;
  readonly limits: LimitSettings;
  readonly thresholdFloor?: number | undefined;
  readonly routing?: RoutingPreference | undefined;
  /** By provider id; each sealed, readable only with the house's secret. */
  readonly upstreamKeys?: Readonly<Record<string, string>> | undefined;
  readonly createdAtMs: number;
  readonly expiresAtMs?: number | undefined;
  readonly revokedAtMs?: number | undefined;
}

/** Null: no limit, although the configuration file has one. Absent: as the file has it. */
export type TenantLimits = { readonly [L in keyof LimitSettings]?: LimitSettings[L] | null };

/** What an operator set over the admin API for a tenant. What the configuration file says is not in here. */
export interface TenantRecord {
  readonly id: string;
  readonly limits: TenantLimits;
  readonly routing?: RoutingPreference | undefined;
}

export interface KeyPage {
  /** Newest first. */
  readonly keys: ApiKeyRecord[];
  /** Pass on for the next page; absent on the last one. */
  readonly cursor?: string | undefined;
}

/** API keys and what is set for tenants. Every change is durable when its call resolves. */
export interface KeyStore {
  get(id: string): Promise<ApiKeyRecord | undefined>;
  /** The key that has this hash, whether or not it is still valid. */
  byHash(hash: string): Promise<ApiKeyRecord | undefined>;
  list(
    filter: { readonly tenant?: string | undefined },
    page: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<KeyPage>;
  /** Stores it when the stored version is one below the record's (none: 0), all of it in one step; else answers false. */
  put(record: ApiKeyRecord): Promise<boolean>;
  /** True when there was one. */
  delete(id: string): Promise<boolean>;
  tenant(id: string): Promise<TenantRecord | undefined>;
  /** By id. */
  tenants(): Promise<TenantRecord[]>;
  putTenant(record: TenantRecord): Promise<void>;
  /** True when there was one. */
  deleteTenant(id: string): Promise<boolean>;
  /** Another text after every change, whoever made it. Cheap. */
  revision(): Promise<string>;
}
