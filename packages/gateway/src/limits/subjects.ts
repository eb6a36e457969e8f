import type { Caller, LimitSettings, LimitSubject, NanoUsd, SubjectLimits } from '@nearhit/core';

const NANO = 1_000_000_000;

export const toNanoUsd = (usd: number): NanoUsd => Math.round(usd * NANO);
export const toUsd = (nanoUsd: NanoUsd): number => nanoUsd / NANO;

export const keySubject = (id: string): string => `key:${id}`;
export const tenantSubject = (id: string): string => `tenant:${id}`;

const known = new WeakMap<Caller, readonly LimitSubject[]>();

/**
 * Whose limits a caller's requests count against, the key's first. Without any limit set they are there all the same
 * for who has a key: a budget that is set later counts what was spent before.
 */
export function subjectsOf(caller: Caller): readonly LimitSubject[] {
  let subjects = known.get(caller);
  if (subjects === undefined) {
    subjects = makeSubjects(caller);
    known.set(caller, subjects);
  }
  return subjects;
}

function makeSubjects({ keyId, tenant, keyLimits = {}, tenantLimits = {} }: Caller): readonly LimitSubject[] {
  const subjects: LimitSubject[] = [];
  if (keyId !== undefined) subjects.push({ id: keySubject(keyId), limits: limitsOf(keyLimits) });
  if (keyId !== undefined || Object.keys(tenantLimits).length > 0)
    subjects.push({ id: tenantSubject(tenant), limits: limitsOf(tenantLimits) });
  return subjects;
}

function limitsOf({ rpm, tpm, concurrent, budgetUsdDay, budgetUsdMonth }: LimitSettings): SubjectLimits {
  return {
    ...{ rpm, tpm, concurrent },
    ...(budgetUsdDay !== undefined && { nanoUsdDay: toNanoUsd(budgetUsdDay) }),
    ...(budgetUsdMonth !== undefined && { nanoUsdMonth: toNanoUsd(budgetUsdMonth) }),
  };
}
