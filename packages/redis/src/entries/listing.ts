import { decodeCursor, type EntryFilter, type EntryId, encodeCursor } from '@nearhit/core';
import {
  ALL_ENTRIES,
  afterInstant,
  chunks,
  contextTerm,
  decodePosition,
  encodePosition,
  isEntryId,
  namespaceTerm,
  perShard,
  SHARDS,
  splitRow,
  tagTerm,
} from './keys.ts';
import { Merged } from './merged.ts';
import type { Shards } from './shards.ts';
import { readUsage } from './usage.ts';

/** Above this many namespaces, one pass over everything is cheaper than merging their lists. */
const MERGED_MAX = 8;
const ROWS_PER_CALL = 512;

const newestFirst = (a: Buffer, b: Buffer): number => Buffer.compare(b, a);

/** The place before the first candidate; undefined: from the newest on. Throws INVALID_REQUEST. */
function startOf(filter: EntryFilter, cursor: string | undefined): Buffer | undefined {
  if (cursor !== undefined) {
    const { createdAtMs, row } = decodeCursor(cursor);
    return encodePosition(createdAtMs, row, '' as EntryId).subarray(0, 12);
  }
  return filter.createdBeforeMs === undefined ? undefined : afterInstant(filter.createdBeforeMs);
}

/** Positions of all that a filter can match and some more, newest first. */
export async function candidates(shards: Shards, filter: EntryFilter, cursor?: string): Promise<Merged<Buffer>> {
  const start = startOf(filter, cursor);
  if (filter.ids !== undefined) return named(shards, filter.ids, start);
  const terms = await termsOf(shards, filter);
  const lists = SHARDS.flatMap((shard) =>
    terms.map((term) => {
      const key = shards.key(shard, `l:${term}`);
      return (after: Buffer | undefined, count: number): Promise<Buffer[]> => {
        const from = after ?? start;
        const max = from === undefined ? '+' : Buffer.concat([Buffer.from('('), from]);
        return shards.commands.run((client) => client.zrevrangebylexBuffer(key, max, '-', 'LIMIT', 0, count));
      };
    }),
  );
  return new Merged(lists, newestFirst);
}

/** Those of the named ids that are there. */
async function named(shards: Shards, ids: readonly EntryId[], start: Buffer | undefined): Promise<Merged<Buffer>> {
  const rows = await perShard(
    new Set(ids.filter(isEntryId)),
    (id) => id,
    async (shard, some) =>
      (await Promise.all(chunks(some, ROWS_PER_CALL).map((piece) => shards.readRows(shard, piece)))).flat(),
  );
  const positions = rows
    .flat()
    .flatMap((row) => (row === null ? [] : splitRow(row).position))
    .filter((position) => start === undefined || Buffer.compare(position, start) < 0)
    .sort(newestFirst);
  let at = 0;
  const next = async (_: Buffer | undefined, count: number): Promise<Buffer[]> => {
    at += count;
    return positions.slice(at - count, at);
  };
  return new Merged([next], newestFirst);
}

/** The narrowest lists that together hold every entry a filter can match. */
async function termsOf(shards: Shards, filter: EntryFilter): Promise<string[]> {
  if (filter.tags !== undefined) return [...new Set(filter.tags)].map(tagTerm);
  if (filter.context !== undefined) return [contextTerm(filter.context.id)];
  const { tenant, namespace } = filter;
  if (tenant === undefined && namespace === undefined) return [ALL_ENTRIES];
  if (tenant !== undefined && namespace !== undefined) return [namespaceTerm(tenant, namespace)];
  const used = (await readUsage(shards)).filter(
    (usage) => (tenant ?? usage.tenant) === usage.tenant && (namespace ?? usage.namespace) === usage.namespace,
  );
  if (used.length > MERGED_MAX) return [ALL_ENTRIES];
  return used.map((usage) => namespaceTerm(usage.tenant, usage.namespace));
}

/** True when every candidate matches (but for age at the edge), so that heads need not be looked at first. */
export function isExact(filter: EntryFilter): boolean {
  const { ids, tenant, namespace, model, text, prefix, context, tags } = filter;
  if ([model, text, prefix, context].some((criterion) => criterion !== undefined)) return false;
  if (tenant !== undefined || namespace !== undefined)
    return tenant !== undefined && namespace !== undefined && ids === undefined && tags === undefined;
  return ids === undefined || tags === undefined;
}

export function cursorAt(position: Buffer): string {
  return encodeCursor(decodePosition(position));
}
