import type { TenantAnswer } from '@nearhit/http/admin-types';

export const TENANT_LIMITS = ['rpm', 'tpm', 'concurrent', 'budgetUsdDay', 'budgetUsdMonth'] as const;
export type TenantFields = Readonly<Record<(typeof TENANT_LIMITS)[number], string>>;

export function tenantFieldsOf(tenant: TenantAnswer | undefined): TenantFields {
  const text = (value: number | null | undefined): string => (value == null ? '' : String(value));
  return Object.fromEntries(TENANT_LIMITS.map((name) => [name, text(tenant?.[name])])) as TenantFields;
}

/** For `PUT /tenants/{id}`: what is empty is not limited. */
export function tenantBodyOf(fields: TenantFields): Record<string, number | null> {
  return Object.fromEntries(
    TENANT_LIMITS.map((name) => [name, fields[name].trim() === '' ? null : Number(fields[name])]),
  );
}
