import type { KeyAnswer } from '@nearhit/http/admin-types';

/** What stands in the form's fields, all of it text. */
export interface KeyFields {
  readonly name: string;
  readonly tenant: string;
  readonly models: string;
  readonly namespaces: string;
  readonly rpm: string;
  readonly tpm: string;
  readonly concurrent: string;
  readonly budgetUsdDay: string;
  readonly budgetUsdMonth: string;
  readonly thresholdFloor: string;
  readonly expiresAt: string;
}

export const NUMBERS = ['rpm', 'tpm', 'concurrent', 'budgetUsdDay', 'budgetUsdMonth', 'thresholdFloor'] as const;
const LISTS = ['models', 'namespaces'] as const;

const EMPTY: KeyFields = {
  ...{ name: '', tenant: '', models: '', namespaces: '', rpm: '', tpm: '', concurrent: '' },
  ...{ budgetUsdDay: '', budgetUsdMonth: '', thresholdFloor: '', expiresAt: '' },
};

export function fieldsOf(key: KeyAnswer | undefined): KeyFields {
  if (key === undefined) return EMPTY;
  const text = (value: number | null): string => (value === null ? '' : String(value));
  return {
    ...{ name: key.name, tenant: key.tenant, expiresAt: key.expiresAt?.slice(0, 10) ?? '' },
    ...{ models: key.models?.join(', ') ?? '', namespaces: key.namespaces?.join(', ') ?? '' },
    ...{ rpm: text(key.rpm), tpm: text(key.tpm), concurrent: text(key.concurrent) },
    ...{ budgetUsdDay: text(key.budgetUsdDay), budgetUsdMonth: text(key.budgetUsdMonth) },
    thresholdFloor: text(key.thresholdFloor),
  };
}

type Body = Record<string, unknown>;

const valuesOf = (fields: KeyFields): Body => ({
  ...Object.fromEntries(LISTS.map((name) => [name, listOf(fields[name])])),
  ...Object.fromEntries(NUMBERS.map((name) => [name, fields[name].trim() === '' ? undefined : Number(fields[name])])),
  expiresAt: fields.expiresAt === '' ? undefined : fields.expiresAt,
});

function listOf(text: string): string[] | undefined {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.length === 0 ? undefined : names;
}

/** For `POST /keys`: what is empty is not said. */
export function newKeyBody(fields: KeyFields): Body {
  const { name, tenant } = fields;
  return {
    name: name.trim(),
    ...(tenant.trim() !== '' && { tenant: tenant.trim() }),
    ...withoutUndefined(valuesOf(fields)),
  };
}

/** For `PATCH /keys/{id}`: what differs from `before`; what was emptied is taken off. */
export function keyChanges(before: KeyFields, fields: KeyFields): Body {
  const values = valuesOf(fields);
  const changed = Object.keys(values).filter(
    (name) => fields[name as keyof KeyFields] !== before[name as keyof KeyFields],
  );
  return {
    ...(fields.name.trim() !== before.name && { name: fields.name.trim() }),
    ...Object.fromEntries(changed.map((name) => [name, values[name] ?? null])),
  };
}

const withoutUndefined = (body: Body): Body =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
