import type { Calibration } from '../calibrate/service.ts';
import { type Bar, barOf, isVerified, similarityBar, type VerifiedBar } from '../decide/bar.ts';
import { type Candidate, type Decision, decideVerified } from '../decide/decide.ts';
import { decideVersion } from '../decide/version.ts';
import type { LinkMemory } from '../evidence/links.ts';
import type { EmbedOptions } from '../ports/embedder.ts';
import type { DecisionBasis, Observer } from '../ports/observer.ts';
import type { PairJudgement, Verifier } from '../ports/verifier.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import { within } from '../within.ts';

export interface JudgingDeps {
  readonly observer: Pick<Observer, 'incident'>;
  readonly now: () => number;
  /** What was judged before. */
  readonly links?: Pick<LinkMemory, 'of'> | undefined;
  /** Absent: cosine similarity and guards decide. */
  readonly verifier?: Verifier | undefined;
  /** Where the bar of an error budget lies. Asked only where there is a verifier, whose scores it must be of. */
  readonly calibration?: Pick<Calibration, 'calibrationFor'> | undefined;
}

/** A verifier that takes longer than this about a candidate, or than its share of a more patient look-up, says nothing. */
const VERIFY_MS = 50;
const VERIFY_SHARE = 1 / 3;
/** Of that, for all candidates of one decision together: what a network has not said of them by then is done without. */
const NETWORK_SHARE = 0.8;
/** However patient a look-up is: the longer it takes, the less of what other processes have just fetched can be shared with it. */
const NETWORK_MS_MAX = 250;

export interface JudgingOptions extends EmbedOptions {
  /** Every guard and the verifier about every candidate, for `explain`. */
  readonly exhaustive?: boolean | undefined;
}

/** Judges candidates for one request under the bar in force for it. */
export class Judging {
  readonly bar: Bar;
  /** Whose probabilities they are; undefined: nobody is asked. */
  readonly scorer: string | undefined;
  /** Milliseconds that the verifier took, over all candidates. */
  verifyMs = 0;
  readonly #request: PreparedRequest;
  readonly #deps: JudgingDeps;
  readonly #options: JudgingOptions;
  readonly #known = new Map<string, PairJudgement | undefined>();
  /** Of the first candidate, which sets the pace. */
  #pace: { readonly verifyMs: number; readonly networkUntilMs: number } | undefined;

  constructor(request: PreparedRequest, deps: JudgingDeps, options: JudgingOptions = {}) {
    const { verifier, calibration } = deps;
    const calibrated = () => calibration?.calibrationFor(request.scope, request.resolved.policy);
    this.bar = barOf(request, verifier && { bar: verifier.bar, calibrated });
    this.scorer = this.bar.verified && verifier?.version;
    this.#request = request;
    this.#deps = deps;
    this.#options = options;
  }

  /** As it is now. Undefined: nothing was judged in the request's scope. */
  get links(): ReturnType<LinkMemory['of']> {
    return this.#deps.links?.of(this.#request.scope, this.#request.fingerprint);
  }

  /** Never rejects. */
  decide(candidates: readonly Candidate[]): Promise<Decision> {
    const { query, resolved } = this.#request;
    const input = {
      ...{ query, candidates, verified: this.bar.verified, exhaustive: this.#options.exhaustive },
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
        ...wordOf(this.#known.get(id)),
      })),
    };
  }

  async #probabilityOf({ id, query, similarity }: Candidate): Promise<number | undefined> {
    if (this.#known.has(id)) return this.#known.get(id)?.probability;
    const startedAt = performance.now();
    const verdict = await this.#ask(query, similarity);
    this.verifyMs += performance.now() - startedAt;
    this.#known.set(id, verdict);
    return verdict?.probability;
  }

  async #ask(stored: string, similarity: number): Promise<PairJudgement | undefined> {
    const { verifier, observer } = this.#deps;
    try {
      const { verifyMs, networkUntilMs } = this.#paced();
      const { requestId, traceparent } = this.#options;
      const pair = { a: this.#request.query, b: stored, similarity };
      const asked = verifier?.verify([pair], { deadlineMs: networkUntilMs, requestId, traceparent });
      const late = () => new Error(`the verifier took longer than ${Math.round(verifyMs)} ms`);
      const [verdict] = asked === undefined ? [] : await within(asked, verifyMs, late);
      return verdict !== undefined && verdict.probability >= 0 && verdict.probability <= 1 ? verdict : undefined;
    } catch (error) {
      observer.incident('verify-failed', error);
      return undefined;
    }
  }

  #paced(): { readonly verifyMs: number; readonly networkUntilMs: number } {
    if (this.#pace !== undefined) return this.#pace;
    const nowMs = this.#deps.now();
    const leftMs = Math.max(0, (this.#options.deadlineMs ?? nowMs) - nowMs);
    const verifyMs = Math.max(VERIFY_MS, leftMs * VERIFY_SHARE);
    // With less left than usual, the network's share shrinks first.
    const ownMs = this.#options.deadlineMs === undefined ? verifyMs : Math.min(verifyMs, leftMs);
    this.#pace = { verifyMs, networkUntilMs: nowMs + Math.min(ownMs * NETWORK_SHARE, NETWORK_MS_MAX) };
    return this.#pace;
  }
}

const wordOf = (verdict: PairJudgement | undefined) =>
  verdict?.network === undefined ? {} : { network: verdict.network };

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
