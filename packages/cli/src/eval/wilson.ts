/** How often, out of how often it could have been: with the 95 % Wilson score interval. */
export interface Rate {
  readonly count: number;
  readonly of: number;
  /** count / of; null when `of` is 0. */
  readonly rate: number | null;
  readonly low: number;
  readonly high: number;
}

/** 97.5 % point of the standard normal distribution. */
const Z = 1.959964;

/** Wilson, 1927: unlike the textbook interval it holds for small counts and for shares near 0 and 1. */
export function rateOf(count: number, of: number): Rate {
  if (of === 0) return { count, of, rate: null, low: 0, high: 1 };
  const share = count / of;
  const z2 = Z * Z;
  const centre = share + z2 / (2 * of);
  const margin = Z * Math.sqrt((share * (1 - share)) / of + z2 / (4 * of * of));
  const scale = 1 + z2 / of;
  // Exact at the ends, where rounding would leave 1e-17 or 0.9999999.
  const low = count === 0 ? 0 : Math.max(0, (centre - margin) / scale);
  const high = count === of ? 1 : Math.min(1, (centre + margin) / scale);
  return { count, of, rate: share, low, high };
}
