/** Columns of a chart: x first, then one per series; null where nothing is known. */
export type Columns = [xs: number[], ...series: (number | null)[][]];

/** Each series on top of the ones after it: what stands first reaches to the whole, so that later ones are painted over it. */
export function stacked([xs, ...series]: Columns): Columns {
  const sums = xs.map(() => 0);
  const levels = series.toReversed().map((values) =>
    values.map((value, at) => {
      sums[at] = (sums[at] as number) + (value ?? 0);
      return sums[at] as number;
    }),
  );
  return [xs, ...levels.toReversed()];
}

/** The last column where anything is known; -1 when there is none. */
export function lastKnown([xs, ...series]: Columns): number {
  return xs.findLastIndex((_, at) => series.some((values) => values[at] != null));
}
