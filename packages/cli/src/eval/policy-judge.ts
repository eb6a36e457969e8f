import {
  type Candidate,
  COSINE_FLOOR,
  decideVerified,
  type EntryId,
  formOf,
  POLICY_DEFAULTS,
  type Verifier,
  volatileReason,
} from '@nearhit/core';
import type { Pair } from './pairs.ts';

/** What the gateway would have done. */
export interface PolicyVerdict {
  /** `serve`, or why not: `guard:<name>`, `below-threshold`, `verifier`, `volatile`, `long-query`. */
  readonly verdict: string;
  /** That serving is right; absent where the verifier was not asked. */
  readonly probability?: number | undefined;
}

export interface Compared {
  /** Cosine of the embeddings. */
  readonly similarity: number;
  /** One of them is longer than the model's window. */
  readonly tooLong: boolean;
}

const SERVED: PolicyVerdict = { verdict: 'serve' };

/** The policy that is in force where nobody set any: volatile questions, identity, guards, verifier, its own bar. */
export class PolicyJudge {
  readonly verifier: Verifier;

  constructor(verifier: Verifier) {
    this.verifier = verifier;
  }

  /** `a` is stored, `b` is asked. */
  async judge({ a, b }: Pick<Pair, 'a' | 'b'>, compared: Compared): Promise<PolicyVerdict> {
    if (volatileReason(b) !== undefined || volatileReason(a) !== undefined) return { verdict: 'volatile' };
    const form = formOf(b);
    if (a === b || (form !== undefined && form === formOf(a))) return SERVED;
    if (compared.tooLong) return { verdict: 'long-query' };
    return this.among(b, [{ id: 'stored' as EntryId, query: a, similarity: compared.similarity }]);
  }

  /** Candidates by falling similarity. `served`: which of them. */
  async among(query: string, candidates: readonly Candidate[]): Promise<PolicyVerdict & { served?: Candidate }> {
    const { verifier } = this;
    const decision = await decideVerified(
      {
        ...{ query, candidates },
        policy: { threshold: COSINE_FLOOR, guard: POLICY_DEFAULTS.guard },
        verified: { probabilityMin: verifier.bar, similarityWithout: POLICY_DEFAULTS.threshold },
      },
      async ({ query: stored, similarity }) =>
        (await verifier.verify([{ a: query, b: stored, similarity }]))[0]?.probability,
    );
    const { probability } = decision.verdicts.at(-1) ?? {};
    if (decision.kind === 'serve') return { verdict: 'serve', probability, served: decision.candidate };
    return { verdict: decision.reason, probability };
  }
}
