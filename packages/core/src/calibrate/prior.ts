/** Pairs of known verdict whose score is at least `scoreMin` and below that of the next bin. */
export interface PriorBin {
  readonly scoreMin: number;
  readonly pairs: number;
  readonly wrong: number;
}

/** What is known of a scorer before a house has labels of its own; shipped with the scorer. */
export interface CalibrationPrior {
  /** Whose scores: `cosine`, or the verifier's version. Only samples of the same count. */
  readonly scorer: string;
  /** Of these figures. */
  readonly version: string;
  /** In any order; their `scoreMin` are the bars that are tried. */
  readonly bins: readonly PriorBin[];
  /** No bar is set lower, whatever the evidence. Default 0.5. */
  readonly scoreFloor?: number | undefined;
}

const STEP = 0.01;
const COSINE_FLOOR = 0.7;

/** Cosine similarity of which nothing is known: no bar is found before a house's own labels allow for one. */
export const UNKNOWN_COSINE: CalibrationPrior = Object.freeze({
  scorer: 'cosine',
  version: 'none',
  scoreFloor: COSINE_FLOOR,
  bins: Array.from({ length: 30 }, (_, at) => ({
    scoreMin: Number((COSINE_FLOOR + at * STEP).toFixed(2)),
    pairs: 0,
    wrong: 0,
  })),
});

export const SCORE_FLOOR = 0.5;

/** Throws TypeError on a prior that no bar could be found with. */
export function assertPrior({ bins, scoreFloor = SCORE_FLOOR }: CalibrationPrior): void {
  const known = bins.every(
    ({ scoreMin, pairs, wrong }) => scoreMin >= 0 && scoreMin <= 1 && wrong >= 0 && wrong <= pairs && pairs < 1e12,
  );
  if (bins.length === 0 || !known || !(scoreFloor >= 0 && scoreFloor <= 1))
    throw new TypeError('a calibration prior needs bins with 0 <= scoreMin <= 1 and 0 <= wrong <= pairs');
  if (new Set(bins.map(({ scoreMin }) => scoreMin)).size < bins.length)
    throw new TypeError('a calibration prior has two bins of one scoreMin');
}
