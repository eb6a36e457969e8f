import type { Scope } from '../ids.ts';
import type { LabelledSample } from '../ports/sample-store.ts';
import { upperBound } from './clopper-pearson.ts';
import { LevelCounts } from './counts.ts';
import { assertPrior, type CalibrationPrior, SCORE_FLOOR } from './prior.ts';
import { DELTA, knownAt, type Level, lentBy, levelOf, solveBar, startsOf } from './solve.ts';

/** Whose labels count, the nearest first. */
export const CALIBRATION_ORIGINS = ['scope', 'namespace', 'model', 'all', 'prior', 'none'] as const;
export type CalibrationOrigin = (typeof CALIBRATION_ORIGINS)[number];

/** The bar for a scope and a budget, and what it rests on. */
export interface CalibrationInForce {
  readonly maxErrorRate: number;
  readonly scorer: string;
  readonly priorVersion: string;
  /** Serve from this score on. Undefined: nothing but the same question keeps the budget. */
  readonly bar: number | undefined;
  /** The nearest level that has labels at or above the bar; what is farther counts beside it, up to a bound. */
  readonly origin: CalibrationOrigin;
  /** Upper bound, at 95 %, of the wrong share among what is served at the bar; of the first bar tried when there is none. */
  readonly bound95: number;
  /** The share itself, as far as is known. */
  readonly estimate: number;
  /** Labels at or above the bar, of each level without what is nearer. */
  readonly samples: Readonly<Record<Exclude<CalibrationOrigin, 'none'>, number>>;
}

type Place = Readonly<Record<keyof Scope, string>>;

/** Counts labelled samples, and finds bars. */
export class Calibrator {
  readonly #prior: CalibrationPrior;
  /** Strictest first. */
  readonly #grid: readonly number[];
  readonly #priorLevel: Level;
  readonly #counts: LevelCounts;

  /** Throws TypeError on a prior that no bar could be found with. */
  constructor(prior: CalibrationPrior) {
    assertPrior(prior);
    this.#prior = prior;
    const { scoreFloor = SCORE_FLOOR } = prior;
    const bins = prior.bins.filter(({ scoreMin }) => scoreMin >= scoreFloor).sort((a, b) => b.scoreMin - a.scoreMin);
    this.#grid = bins.map(({ scoreMin }) => scoreMin);
    this.#priorLevel = levelOf(bins.map(({ pairs, wrong }) => ({ n: pairs, wrong })));
    this.#counts = new LevelCounts(this.#grid);
  }

  /** `sign` -1: it has been let go. Of another scorer: not counted. */
  count(sample: LabelledSample, sign: 1 | -1): void {
    if (sample.scorer === this.#prior.scorer) this.#counts.count(sample, sign);
  }

  find(scope: Place, maxErrorRate: number): CalibrationInForce {
    const { own, lent, levels } = this.#evidence(scope);
    const solution = solveBar(own, lent, this.#grid.length, maxErrorRate);
    const { known } = solution;
    const at = solution.at ?? startsOf(lent, this.#grid.length)[0] ?? 0;
    const count = (level: Level): number => level.at[at]?.n ?? 0;
    const samples = {
      scope: count(own),
      namespace: count(levels.namespace),
      model: count(levels.model),
      all: count(levels.all),
      prior: count(this.#priorLevel),
    };
    const origin = CALIBRATION_ORIGINS.find((level) => level !== 'none' && samples[level] > 0) ?? 'none';
    return {
      ...{ maxErrorRate, scorer: this.#prior.scorer, priorVersion: this.#prior.version },
      ...{ bar: solution.at === undefined ? undefined : this.#grid[solution.at], origin, samples },
      bound95: upperBound(known, DELTA),
      estimate: known.n === 0 ? 0 : known.wrong / known.n,
    };
  }

  /** Upper bound, at 95 %, of the wrong share among what is served from a score on. */
  boundAt(scope: Place, bar: number): number {
    const { own, lent } = this.#evidence(scope);
    const at = this.#grid.findLastIndex((one) => one >= bar);
    return at < 0 ? 1 : upperBound(knownAt(at, own, lent, at === startsOf(lent, this.#grid.length)[0]), DELTA);
  }

  #evidence(scope: Place) {
    const levels = this.#counts.of(scope);
    const lent = lentBy([this.#priorLevel, levels.all, levels.model, levels.namespace], this.#grid.length);
    return { own: levels.own, lent, levels };
  }
}
