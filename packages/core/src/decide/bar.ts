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

const isSet = ({ origin }: ResolvedPolicy, field: 'threshold' | 'maxErrorRate'): boolean =>
  origin[field] !== 'built-in';

/** The threshold that somebody chose, for this request or by policy; undefined where nobody did. */
function chosenThreshold({ resolved, controls }: BarRequest): { value: number; origin: string } | undefined {
  if (controls.threshold !== undefined) return { value: controls.threshold, origin: 'request' };
  return isSet(resolved, 'threshold')
    ? { value: resolved.policy.threshold, origin: resolved.origin.threshold }
    : undefined;
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

/**
 * The bar in force for a request. A threshold that somebody chose counts as it is, beside what the error budget asks of the
 * verifier's probability where a budget was chosen, too; alone, it serves what is more likely right than wrong. Where nobody
 * chose, the budget decides among all above `COSINE_FLOOR`. With guards off, cosine similarity alone decides unless a budget
 * was chosen. `calibrated` absent: there is no verifier, and the threshold decides as strictly as it stands.
 */
export function barOf(request: BarRequest, calibrated: (() => CalibrationInForce | undefined) | undefined): Bar {
  const { resolved } = request;
  const budgeted = isSet(resolved, 'maxErrorRate');
  const verifying = calibrated !== undefined && (resolved.policy.guard !== 'off' || budgeted);
  const similarity = similarityBar(request, verifying);
  if (!verifying) return similarity;
  const similarityWithout = similarityBar(request, false).similarityMin;
  if (chosenThreshold(request) !== undefined && !budgeted)
    return { ...similarity, verified: { probabilityMin: LIKELY, similarityWithout } };
  const calibration = calibrated();
  const probabilityMin = calibration?.bar ?? Number.POSITIVE_INFINITY;
  return { ...similarity, verified: { probabilityMin, similarityWithout, calibration } };
}
