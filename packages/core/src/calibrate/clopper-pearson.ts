import { incompleteBeta } from './beta.ts';

/** So many observations, and how many of them were wrong. Need not be whole: what is lent by others is weighed. */
export interface Evidence {
  readonly n: number;
  readonly wrong: number;
}

const STEPS = 60;

/**
 * The exact upper bound of a share, one-sided at level `1 - delta`: no smaller share would show so few wrong ones with
 * probability `delta` or more. 1 when nothing was observed. Clopper & Pearson, Biometrika 26 (1934).
 */
export function upperBound({ n, wrong }: Evidence, delta: number): number {
  if (!(n > 0) || wrong >= n) return 1;
  return solve((share) => incompleteBeta(share, wrong + 1, n - wrong) >= 1 - delta);
}

/** The lower one; 0 when none was wrong. */
export function lowerBound({ n, wrong }: Evidence, delta: number): number {
  if (!(n > 0) || wrong <= 0) return 0;
  return solve((share) => incompleteBeta(share, wrong, n - wrong + 1) >= delta);
}

/** Is the upper bound at most `share`? The same as comparing, for the price of one evaluation instead of sixty. */
export function isBelow({ n, wrong }: Evidence, share: number, delta: number): boolean {
  if (!(n > 0) || wrong >= n) return share >= 1;
  return incompleteBeta(share, wrong + 1, n - wrong) >= 1 - delta;
}

/** Probability of so many wrong ones, or more, where the share is this. */
export function plausibility({ n, wrong }: Evidence, share: number): number {
  if (wrong <= 0) return 1;
  return wrong >= n ? share ** n : incompleteBeta(share, wrong, n - wrong + 1);
}

/** The smallest share for which a test that is passed from some share on is passed. */
function solve(passes: (share: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < STEPS; step += 1) {
    const middle = (low + high) / 2;
    if (passes(middle)) high = middle;
    else low = middle;
  }
  return high;
}
