/** Names that must not be confused with plain strings, and the coordinates every room speaks in. */

declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** 64 hex digits: SHA-256 over scope, fingerprint and query. Names an entry and is the exact key of its request. */
export type EntryId = Brand<string, 'EntryId'>;
/** 64 hex digits: SHA-256 over everything that shapes an answer, the query text excepted. */
export type Fingerprint = Brand<string, 'Fingerprint'>;
/** 32 hex digits: of SHA-256 over scope, fingerprint and the form of the query (`formOf`). Equal for requests that ask the same. */
export type IdentityKey = Brand<string, 'IdentityKey'>;
/** Name of one vector space: a scope under one version of the embedding model. */
export type PartitionKey = Brand<string, 'PartitionKey'>;
/** 64 hex digits: SHA-256 over a scope and the keys of two texts. Names a judged pair. */
export type PairId = Brand<string, 'PairId'>;
export type TenantId = Brand<string, 'TenantId'>;
/** Euclidean length 1, so that a dot product is the cosine similarity. */
export type UnitVector = Brand<Float32Array, 'UnitVector'>;

/** What is never crossed, not even by similarity. */
export interface Scope {
  readonly tenant: TenantId;
  readonly namespace: string;
  /** As the client asked for it, not as it was routed. */
  readonly model: string;
}

export const DEFAULT_TENANT = 'default' as TenantId;
export const DEFAULT_NAMESPACE = 'default';
export const NAMESPACE_PATTERN = /^[A-Za-z0-9._:-]{1,128}$/;
