import type { LimitSettings, RoutingPreference, TenantRecord } from '@nearhit/core';

/** A tenant of the configuration file. */
export interface FileTenant extends LimitSettings {
  readonly id: string;
  readonly routing?: RoutingPreference | undefined;
}

export interface TenantSettings {
  readonly limits: LimitSettings;
  readonly routing?: RoutingPreference | undefined;
}

export const LIMIT_NAMES = ['rpm', 'tpm', 'concurrent', 'budgetUsdDay', 'budgetUsdMonth'] as const;

/** What is in force for a tenant: limit by limit the admin API's, then the file's. */
export function settingsOf(id: string, file: readonly FileTenant[], record: TenantRecord | undefined): TenantSettings {
  const own = file.find((one) => one.id === id);
  const limits: { -readonly [L in keyof LimitSettings]: LimitSettings[L] } = {};
  for (const name of LIMIT_NAMES) {
    const set = record?.limits[name];
    const limit = set === undefined ? own?.[name] : set;
    if (limit !== undefined && limit !== null) limits[name] = limit;
  }
  const routing = record?.routing ?? own?.routing;
  return { limits, ...(routing !== undefined && { routing }) };
}
