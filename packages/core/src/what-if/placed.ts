import type { EntryId } from '../ids.ts';
import type { DecisionRecord } from '../ports/observer.ts';

/** What a record says of a decision by meaning, as far as another policy can change it. */
export type Placed =
  /** A pair that was compared, and can be compared again. */
  | {
      readonly kind: 'pair';
      readonly a: string;
      /** The stored one, and its entry. */
      readonly b: string;
      readonly id: EntryId;
      readonly similarity: number;
    }
  /** Decided before, or without, a comparison: under any threshold it ends the same. */
  | { readonly kind: 'unaffected' }
  /** What it rested on is not in the record. */
  | { readonly kind: 'unknown'; readonly why: string };

const UNAFFECTED: Placed = { kind: 'unaffected' };

export function placed(record: DecisionRecord): Placed {
  const { outcome, layer, stage, exactOnly, candidate, similarity, reason } = record;
  if (outcome === 'bypass' || exactOnly !== undefined || stage === 'identity') return UNAFFECTED;
  if (candidate === undefined || similarity === undefined) return UNAFFECTED;
  if (layer !== undefined && layer !== 'semantic') return UNAFFECTED;
  if (record.queryKey !== undefined || candidate.key !== undefined)
    return { kind: 'unknown', why: 'the record has only the beginning of the question' };
  if (reason === 'guard:turns') return { kind: 'unknown', why: 'earlier turns were compared, and are not recorded' };
  return { kind: 'pair', a: record.query, b: candidate.query, id: candidate.entryId, similarity };
}
