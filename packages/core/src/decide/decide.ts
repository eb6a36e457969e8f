import type { EntryId } from '../ids.ts';
import type { Policy } from '../policy/schema.ts';

export interface Candidate {
  readonly id: EntryId;
  /** The stored question. */
  readonly query: string;
  /** Cosine similarity to the new question. */
  readonly similarity: number;
}

export interface GuardVerdict {
  readonly guard: string;
  /** What differs, for people; absent when the guard let the pair pass. */
  readonly differs?: string | undefined;
}

export interface CandidateVerdict {
  readonly candidate: Candidate;
  /** `serve`, `below-threshold` or `guard:<name>`. */
  readonly verdict: string;
  /** Only in `explain`: every guard's verdict, not just the first veto. */
  readonly guards?: readonly GuardVerdict[] | undefined;
}

export type Decision =
  | { readonly kind: 'serve'; readonly candidate: Candidate; readonly verdicts: readonly CandidateVerdict[] }
  | {
      readonly kind: 'refuse';
      readonly reason: string;
      readonly nearest?: Candidate | undefined;
      readonly verdicts: readonly CandidateVerdict[];
    };

export interface DecideInput {
  readonly query: string;
  /** Sorted by falling similarity. */
  readonly candidates: readonly Candidate[];
  readonly policy: Pick<Policy, 'threshold' | 'guard'>;
  /** Ask every guard about every candidate, for `explain`. */
  readonly exhaustive?: boolean | undefined;
}

/** May a stored answer be served for this question? Pure. The one place where a hit by meaning is decided. */
export declare function decide(input: DecideInput): Decision;
