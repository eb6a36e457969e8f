import { type Caller, type TenantId, tenantOfCredential } from '@nearhit/core';

/** Under whose name files and batches are kept. */
export type OwnerOf = (caller: Caller) => TenantId;

/**
 * The tenant; where `apart`, of whoever comes without a key of the house, but with a credential, they are their own, as
 * their answers in the cache are.
 */
export const ownerOf = ({ tenant, keyId, credential }: Caller, apart: boolean): TenantId =>
  apart && keyId === undefined && credential !== undefined ? tenantOfCredential(credential) : tenant;
