import { lowerBound, upperBound } from '../calibrate/clopper-pearson.ts';
import type { Calibration } from '../calibrate/service.ts';
import { type Bar, barOf } from '../decide/bar.ts';
import type { TenantId } from '../ids.ts';
import { POLICY_DEFAULTS, type Policy } from '../policy/schema.ts';
import type { PolicyService, ResolvedPolicy } from '../policy/service.ts';
import type { Verifier } from '../ports/verifier.ts';

export interface SettingDeps {
  readonly policies: Pick<PolicyService, 'resolve'>;
  /** Absent: cosine similarity and guards decide. */
  readonly verifier?: Verifier | undefined;
  readonly calibration: Pick<Calibration, 'wouldBe' | 'samples' | 'scorer'>;
}

/** Where a policy is changed, and to what. */
export interface PolicyChange {
  readonly namespace: string;
  /** Absent: the policy of the namespace, for all models that have none of their own. */
  readonly model?: string | undefined;
  /** Absent: stays as it is. Null: as if nobody had set it. */
  readonly threshold?: number | null | undefined;
  readonly maxErrorRate?: number | null | undefined;
  readonly guard?: Policy['guard'] | undefined;
}

/** What a policy asks for, and what is known of serving by it. */
export interface SettingShown {
  readonly threshold: number;
  readonly maxErrorRate: number | null;
  readonly guard: Policy['guard'];
  /** Cosine similarity that is looked at. */
  readonly similarityMin: number;
  /** Of the verifier's probability; null: it is not asked, or no probability keeps the budget (`nothingKeepsBudget`). */
  readonly probabilityMin: number | null;
  readonly nothingKeepsBudget: boolean;
  readonly estimate: Estimate;
}

/** From labelled samples of the place: those that this setting would serve. Shares are 0..1. */
export interface Estimate {
  readonly samples: number;
  readonly wrong: number;
  /** Null without a sample. */
  readonly wrongRate: number | null;
  /** 95 % interval (Clopper-Pearson, two-sided); 0 to 1 without a sample. */
  readonly low: number;
  readonly high: number;
  readonly savedUsd: number;
  /** With an error budget: what is known of the bar from here and elsewhere, at 95 %. */
  readonly bound95: number | null;
}

const CHANGED = ['threshold', 'maxErrorRate', 'guard'] as const;
const TWO_SIDED = 0.025;

interface InForce {
  readonly policy: Policy;
  readonly bar: Bar;
}

/** A policy as it is, or with a change, for each model and tenant that is asked about. */
export class Setting {
  readonly #change: PolicyChange;
  readonly #isChanged: boolean;
  readonly #deps: SettingDeps;
  readonly #known = new Map<string, InForce>();

  constructor(change: PolicyChange, isChanged: boolean, deps: SettingDeps) {
    this.#change = change;
    this.#isChanged = isChanged;
    this.#deps = deps;
  }

  for(tenant: string, model: string | undefined): InForce {
    const key = JSON.stringify([tenant, model]);
    const known = this.#known.get(key) ?? this.#find(tenant, model);
    this.#known.set(key, known);
    return known;
  }

  shown(tenant: string | undefined): SettingShown {
    const { namespace, model } = this.#change;
    const { policy, bar } = this.for(tenant ?? 'default', model);
    const { threshold, maxErrorRate = null, guard } = policy;
    const { similarityMin, verified } = bar;
    const probabilityMin = verified?.probabilityMin;
    const nothingKeepsBudget = probabilityMin !== undefined && probabilityMin > 1;
    return {
      ...{ threshold, maxErrorRate, guard, similarityMin, nothingKeepsBudget },
      probabilityMin: probabilityMin === undefined || nothingKeepsBudget ? null : probabilityMin,
      estimate: {
        ...estimateOf(similarityMin, probabilityMin, this.#deps.calibration, { tenant, namespace, model }),
        bound95: verified?.calibration?.bound95 ?? null,
      },
    };
  }

  #find(tenant: string, model: string | undefined): InForce {
    const resolved = this.#resolve(model);
    const { verifier, calibration } = this.#deps;
    const { maxErrorRate } = resolved.policy;
    const scope = { tenant: tenant as TenantId, namespace: this.#change.namespace, model: model ?? '' };
    const calibrated = () => (maxErrorRate === undefined ? undefined : calibration.wouldBe(scope, maxErrorRate));
    const bar = barOf({ resolved, controls: {} }, verifier && { bar: verifier.bar, calibrated });
    return { policy: resolved.policy, bar };
  }

  /** What is set nearer to the model than the change is not reached by it. */
  #resolve(model: string | undefined): ResolvedPolicy {
    const { namespace } = this.#change;
    const resolved = this.#deps.policies.resolve(namespace, model);
    if (!this.#isChanged) return resolved;
    const policy: Record<string, unknown> = { ...resolved.policy };
    const origin: Record<string, string> = { ...resolved.origin };
    for (const field of CHANGED) {
      const value = this.#change[field];
      const isNearer = this.#change.model === undefined && origin[field]?.endsWith(`:${namespace}/${model}`) === true;
      if (value === undefined || isNearer) continue;
      policy[field] = value ?? POLICY_DEFAULTS[field];
      origin[field] = value === null ? 'built-in' : 'what-if';
    }
    return { policy, origin } as unknown as ResolvedPolicy;
  }
}

type Place = Parameters<Calibration['samples']>[0];

/** Right ones that people told of are no fair sample: they dilute nothing. */
function estimateOf(
  similarityMin: number,
  probabilityMin: number | undefined,
  calibration: SettingDeps['calibration'],
  place: Place,
): Omit<Estimate, 'bound95'> {
  let [n, wrong, savedUsd] = [0, 0, 0];
  for (const sample of calibration.samples(place)) {
    if (sample.similarity < similarityMin || (sample.source === 'feedback' && sample.right)) continue;
    const isScored = sample.scorer === calibration.scorer;
    if (probabilityMin !== undefined && !(isScored && sample.score >= probabilityMin)) continue;
    n += 1;
    wrong += sample.right ? 0 : 1;
    savedUsd += sample.savedUsd;
  }
  const [low, high] = [lowerBound({ n, wrong }, TWO_SIDED), upperBound({ n, wrong }, TWO_SIDED)];
  return { samples: n, wrong, wrongRate: n === 0 ? null : wrong / n, low, high, savedUsd };
}
