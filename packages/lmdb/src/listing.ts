import { setImmediate } from 'node:timers/promises';
import { comparePositions, type EntryFilter, type EntryId, type EntryPosition, NearhitError } from '@nearhit/core';
import { unpack } from './entry-codec.ts';
import {
  ALL_ENTRIES,
  CLOCK_BYTES,
  clockOf,
  contextTerm,
  int48,
  namespaceTerm,
  orderedKey,
  ROW_BYTES,
  rowOf,
  tagTerm,
} from './keys.ts';
import { readHead, readRow, type UsageRow } from './rows.ts';
import type { Tables } from './tables.ts';

/** Rows read between two turns of the event loop. */
const CHUNK = 256;
/** Above this many namespaces, one pass over everything is cheaper than merging their lists. */
const MERGED_MAX = 64;
const POSITION_BYTES = CLOCK_BYTES + ROW_BYTES;

/** The narrowest lists that together hold every entry a filter can match. */
export function termsOf(filter: EntryFilter, tables: Tables): Buffer[] {
  if (filter.tags !== undefined) return [...new Set(filter.tags)].map(tagTerm);
  if (filter.context !== undefined) return [contextTerm(filter.context.id)];
  const { tenant, namespace } = filter;
  if (tenant === undefined && namespace === undefined) return [ALL_ENTRIES];
  if (tenant !== undefined && namespace !== undefined) return [namespaceTerm(tenant, namespace)];
  const terms: Buffer[] = [];
  for (const { value } of tables.usage.getRange({})) {
    const [usedTenant, usedNamespace] = unpack<UsageRow>(value);
    if ((tenant ?? usedTenant) !== usedTenant || (namespace ?? usedNamespace) !== usedNamespace) continue;
    terms.push(namespaceTerm(usedTenant, usedNamespace));
    if (terms.length > MERGED_MAX) return [ALL_ENTRIES];
  }
  return terms;
}

/** Rows of any of the lists, newest first, each once. Gives way to the event loop every few hundred. */
export async function* newestFirst(
  tables: Tables,
  terms: readonly Buffer[],
  from: { createdAtMs: number; row: number },
): AsyncGenerator<number> {
  const readers = terms.map((one) => new ListReader(tables, one, from));
  let last = -1;
  for (let read = 0; ; read++) {
    if (read > 0 && read % CHUNK === 0) await setImmediate();
    let newest: ListReader | undefined;
    for (const reader of readers) {
      const key = reader.peek();
      if (key !== undefined && (newest === undefined || isNewer(key, newest.peek() as Buffer))) newest = reader;
    }
    const key = newest?.take();
    if (key === undefined) return;
    const row = rowOf(key);
    if (row !== last) yield row;
    last = row;
  }
}

/** Rows of these entries, newest first, each once. */
export function newestOf(tables: Tables, ids: readonly EntryId[], from: EntryPosition): number[] {
  const places = [...new Set(ids)].flatMap((id) => {
    const row = readRow(tables, id);
    const head = row === undefined ? undefined : readHead(tables, int48(row));
    return row === undefined || head === undefined ? [] : [{ row, createdAtMs: head.createdAtMs }];
  });
  return places
    .filter((place) => comparePositions(place, from) >= 0)
    .sort(comparePositions)
    .map(({ row }) => row);
}

function isNewer(a: Buffer, b: Buffer): boolean {
  return a.compare(b, b.length - POSITION_BYTES, b.length, a.length - POSITION_BYTES, a.length) > 0;
}

/** One list, read in pieces, so that no read transaction outlives a turn of the event loop. */
class ListReader {
  readonly #tables: Tables;
  readonly #end: Buffer;
  #start: Buffer | undefined;
  #keys: Buffer[] = [];
  #at = 0;

  constructor(tables: Tables, prefix: Buffer, from: { createdAtMs: number; row: number }) {
    this.#tables = tables;
    this.#start = orderedKey(prefix, from.createdAtMs, from.row);
    this.#end = orderedKey(prefix, 0, 0);
  }

  peek(): Buffer | undefined {
    if (this.#at === this.#keys.length && this.#start !== undefined) this.#fill(this.#start);
    return this.#keys[this.#at];
  }

  take(): Buffer | undefined {
    const key = this.peek();
    this.#at++;
    return key;
  }

  #fill(start: Buffer): void {
    this.#keys = [...this.#tables.lists.getKeys({ start, end: this.#end, reverse: true, limit: CHUNK })];
    this.#at = 0;
    const last = this.#keys.at(-1);
    // Rows count from 1, so the place just before a key is its own with a smaller row.
    this.#start =
      last === undefined || this.#keys.length < CHUNK
        ? undefined
        : orderedKey(last.subarray(0, -POSITION_BYTES), clockOf(last), rowOf(last) - 1);
  }
}

export function encodeCursor(createdAtMs: number, row: number): string {
  return orderedKey(undefined, createdAtMs, row).toString('base64url');
}

/** The place after the cursor's entry. Throws INVALID_REQUEST on anything that `encodeCursor` did not make. */
export function decodeCursor(cursor: string): { createdAtMs: number; row: number } {
  const bytes = Buffer.from(cursor, 'base64url');
  const row = bytes.length === POSITION_BYTES && bytes.toString('base64url') === cursor ? rowOf(bytes) : 0;
  if (row === 0) {
    throw new NearhitError('INVALID_REQUEST', 'cursor: not one that this server gave out; start again without it', {
      param: 'cursor',
    });
  }
  return { createdAtMs: clockOf(bytes), row: row - 1 };
}
