import { scopeKeyOf } from '../evidence/pair.ts';
import { type LabelledSample, SAMPLE_BOUNDS } from '../ports/sample-store.ts';
import type { Calibrator } from './calibrator.ts';

interface Placed {
  /** In order of arrival. */
  readonly at: number;
  readonly sample: LabelledSample;
}

/** The samples that count, let go of as the store lets go of them, so that every process counts the same. */
export class KeptSamples {
  /** By tenant and scope, oldest first. */
  readonly #tenants = new Map<string, Map<string, Placed[]>>();
  #arrived = 0;

  add(sample: LabelledSample, calibrator: Calibrator): void {
    const scopes = this.#tenants.get(sample.tenant) ?? new Map<string, Placed[]>();
    const key = scopeKeyOf(sample);
    const scope = scopes.get(key) ?? [];
    this.#tenants.set(sample.tenant, scopes.set(key, scope));
    scope.push({ at: ++this.#arrived, sample });
    calibrator.count(sample, 1);
    if (scope.length > SAMPLE_BOUNDS.perScopeMax) letGo(scope, calibrator);
    let count = 0;
    for (const { length } of scopes.values()) count += length;
    if (count > SAMPLE_BOUNDS.perTenantMax) letGo(oldestOf(scopes), calibrator);
  }

  *scopes(): Generator<readonly LabelledSample[]> {
    for (const scopes of this.#tenants.values())
      for (const scope of scopes.values()) yield scope.map(({ sample }) => sample);
  }
}

function letGo(scope: Placed[], calibrator: Calibrator): void {
  const gone = scope.shift();
  if (gone !== undefined) calibrator.count(gone.sample, -1);
}

function oldestOf(scopes: ReadonlyMap<string, Placed[]>): Placed[] {
  let oldest: Placed[] = [];
  for (const scope of scopes.values())
    if (scope[0] !== undefined && scope[0].at < (oldest[0]?.at ?? Number.POSITIVE_INFINITY)) oldest = scope;
  return oldest;
}
