import { scopeKeyOf } from '../evidence/pair.ts';
import { pairPosition, readPairPage } from '../evidence/pair-page.ts';
import type { PairId } from '../ids.ts';
import { type JudgedPair, PAIR_BOUNDS, type PairBounds, type PairStore } from '../ports/pair-store.ts';

/** Judged pairs that end with the process. */
export function memoryPairs(assertOpen: () => void = () => {}, bounds: PairBounds = PAIR_BOUNDS): PairStore {
  const held = new Map<PairId, JudgedPair>();
  const oldestFirst = (of: Iterable<JudgedPair>): JudgedPair[] =>
    [...of].sort((a, b) => (pairPosition(a) < pairPosition(b) ? -1 : 1));
  const letGo = (of: readonly JudgedPair[], max: number): PairId[] => {
    const gone = oldestFirst(of)
      .slice(0, Math.max(0, of.length - max))
      .map(({ id }) => id);
    for (const id of gone) held.delete(id);
    return gone;
  };
  return {
    async put(pairs) {
      assertOpen();
      for (const pair of pairs) held.set(pair.id, structuredClone(pair));
      const scopes = new Set(pairs.map(({ scope }) => scopeKeyOf(scope)));
      const gone = [...scopes].flatMap((key) =>
        letGo(
          [...held.values()].filter(({ scope }) => scopeKeyOf(scope) === key),
          bounds.perScopeMax,
        ),
      );
      const tenants = new Set<string>(pairs.map(({ scope }) => scope.tenant));
      const ofTenant = (tenant: string) => [...held.values()].filter(({ scope }) => scope.tenant === tenant);
      return [...gone, ...[...tenants].flatMap((tenant) => letGo(ofTenant(tenant), bounds.perTenantMax))];
    },
    async getMany(ids) {
      assertOpen();
      return ids.map((id) => structuredClone(held.get(id)));
    },
    async delete(ids) {
      assertOpen();
      return ids.filter((id) => held.delete(id)).length;
    },
    async list(filter, page) {
      assertOpen();
      const all = oldestFirst(held.values()).reverse();
      return readPairPage(filter, page, async (below, count) =>
        all
          .map((pair) => ({ position: pairPosition(pair), pair: structuredClone(pair) }))
          .filter(({ position }) => below === undefined || position < below)
          .slice(0, count),
      );
    },
  };
}
