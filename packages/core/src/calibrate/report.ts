import type { Scope } from '../ids.ts';
import type { PolicyService } from '../policy/service.ts';
import type { LabelSource } from '../ports/pair-store.ts';
import type { LabelledSample } from '../ports/sample-store.ts';
import type { CalibrationInForce } from './calibrator.ts';
import { lowerBound, upperBound } from './clopper-pearson.ts';
import { type Calibration, matches } from './service.ts';

type Place = Readonly<Record<keyof Scope, string>>;

/** What serving from a threshold on would have meant for the labelled samples. Shares are 0..1. */
export interface ThresholdFigures {
  readonly threshold: number;
  /** Labelled samples at or above it, and how many of them were wrong. */
  readonly samples: number;
  readonly wrong: number;
  /** Of all labelled samples, those at or above it. Null when there are none. */
  readonly hitRate: number | null;
  /** Wrong share by weight, and its 95 % interval (Clopper-Pearson, two-sided). Null, and 0 to 1, without a sample. */
  readonly estimate: number | null;
  readonly low: number;
  readonly high: number;
  readonly savedUsd: number;
}

export interface ScopeInForce extends Place {
  readonly threshold: number;
  readonly maxErrorRate: number | null;
  /** Null: the policy sets no budget, and its threshold decides. */
  readonly calibration: (Omit<CalibrationInForce, 'bar'> & { readonly bar: number | null }) | null;
  readonly why: string;
}

export interface CalibrationReport {
  readonly scorer: string;
  readonly priorVersion: string;
  readonly inForce: readonly ScopeInForce[];
  readonly byScore: readonly ThresholdFigures[];
  readonly byCosine: readonly ThresholdFigures[];
  readonly samples: Readonly<Record<LabelSource, { readonly right: number; readonly wrong: number }>>;
}

const COSINES = Array.from({ length: 30 }, (_, at) => Number((0.7 + at / 100).toFixed(2)));
const SCOPES_MAX = 100;
const TWO_SIDED = 0.025;

/** For operators: what every bar would have meant, what is in force, and why. */
export function reportOf(
  calibration: Calibration,
  policies: Pick<PolicyService, 'resolve'>,
  filter: Partial<Place>,
): CalibrationReport {
  const samples = [...calibration.samples(filter)];
  const scored = samples.filter(({ scorer }) => scorer === calibration.scorer);
  const bars = calibration.prior.bins.map(({ scoreMin }) => scoreMin).sort((a, b) => a - b);
  return {
    scorer: calibration.scorer,
    priorVersion: calibration.prior.version,
    inForce: scopesOf(calibration, samples, filter).map((scope) => inForceIn(scope, calibration, policies)),
    byScore: figuresAt(bars, scored, ({ score }) => score),
    byCosine: figuresAt(COSINES, samples, ({ similarity }) => similarity),
    samples: countsOf(samples),
  };
}

/** By source and verdict. */
export function countsOf(samples: Iterable<LabelledSample>): CalibrationReport['samples'] {
  const none = () => ({ right: 0, wrong: 0 });
  const counts = { feedback: none(), audit: none(), shadow: none(), import: none() };
  for (const { source, right } of samples) counts[source][right ? 'right' : 'wrong'] += 1;
  return counts;
}

/** Right ones told by people dilute nothing here either. */
function figuresAt(
  thresholds: readonly number[],
  samples: readonly LabelledSample[],
  scoreOf: (sample: LabelledSample) => number,
): ThresholdFigures[] {
  const fair = samples.filter(({ source, right }) => source !== 'feedback' || !right);
  return thresholds.map((threshold) => {
    const served = fair.filter((sample) => scoreOf(sample) >= threshold);
    const n = served.length;
    const wrong = served.filter(({ right }) => !right);
    const weighed = { n: weightOf(served), wrong: weightOf(wrong) };
    return {
      ...{ threshold, samples: n, wrong: wrong.length, hitRate: fair.length === 0 ? null : n / fair.length },
      ...{ estimate: n === 0 ? null : weighed.wrong / weighed.n, low: lowerBound(weighed, TWO_SIDED) },
      high: upperBound(weighed, TWO_SIDED),
      savedUsd: served.reduce((sum, { savedUsd }) => sum + savedUsd, 0),
    };
  });
}

/** A label that is trusted less counts less, here as where the bar is found. */
const weightOf = (samples: readonly LabelledSample[]): number =>
  samples.reduce((sum, { weight = 1 }) => sum + weight, 0);

function scopesOf(calibration: Calibration, samples: readonly LabelledSample[], filter: Partial<Place>): Place[] {
  const scopes = new Map<string, Place>();
  const note = ({ tenant, namespace, model }: Place): void => {
    const key = JSON.stringify([tenant, namespace, model]);
    if (scopes.size < SCOPES_MAX) scopes.set(key, { tenant, namespace, model });
  };
  for (const { scope } of calibration.inForce()) if (matches(scope, filter)) note(scope);
  for (const sample of samples) note(sample);
  const { tenant = 'default', namespace = 'default', model } = filter;
  if (scopes.size === 0 && model !== undefined) note({ tenant, namespace, model });
  return [...scopes.values()];
}

function inForceIn(scope: Place, calibration: Calibration, policies: Pick<PolicyService, 'resolve'>): ScopeInForce {
  const { policy } = policies.resolve(scope.namespace, scope.model);
  const found = calibration.calibrationFor(scope, policy);
  const shared = { ...scope, threshold: policy.threshold, maxErrorRate: policy.maxErrorRate ?? null };
  if (found === undefined)
    return {
      ...shared,
      calibration: null,
      why: 'no error budget is set: a threshold that somebody chose decides, else the verifier’s own bar',
    };
  return { ...shared, calibration: { ...found, bar: found.bar ?? null }, why: whyOf(found) };
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

function whyOf({ bar, bound95, maxErrorRate, origin, samples, priorVersion }: CalibrationInForce): string {
  const rests = `labels of this scope: ${samples.scope}; nearest that has any: ${origin}; prior: ${priorVersion}`;
  if (bar === undefined)
    return `no bar keeps ${percent(maxErrorRate)} (even the strictest may be wrong up to ${percent(bound95)}): only the same question is served; ${rests}`;
  return `at most ${percent(bound95)} wrong at 95 %, budget ${percent(maxErrorRate)}; ${rests}`;
}

export interface ErrorBoundOf {
  readonly namespace: string;
  readonly model: string;
  readonly bound95: number;
  readonly maxErrorRate: number;
}

/** Of the places that were asked about lately, of several tenants the worst. Where nothing is served, nothing is wrong. */
export function errorBoundsOf(calibration: Calibration): ErrorBoundOf[] {
  const bounds = new Map<string, ErrorBoundOf>();
  for (const { scope, found } of calibration.inForce()) {
    const { namespace, model } = scope;
    const bound95 = found.bar === undefined ? 0 : found.bound95;
    const key = JSON.stringify([namespace, model]);
    if (bound95 >= (bounds.get(key)?.bound95 ?? 0))
      bounds.set(key, { namespace, model, bound95, maxErrorRate: found.maxErrorRate });
  }
  return [...bounds.values()];
}
