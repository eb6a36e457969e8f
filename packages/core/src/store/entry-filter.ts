import type { Entry } from '../entry.ts';
import type { EntryFilter } from '../ports/response-store.ts';

/** Everything a filter looks at: an `Entry` without its payloads. */
export type FilteredFields = Pick<Entry, 'id' | 'scope' | 'query' | 'tags' | 'context' | 'createdAtMs'>;

/** One meaning of `EntryFilter` for every store; an index only narrows what is tried. */
export function entryMatches(entry: FilteredFields, filter: EntryFilter): boolean {
  const { scope, query, createdAtMs } = entry;
  if (filter.ids !== undefined && !filter.ids.includes(entry.id)) return false;
  if (filter.tenant !== undefined && scope.tenant !== filter.tenant) return false;
  if (filter.namespace !== undefined && scope.namespace !== filter.namespace) return false;
  if (filter.model !== undefined && scope.model !== filter.model) return false;
  if (filter.createdBeforeMs !== undefined && createdAtMs >= filter.createdBeforeMs) return false;
  if (filter.prefix !== undefined && !query.startsWith(filter.prefix)) return false;
  if (filter.text !== undefined && !query.toLowerCase().includes(filter.text.toLowerCase())) return false;
  if (filter.tags !== undefined && !filter.tags.some((wanted) => entry.tags.some((tag) => tagMatches(tag, wanted)))) {
    return false;
  }
  return filter.context === undefined || restsOn(entry, filter.context);
}

function tagMatches(tag: string, wanted: string): boolean {
  return tag === wanted || (tag.length > wanted.length && tag.startsWith(wanted) && tag[wanted.length] === '@');
}

/** The filter values under which a tag can be found: itself, and what stands before each `@` in it. */
export function tagTerms(tag: string): string[] {
  const terms = [tag];
  for (let at = tag.indexOf('@'); at !== -1; at = tag.indexOf('@', at + 1)) terms.push(tag.slice(0, at));
  return terms;
}

function restsOn(entry: FilteredFields, wanted: NonNullable<EntryFilter['context']>): boolean {
  const { id, versionBelow } = wanted;
  // An unversioned document may be of any age: it counts as older, for a stale answer is worse than a lost one.
  return entry.context.some(
    (document) =>
      document.id === id &&
      (versionBelow === undefined ||
        document.version === undefined ||
        compareVersions(document.version, versionBelow) < 0),
  );
}

/** Orders versions as people number them: digits by value, a leading `v` ignored (`v9` < `v10`, `4` = `v4`, `2024-03` < `2024-11`). */
export function compareVersions(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const left = versionParts(a);
  const right = versionParts(b);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = comparePart(left[i] as string, right[i] as string);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function versionParts(version: string | number): string[] {
  return (
    String(version)
      .replace(/^v(?=\d)/i, '')
      .match(/\d+|\D+/g) ?? []
  );
}

function comparePart(a: string, b: string): number {
  if (/^\d/.test(a) && /^\d/.test(b)) {
    const left = BigInt(a);
    const right = BigInt(b);
    return left < right ? -1 : left > right ? 1 : 0;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}
