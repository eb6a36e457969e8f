import type { Calibration } from '../calibrate/service.ts';
import { type Bar, barOf, isVerified, similarityBar, type VerifiedBar } from '../decide/bar.ts';
import { type Candidate, type Decision, decideVerified } from '../decide/decide.ts';
import { decideVersion } from '../decide/version.ts';
import type { LinkMemory } from '../evidence/links.ts';
import type { DecisionBasis, Observer } from '../ports/observer.ts';
import type { Verifier } from '../ports/verifier.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import { within } from '../within.ts';

export interface JudgingDeps {
  readonly observer: Pick<Observer, 'incident'>;
  /** What was judged before. */
  readonly links?: Pick<LinkMemory, 'of'> | undefined;
  /** Absent: cosine similarity and guards decide. */
  readonly verifier?: Verifier | undefined;
  /** Where the bar of an error budget lies. Asked only where there is a verifier, whose scores it must be of. */
  readonly calibration?: Pick<Calibration, 'calibrationFor'> | undefined;
}

/** A verifier that takes longer than this says nothing. */
const VERIFY_MS = 50;

/** Judges candidates for one request under the bar in force for it. */
export class Judging {
  readonly bar: Bar;
  /** Whose probabilities they are; undefined: nobody is asked. */
  readonly scorer: string | undefined;
  /** Milliseconds that the verifier took, over all candidates. */
  verifyMs = 0;
  readonly #request: PreparedRequest;
  readonly #deps: JudgingDeps;
  readonly #exhaustive: boolean;
  readonly #known = new Map<string, number | undefined>();

  constructor(request: PreparedRequest, deps: JudgingDeps, exhaustive = false) {
    const { verifier, calibration } = deps;
    const calibrated = () => calibration?.calibrationFor(request.scope, request.resolved.policy);
    this.bar = barOf(request, verifier && { bar: verifier.bar, calibrated });
    this.scorer = this.bar.verified && verifier?.version;
    this.#request = request;
    this.#deps = deps;
    this.#exhaustive = exhaustive;
  }

  /** As it is now. Undefined: nothing was judged in the request's scope. */
  get links(): ReturnType<LinkMemory['of']> {
    return this.#deps.links?.of(this.#request.scope, this.#request.fingerprint);
  }

  /** Never rejects. */
  decide(candidates: readonly Candidate[]): Promise<Decision> {
    const { query, resolved } = this.#request;
    const input = {
      ...{ query, candidates, verified: this.bar.verified, exhaustive: this.#exhaustive },
      policy: { threshold: this.bar.similarityMin, guard: resolved.policy.guard },
      links: this.links,
    };
    return decideVerified(input, (candidate) => this.#probabilityOf(candidate));
  }

  /** What a decision of this one rests on. `embeddingModel`: whose similarities they are. */
  basisOf({ verdicts }: Decision, embeddingModel: string): DecisionBasis {
    const { similarityMin, similarityOrigin, verified } = this.bar;
    return {
      ...{ embeddingModel, rules: decideVersion(), guard: this.#request.resolved.policy.guard },
      ...{ similarityMin, similarityOrigin },
      ...(verified !== undefined && { verified: verifiedBasis(verified, this.scorer ?? '') }),
      ...(this.#request.conversation?.turns !== undefined && { turns: true }),
      candidates: verdicts.map(({ candidate: { id, similarity }, verdict, probability, link }) => ({
        ...{ entryId: id, similarity, verdict },
        ...(probability !== undefined && { probability }),
        ...(link !== undefined && { link }),
      })),
    };
  }

  async #probabilityOf({ id, query, similarity }: Candidate): Promise<number | undefined> {
    if (this.#known.has(id)) return this.#known.get(id);
    const startedAt = performance.now();
    const probability = await this.#ask(query, similarity);
    this.verifyMs += performance.now() - startedAt;
    this.#known.set(id, probability);
    return probability;
  }

  async #ask(stored: string, similarity: number): Promise<number | undefined> {
    const { verifier, observer } = this.#deps;
    try {
      const asked = verifier?.verify([{ a: this.#request.query, b: stored, similarity }]);
      const late = () => new Error(`the verifier took longer than ${VERIFY_MS} ms`);
      const [probability] = asked === undefined ? [] : await within(asked, VERIFY_MS, late);
      return probability !== undefined && probability >= 0 && probability <= 1 ? probability : undefined;
    } catch (error) {
      observer.incident('verify-failed', error);
      return undefined;
    }
  }
}

function verifiedBasis({ probabilityMin, similarityWithout, calibration }: VerifiedBar, version: string) {
  const { maxErrorRate, bar, origin, bound95, priorVersion } = calibration ?? {};
  return {
    version,
    probabilityMin: Number.isFinite(probabilityMin) ? probabilityMin : null,
    similarityWithout,
    ...(maxErrorRate !== undefined && {
      calibration: {
        maxErrorRate,
        bar: bar ?? null,
        origin: origin ?? 'none',
        bound95: bound95 ?? 1,
        priorVersion: priorVersion ?? '',
      },
    }),
  };
}

/** Cosine similarity in force for a request where no candidate was judged. */
export const thresholdOf = (request: PreparedRequest, { verifier }: Pick<JudgingDeps, 'verifier'>): number =>
  similarityBar(request, isVerified(request, verifier !== undefined)).similarityMin;
