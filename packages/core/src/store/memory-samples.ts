import { scopeKeyOf } from '../evidence/pair.ts';
import { type PlacedSample, SAMPLE_BOUNDS, type SampleBounds, type SampleStore } from '../ports/sample-store.ts';

/** Labelled samples that end with the process. */
export function memorySamples(assertOpen: () => void = () => {}, bounds: SampleBounds = SAMPLE_BOUNDS): SampleStore {
  let held: PlacedSample[] = [];
  const ids = new Set<string>();
  let lastSeq = 0;
  const letGo = (of: readonly PlacedSample[], max: number): void => {
    const gone = new Set(of.slice(0, Math.max(0, of.length - max)));
    if (gone.size === 0) return;
    held = held.filter((placed) => !gone.has(placed));
    for (const { sample } of gone) ids.delete(sample.id);
  };
  const ofScope = (key: string): PlacedSample[] => held.filter(({ sample }) => scopeKeyOf(sample) === key);
  return {
    async append(samples) {
      assertOpen();
      for (const sample of samples) {
        if (ids.has(sample.id)) continue;
        ids.add(sample.id);
        held.push({ seq: ++lastSeq, sample: structuredClone(sample) });
      }
      for (const key of new Set(samples.map(scopeKeyOf))) letGo(ofScope(key), bounds.perScopeMax);
      const ofTenant = (tenant: string) => held.filter(({ sample }) => sample.tenant === tenant);
      for (const tenant of new Set(samples.map((one) => one.tenant))) letGo(ofTenant(tenant), bounds.perTenantMax);
    },
    async read(afterSeq, limit, scope) {
      assertOpen();
      const among = scope === undefined ? held : ofScope(scopeKeyOf(scope));
      return structuredClone(among.filter(({ seq }) => seq > afterSeq).slice(0, limit));
    },
  };
}
