import type { Feature, Grants } from './caller.ts';
import { NearhitError } from './errors.ts';

/** `gpt-4o*` stands for all that begin so, `*` for all. Absent: all. */
export function allowsModel({ models }: Grants, model: string): boolean {
  return models === undefined || models.some((name) => fits(name, model));
}

const fits = (name: string, model: string): boolean =>
  name.endsWith('*') ? model.startsWith(name.slice(0, -1)) : name === model;

export interface Asked {
  readonly feature: Feature;
  readonly model?: string | undefined;
  readonly namespace?: string | undefined;
}

/** Throws FORBIDDEN that says what the key may do instead. */
export function assertGranted(grants: Grants, { feature, model, namespace }: Asked): void {
  const { features, models, namespaces } = grants;
  if (features !== undefined && !features.includes(feature))
    throw refused(`This API key may not use '${feature}'`, features, null);
  if (model !== undefined && !allowsModel(grants, model))
    throw refused(`This API key may not use the model '${model.slice(0, 100)}'`, models ?? [], 'model');
  if (namespace !== undefined && namespaces !== undefined && !namespaces.includes(namespace))
    throw refused(`This API key may not use the namespace '${namespace}'`, namespaces, 'namespace');
}

const SHOWN_MAX = 10;

function refused(what: string, allowed: readonly string[], param: string | null): NearhitError {
  const shown = allowed.slice(0, SHOWN_MAX).join(', ') + (allowed.length > SHOWN_MAX ? ' ...' : '');
  return new NearhitError('FORBIDDEN', `${what}. It may use: ${shown || 'none'}.`, { param });
}
