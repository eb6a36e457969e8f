/** The parts of `POST /explain` that are shown; it answers more. */
export interface Explained {
  readonly decision: {
    readonly kind: 'hit' | 'miss' | 'bypass';
    readonly layer?: string;
    readonly reason?: string;
    readonly similarity?: number;
  };
  readonly query: string;
  readonly exactOnly: string | null;
  readonly threshold: { readonly value: number; readonly origin: string };
  readonly guard: { readonly value: string; readonly origin: string };
  readonly verifier: { readonly probabilityMin: number | null } | null;
  readonly candidates: readonly ExplainedCandidate[];
  readonly warnings?: readonly string[];
}

export interface ExplainedCandidate {
  readonly entryId: string;
  readonly similarity: number;
  readonly query: string;
  readonly probability: number | null;
  readonly verdict: string;
  readonly guards: readonly { readonly guard: string; readonly differs?: string }[];
}
