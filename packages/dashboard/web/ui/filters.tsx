import { t } from '../lib/i18n.ts';
import { route, setQuery } from '../lib/router.ts';
import { scopes } from '../lib/scopes.ts';
import { Segments, SelectField } from './fields.tsx';

const WINDOWS = ['5m', '1h', '24h', '7d'] as const;
export type Window = (typeof WINDOWS)[number];

export function windowOf(query: Readonly<Record<string, string>>): Window {
  return WINDOWS.find((one) => one === query.window) ?? '1h';
}

export function WindowFilter() {
  const value = windowOf(route.value.query);
  return (
    <Segments
      label={t('filter.window')}
      value={value}
      onChange={(window) => setQuery({ window })}
      options={WINDOWS.map((one) => [one, t(`window.${one}`)] as const)}
    />
  );
}

/** `all`: one may choose none of them. */
export function ScopeFilter({ all = true }: { readonly all?: boolean }) {
  const { namespace = '', model = '' } = route.value.query;
  const { namespaces, models } = scopes.value;
  return (
    <>
      <SelectField
        label={t('filter.namespace')}
        hideLabel
        value={namespace === '' && !all ? 'default' : namespace}
        onChange={(value) => setQuery({ namespace: value })}
        options={optionsOf(all ? t('filter.allNamespaces') : undefined, namespaces, namespace)}
      />
      <SelectField
        label={t('filter.model')}
        hideLabel
        value={model}
        onChange={(value) => setQuery({ model: value })}
        options={optionsOf(t('filter.allModels'), models, model)}
      />
    </>
  );
}

function optionsOf(all: string | undefined, names: readonly string[], chosen: string): (readonly [string, string])[] {
  const known = chosen === '' || names.includes(chosen) ? names : [...names, chosen];
  return [...(all === undefined ? [] : [['', all] as const]), ...known.map((name) => [name, name] as const)];
}
