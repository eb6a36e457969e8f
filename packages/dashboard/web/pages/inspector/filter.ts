import type { Decision } from '@nearhit/http/admin-types';

export const OUTCOME_FILTERS = ['all', 'near', 'semantic', 'hit', 'miss', 'bypass', 'stale', 'error'] as const;

interface Wanted {
  readonly show?: string;
  readonly model?: string;
  readonly text?: string;
}

/** Refused although something near was stored. */
export const isNearMiss = ({ outcome, candidate }: Pick<Decision, 'outcome' | 'candidate'>): boolean =>
  outcome === 'miss' && candidate !== undefined;

/** Of what the gateway answered: what it can't filter by itself. */
export function filterDecisions(decisions: readonly Decision[], { show, model, text }: Wanted): Decision[] {
  const wanted = text?.trim().toLowerCase() ?? '';
  return decisions.filter(
    (decision) =>
      (show !== 'near' || isNearMiss(decision)) &&
      (show !== 'semantic' || decision.layer === 'semantic') &&
      (model === undefined || decision.model === model) &&
      (wanted === '' || decision.query.toLowerCase().includes(wanted)),
  );
}
