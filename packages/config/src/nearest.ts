import { closest, distance } from 'fastest-levenshtein';

/** The known name that was likely meant; undefined when none is near. */
export function nearestOf(name: string, known: string[]): string | undefined {
  if (known.length === 0) return undefined;
  const nearest = closest(name, known);
  const near = distance(name.toLowerCase(), nearest.toLowerCase()) <= Math.max(2, name.length / 3);
  return near ? nearest : undefined;
}
