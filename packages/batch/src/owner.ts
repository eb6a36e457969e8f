import { type Caller, type TenantId, tenantOfCredential } from '@nearhit/core';

/** Whose files and batches: the tenant's; of whoever comes without a key of the house, but with a credential, their own. */
export function ownerOf({ tenant, keyId, credential }: Caller): TenantId {
  return keyId === undefined && credential !== undefined ? tenantOfCredential(credential) : tenant;
}
