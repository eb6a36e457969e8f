import type { CalibrationInForce } from '../calibrate/calibrator.ts';
import type { ResolvedPolicy } from '../policy/service.ts';

/** Below it no candidate is looked at where a verifier weighs what is above it. */
export const COSINE_FLOOR = 0.7;
/** What a threshold that somebody chose serves must at least be right more likely than wrong. */
const LIKELY = 0.5;

/** What a candidate must reach to be served by meaning. */
export interface Bar {
  /** Cosine similarity. */
  readonly similarityMin: number;
  /** Who says so: `request`, `key`, the policy level that set `threshold`, or `floor`. */
  readonly similarityOrigin: string;
  /** Absent: cosine similarity and guards decide alone. */
  readonly verified?: VerifiedBar | undefined;
}

export interface VerifiedBar {
  /** Of the verifier's probability; Infinity: no probability keeps the budget. */
  readonly probabilityMin: number;
  /** Cosine similarity that is asked of a pair of which the verifier says nothing. */
  readonly similarityWithout: number;
  /** Absent where no budget is in force. */
  readonly calibration?: CalibrationInForce | undefined;
}

export interface BarRequest {
  readonly resolved: ResolvedPolicy;
  /** `thresholdFloor`: of the caller's key. */
  readonly controls: { readonly threshold?: number | undefined };
  readonly thresholdFloor?: number | undefined;
}

/** The threshold that somebody chose, for this request or by policy; undefined where nobody did. */
function chosenThreshold({ resolved, controls }: BarRequest): { value: number; origin: string } | undefined {
  if (controls.threshold !== undefined) return { value: controls.threshold, origin: 'request' };
  const { policy, origin } = resolved;
  return origin.threshold === 'built-in' ? undefined : { value: policy.threshold, origin: origin.threshold };
}

/** Cosine similarity that a candidate needs at least, and who says so. `verified`: a verifier weighs what reaches it. */
export function similarityBar(request: BarRequest, verified: boolean): Pick<Bar, 'similarityMin' | 'similarityOrigin'> {
  const { policy, origin } = request.resolved;
  const unchosen = verified
    ? { value: COSINE_FLOOR, origin: 'floor' }
    : { value: policy.threshold, origin: origin.threshold };
  const { value, origin: from } = chosenThreshold(request) ?? unchosen;
  const floor = request.thresholdFloor ?? 0;
  return value >= floor
    ? { similarityMin: value, similarityOrigin: from }
    : { similarityMin: floor, similarityOrigin: 'key' };
}

/** What is known of the verifier. */
export interface BarEvidence {
  /** The verifier's own, for where nobody chose. */
  readonly bar: number;
  /** Where the policy sets an error budget: the bar that keeps it. */
  readonly calibrated: () => CalibrationInForce | undefined;
}

/** Is a verifier asked, where there is one? Not with guards off, unless there is an error budget. */
export const isVerified = ({ resolved: { policy } }: Pick<BarRequest, 'resolved'>, isThere: boolean): boolean =>
  isThere && (policy.guard !== 'off' || policy.maxErrorRate !== undefined);

/**
 * The bar in force for a request. A threshold that somebody chose counts as it is, beside what an error budget asks of the
 * verifier's probability where one is set, too; alone, it serves what is more likely right than wrong. A budget alone
 * decides among all above `COSINE_FLOOR`. Where nobody chose either, the verifier's own bar does. With guards off, cosine
 * similarity alone decides unless there is a budget. `verifier` absent: the threshold decides as strictly as it stands.
 */
export function barOf(request: BarRequest, verifier: BarEvidence | undefined): Bar {
  const { policy } = request.resolved;
  const budgeted = policy.maxErrorRate !== undefined;
  if (verifier === undefined || !isVerified(request, true)) return similarityBar(request, false);
  const similarity = similarityBar(request, true);
  const similarityWithout = similarityBar(request, false).similarityMin;
  if (!budgeted) {
    const probabilityMin = chosenThreshold(request) === undefined ? verifier.bar : LIKELY;
    return { ...similarity, verified: { probabilityMin, similarityWithout } };
  }
  const calibration = verifier.calibrated();
  const probabilityMin = calibration?.bar ?? Number.POSITIVE_INFINITY;
  return { ...similarity, verified: { probabilityMin, similarityWithout, calibration } };
}
