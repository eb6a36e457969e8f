/** How often each key occurs. */
export function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

/** Says of one item after another whether there is still one of its key among those counted: what is said twice needs two. */
export function pairing<T>(counts: ReadonlyMap<string, number>, keyOf: (item: T) => string): (item: T) => boolean {
  const left = new Map(counts);
  return (item) => {
    const key = keyOf(item);
    const n = left.get(key) ?? 0;
    left.set(key, n - 1);
    return n > 0;
  };
}
