import type { Caller, Feature } from '../caller.ts';
import { NearhitError } from '../errors.ts';
import type { Scope } from '../ids.ts';
import type { RoutingPreference } from '../ports/upstream.ts';

/** Throws FORBIDDEN when the key is not for this: what it is for is said, what else there is, not. */
export function assertFeature({ grants }: Caller, feature: Feature): void {
  if (grants.features === undefined || grants.features.includes(feature)) return;
  throw new NearhitError('FORBIDDEN', `This API key may not use ${feature}; it may use ${listed(grants.features)}.`);
}

/** Throws FORBIDDEN when the key is not for this model or namespace. */
export function assertScope({ grants }: Caller, { model, namespace }: Pick<Scope, 'model' | 'namespace'>): void {
  if (!mayUseModel(grants.models, model))
    throw new NearhitError(
      'FORBIDDEN',
      `This API key may not use the model '${model.slice(0, 100)}'; it may use ${listed(grants.models)}.`,
      { param: 'model' },
    );
  if (grants.namespaces !== undefined && !grants.namespaces.includes(namespace))
    throw new NearhitError(
      'FORBIDDEN',
      `This API key may not use the namespace '${namespace}'; it may use ${listed(grants.namespaces)}.`,
      { param: 'namespace' },
    );
}

/** `models`: names, or beginnings of names with `*` after them. Absent: all. */
export function mayUseModel(models: readonly string[] | undefined, model: string): boolean {
  if (models === undefined) return true;
  return models.some((name) => (name.endsWith('*') ? model.startsWith(name.slice(0, -1)) : name === model));
}

/** What a request asks for, within what its key or tenant allows. */
export function mergeRouting(
  own: RoutingPreference | undefined,
  asked: RoutingPreference | undefined,
): RoutingPreference | undefined {
  if (own === undefined || asked === undefined) return own ?? asked;
  return {
    policy: asked.policy ?? own.policy,
    maxLatencyMs: lesser(own.maxLatencyMs, asked.maxLatencyMs),
    maxCostUsd: lesser(own.maxCostUsd, asked.maxCostUsd),
  };
}

function lesser(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

const LISTED_MAX = 10;

function listed(names: readonly string[] | undefined): string {
  if (names === undefined || names.length === 0) return 'none';
  const some = names.slice(0, LISTED_MAX).map((name) => `'${name}'`);
  return names.length > LISTED_MAX ? `${some.join(', ')} and more` : some.join(', ');
}
