import type { ModelsAnswer, PoliciesAnswer, UsageAnswer } from '@nearhit/http/admin-types';
import { signal } from '@preact/signals';
import { get } from './api.ts';

export interface Scopes {
  readonly namespaces: readonly string[];
  readonly models: readonly string[];
}

/** What there is to choose from: whatever was asked for in the last thirty days, has a policy, or is configured. */
export const scopes = signal<Scopes>({ namespaces: ['default'], models: [] });

export function scopesOf(
  groups: readonly { readonly namespace?: string | undefined; readonly model?: string | undefined }[],
  policies: readonly { readonly namespace: string; readonly model: string | null }[],
  models: readonly string[],
): Scopes {
  const unique = (names: readonly (string | null | undefined)[]): string[] =>
    [...new Set(names)].filter((name): name is string => typeof name === 'string' && name !== '').sort();
  return {
    namespaces: unique([
      'default',
      ...groups.map(({ namespace }) => namespace),
      ...policies.map(({ namespace }) => namespace),
    ]),
    models: unique([...models, ...groups.map(({ model }) => model), ...policies.map(({ model }) => model)]),
  };
}

export async function loadScopes(): Promise<void> {
  const none = () => undefined;
  const [usage, policies, models] = await Promise.all([
    get<UsageAnswer>('/usage', { groupBy: 'namespace,model' }).catch(none),
    get<PoliciesAnswer>('/policies').catch(none),
    get<ModelsAnswer>('/models').catch(none),
  ]);
  scopes.value = scopesOf(usage?.groups ?? [], policies?.policies ?? [], models?.models.map(({ id }) => id) ?? []);
}
